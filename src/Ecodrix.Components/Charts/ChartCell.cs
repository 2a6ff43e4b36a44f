namespace Ecodrix.Components.Charts;

/// <summary>One figure of a chart's table.</summary>
/// <param name="Text">As people read it.</param>
/// <param name="Plain">As the CSV has it: a number without grouping or sign of currency; the text when null.</param>
/// <param name="Href">The records behind it.</param>
public sealed record ChartCell(string Text, string? Plain = null, string? Href = null)
{
    /// <summary>A cell of plain text.</summary>
    public static implicit operator ChartCell(string text) => new(text);
}
