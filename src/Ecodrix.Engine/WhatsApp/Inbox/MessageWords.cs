using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>The words of a message by whose beginnings it is found.</summary>
internal static class MessageWords
{
    private const int Most = 24;

    public static List<string>? Of(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        // Long messages are found by their beginning; short words find too much.
        var words = LeadTerms.Words(Texts.Cut(text, 600)).Where(w => w.Length >= 3).Distinct(StringComparer.Ordinal).Take(Most).ToList();
        return words.Count == 0 ? null : words;
    }
}
