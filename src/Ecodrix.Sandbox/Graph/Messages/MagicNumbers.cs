using System.Collections.Concurrent;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>How a call to a magic number goes wrong before anything is accepted.</summary>
internal enum CallFault
{
    None,
    Refuse,
    HtmlError,
    DropBefore,
    DropAfter,
    Slow,
}

/// <summary>One step of what happens to an accepted message.</summary>
internal sealed record StatusStep(string Status, TimeSpan After, GraphError? Error = null, int Copies = 1, bool UserIdOnly = false);

/// <summary>A recipient that misbehaves in one documented way.</summary>
/// <param name="Digits">The last digits of the number.</param>
/// <param name="Does">What happens, in words.</param>
public sealed record MagicNumber(string Digits, string Does)
{
    internal CallFault Fault { get; init; }

    internal GraphError? Error { get; init; }

    /// <summary>How many calls fail before one succeeds; 0 means that every call fails.</summary>
    internal int FailedCalls { get; init; }

    /// <summary>The statuses that follow; null plays the usual ones.</summary>
    internal Func<SandboxOptions, IReadOnlyList<StatusStep>>? Statuses { get; init; }

    internal string? MessageStatus { get; init; }
}

/// <summary>
/// The magic numbers: recipients whose last four digits make Meta's failures happen on purpose. The rest of the number is
/// free, so <c>+91 98765 40003</c> and <c>+1 650 555 0003</c> do the same. Where "first N calls" fail, the count starts again
/// after the success, so that a number can be used more than once.
/// </summary>
public static class MagicNumbers
{
    private const int Length = 4;

    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<MagicNumber> All { get; } =
    [
        new("0001", "Delivered and read at once") { Statuses = _ => [Now("sent"), Now("delivered"), Now("read")] },
        Fails("0002", "131026 undeliverable, by webhook", GraphErrors.Undeliverable),
        Refuses("0003", "131047 window closed, refused at once (400)", GraphErrors.WindowClosed),
        Fails("0004", "131047 window closed, by webhook", GraphErrors.WindowClosed),
        Fails("0005", "131049 not delivered to keep the ecosystem healthy, by webhook", GraphErrors.Ecosystem),
        Refuses("0006", "130429 throughput for the first 3 calls, then accepted", GraphErrors.Throughput, 3),
        Refuses("0007", "131056 pair rate for the first 2 calls, then accepted", GraphErrors.PairRate, 2),
        Refuses("0008", "HTTP 500 with 131000 for the first 2 calls, then accepted", GraphErrors.Unknown, 2),
        new("0009", "Accepted, but the answer takes 5 seconds") { Fault = CallFault.Slow },
        new("0010", "Accepted, but the connection drops before the answer") { Fault = CallFault.DropAfter },
        new("0011", "Statuses out of order: read, delivered, sent") { Statuses = Shuffled },
        new("0012", "Every status webhook is posted twice") { Statuses = Doubled },
        new("0013", "Accepted, then never any status") { Statuses = _ => [] },
        Refuses("0014", "131050 the recipient opted out of marketing (400)", GraphErrors.OptedOut),
        Refuses("0015", "190 the access token has expired (401)", GraphErrors.TokenExpired),
        Refuses("0016", "132001 the template does not exist in this language (404)", GraphErrors.NoTemplate("requested", "the requested language").Error),
        Refuses("0017", "131016 service unavailable for the first 2 calls, then accepted", GraphErrors.Unavailable, 2),
        new("0018", "Delivered, never read") { Statuses = o => [new("sent", o.SentAfter), new("delivered", o.DeliveredAfter)] },
        new("0019", "Sent, never delivered: the phone is off") { Statuses = o => [new("sent", o.SentAfter)] },
        new("0020", "Sent, then read without a delivered status") { Statuses = o => [new("sent", o.SentAfter), new("read", o.ReadAfter)] },
        Refuses("0021", "131042 payment problem (400)", GraphErrors.Payment),
        Refuses("0022", "4 app call rate for the first 2 calls, then accepted", GraphErrors.AppRate, 2),
        new("0023", "The connection drops before anything is accepted, for the first call") { Fault = CallFault.DropBefore, FailedCalls = 1 },
        Refuses("0024", "132015 the template is paused (400)", GraphErrors.TemplatePaused),
        Refuses("0025", "131048 spam rate limit (400)", GraphErrors.Spam),
        new("0026", "HTTP 502 with an HTML page for the first 2 calls, then accepted") { Fault = CallFault.HtmlError, FailedCalls = 2 },
        new("0027", "Held for quality assessment, then dropped with 132015 by webhook")
        {
            MessageStatus = "held_for_quality_assessment",
            Statuses = o => [new("failed", o.SentAfter, GraphErrors.TemplatePaused)],
        },
        new("0028", "Statuses name the recipient by user id only") { Statuses = o => [.. Usual(o).Select(s => s with { UserIdOnly = true })] },
    ];

    private static readonly Dictionary<string, MagicNumber> ByDigits = All.ToDictionary(m => m.Digits, StringComparer.Ordinal);

    internal static MagicNumber? Of(string recipient) =>
        recipient.Length >= Length ? ByDigits.GetValueOrDefault(recipient[^Length..]) : null;

    /// <summary>What happens to a message that nothing is wrong with.</summary>
    internal static IReadOnlyList<StatusStep> Usual(SandboxOptions options) => options.ReadReceipts
        ? [new("sent", options.SentAfter), new("delivered", options.DeliveredAfter), new("read", options.ReadAfter)]
        : [new("sent", options.SentAfter), new("delivered", options.DeliveredAfter)];

    private static IReadOnlyList<StatusStep> Shuffled(SandboxOptions options) =>
        [new("read", options.SentAfter), new("delivered", options.SentAfter), new("sent", options.SentAfter)];

    private static IReadOnlyList<StatusStep> Doubled(SandboxOptions options) => [.. Usual(options).Select(s => s with { Copies = 2 })];

    private static StatusStep Now(string status) => new(status, TimeSpan.Zero);

    private static MagicNumber Fails(string digits, string does, GraphError error) =>
        new(digits, does) { Statuses = o => [new("failed", o.SentAfter, error)] };

    private static MagicNumber Refuses(string digits, string does, GraphError error, int calls = 0) =>
        new(digits, does) { Fault = CallFault.Refuse, Error = error, FailedCalls = calls };
}

/// <summary>Counts the failed calls to magic numbers that recover.</summary>
internal sealed class MagicCounts
{
    private const int MostRecipients = 100_000;

    private readonly ConcurrentDictionary<(string Number, string Recipient), int> _failed = new();

    /// <summary>Whether this call fails: the first <see cref="MagicNumber.FailedCalls"/> do, the next one does not, and so on.</summary>
    public bool Fails(MagicNumber magic, string numberId, string recipient)
    {
        if (magic.FailedCalls == 0)
        {
            return true;
        }

        if (_failed.Count > MostRecipients)
        {
            _failed.Clear();
        }

        var calls = _failed.AddOrUpdate((numberId, recipient), 1, (_, n) => n >= magic.FailedCalls + 1 ? 1 : n + 1);
        return calls <= magic.FailedCalls;
    }

    public void Clear() => _failed.Clear();
}
