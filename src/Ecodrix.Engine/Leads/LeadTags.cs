using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Leads;

/// <summary>The rules of tags, wherever they come from.</summary>
internal static class LeadTags
{
    public const int MostTags = 50;
    public const int LongestTag = 50;

    /// <summary>Trimmed, without doubles and blanks; too many or too long ones are faults.</summary>
    public static List<string> Read(Check check, IReadOnlyList<string>? tags, string field)
    {
        if (tags is null)
        {
            return [];
        }

        var read = tags.Where(t => !string.IsNullOrWhiteSpace(t)).Select(t => t.Trim()).Distinct(StringComparer.Ordinal).ToList();
        check.That(read.TrueForAll(t => t.Length <= LongestTag), field, $"A tag may have at most {LongestTag} characters.");
        check.That(read.Count <= MostTags, field, $"A lead may have at most {MostTags} tags.");
        return read.FindAll(t => t.Length <= LongestTag).GetRange(0, Math.Min(read.Count, MostTags));
    }
}
