namespace Ecodrix.Engine.Kernel;

/// <summary>Shortens texts without breaking their characters.</summary>
public static class Texts
{
    /// <summary>
    /// The beginning of a text. A character of two UTF-16 units (an emoji) that would be cut in half is left out: half of one cannot be
    /// written as UTF-8, so the database would refuse the whole document.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="most">How many UTF-16 units to keep, at least 1.</param>
    public static string Cut(string text, int most) =>
        text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
