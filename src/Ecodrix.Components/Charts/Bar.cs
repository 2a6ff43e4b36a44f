namespace Ecodrix.Components.Charts;

/// <summary>One bar of a <see cref="BarList"/>.</summary>
/// <param name="Label">What it stands for.</param>
/// <param name="Value">How long it is, against the longest.</param>
/// <param name="Text">The value as people read it.</param>
/// <param name="Note">What else there is to say.</param>
/// <param name="Href">The records behind it.</param>
/// <param name="Color">Its colour; the product's when null.</param>
public sealed record Bar(string Label, double Value, string Text, string? Note = null, string? Href = null, string? Color = null);
