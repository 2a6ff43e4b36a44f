namespace Ecodrix.App.Pages.Monitor;

/// <summary>Kinds of background work in the words of people.</summary>
internal static class JobWords
{
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["automation.action"] = "Action of a rule",
        ["automations.resume"] = "Events that waited for the pause to end",
        ["broadcast.run"] = "Sending a broadcast",
        ["broadcast.tally"] = "Counting a broadcast",
        ["callback.deliver"] = "Callback to the client server",
        ["callback.redeliver"] = "Callbacks sent again",
        ["event.fire"] = "Event at its time",
        ["inbox.read"] = "Read receipts to WhatsApp",
        ["inbox.snooze"] = "Snoozed conversation comes back",
        ["leads.bulk"] = "Change of many leads",
        ["leads.merged"] = "Finishing a merge of leads",
        ["leads.silence"] = "Looking for silent leads",
        ["media.erase"] = "Erasing files of an erased person",
        ["meeting.cancel"] = "Taking a meeting out of the calendar",
        ["scoring.rescore"] = "Scoring all leads again",
        ["stage.sweep"] = "Moving the leads of a removed stage",
        ["templates.sync"] = "Reading templates from Meta",
        ["tenant.drain"] = "Finishing what an interruption left",
        ["whatsapp.media"] = "Fetching a file from WhatsApp",
        ["whatsapp.send"] = "WhatsApp message",
        ["whatsapp.webhook"] = "News from WhatsApp",
    };

    /// <summary>The kinds there are, each with its words, in the order of those.</summary>
    public static IEnumerable<(string Kind, string Title)> All => Titles.OrderBy(t => t.Value, StringComparer.Ordinal).Select(t => (t.Key, t.Value));

    /// <summary>A kind in words; the kind itself where it has none.</summary>
    public static string Title(string kind) => Titles.GetValueOrDefault(kind, kind);
}
