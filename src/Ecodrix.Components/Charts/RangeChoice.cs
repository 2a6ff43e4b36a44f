namespace Ecodrix.Components.Charts;

/// <summary>A time somebody chose to look at.</summary>
/// <param name="Range">A preset: 7d, 30d, 90d or 365d; null with days of one's own.</param>
/// <param name="From">The first day.</param>
/// <param name="To">The last day, inclusive.</param>
public sealed record RangeChoice(string? Range, DateOnly? From, DateOnly? To);
