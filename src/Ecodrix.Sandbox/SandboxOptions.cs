using System.Collections.Concurrent;

namespace Ecodrix.Sandbox;

/// <summary>
/// How the sandbox behaves. Everything but the ports, paths, clock and history limits can also be changed while it runs,
/// from its page or control API.
/// </summary>
public sealed class SandboxOptions
{
    /// <summary>A JSON-lines file that keeps accepted messages and settings over a restart; null keeps them in memory only.</summary>
    public string? DataPath { get; set; }

    /// <summary>The clock for timestamps, windows, status delays and retries.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The loopback port of a <see cref="SandboxHost"/>; 0 takes any free one.</summary>
    public int Port { get; set; }

    /// <summary>Where webhooks go for numbers without an address of their own; null posts none.</summary>
    public string? WebhookUrl { get; set; }

    /// <summary>The Meta app secret that signs webhooks for numbers without one of their own.</summary>
    public string AppSecret { get; set; } = "sandbox-app-secret";

    /// <summary>The token of the subscription handshake for numbers without one of their own.</summary>
    public string VerifyToken { get; set; } = "sandbox-verify-token";

    /// <summary>Whether an accepted message is followed by status webhooks without anyone asking.</summary>
    public bool AutoStatuses { get; set; } = true;

    /// <summary>Whether recipients read what they get; false stops at delivered.</summary>
    public bool ReadReceipts { get; set; } = true;

    /// <summary>From acceptance to the <c>sent</c> status.</summary>
    public TimeSpan SentAfter { get; set; } = TimeSpan.FromMilliseconds(150);

    /// <summary>From the acknowledged <c>sent</c> status to <c>delivered</c>.</summary>
    public TimeSpan DeliveredAfter { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>From the acknowledged <c>delivered</c> status to <c>read</c>.</summary>
    public TimeSpan ReadAfter { get; set; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>The wait before the first repeat of a webhook that was not answered with 200; it doubles from there.</summary>
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between two tries of a webhook.</summary>
    public TimeSpan RetryLongest { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a webhook is tried before it is given up. Meta tries for seven days.</summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How many waiting updates may share one webhook, as Meta's do under load.</summary>
    public int WebhookBatch { get; set; } = 50;

    /// <summary>Whether free-form messages need a customer message within the last 24 hours, as at Meta.</summary>
    public bool EnforceWindow { get; set; } = true;

    /// <summary>Whether templates that the catalogue does not know are accepted, with only their shape checked.</summary>
    public bool AcceptUnknownTemplates { get; set; }

    /// <summary>Whether media ids that were never uploaded here are accepted.</summary>
    public bool AcceptUnknownMedia { get; set; }

    /// <summary>Whether recipients that end in a magic number misbehave. Load tests that generate numbers turn it off.</summary>
    public bool MagicNumbers { get; set; } = true;

    /// <summary>The number's throughput; a faster sender gets 130429. Null sets no limit.</summary>
    public int? MessagesPerSecond { get; set; }

    /// <summary>Whether webhooks carry business-scoped user ids beside phone numbers, as Meta's do since April 2026.</summary>
    public bool UserIds { get; set; } = true;

    /// <summary>The calling code of numbers that were not configured with a display number.</summary>
    public string CallingCode { get; set; } = "91";

    /// <summary>How many accepted messages are kept. The counters cover all of them, kept or not.</summary>
    public int MessageHistory { get; set; } = 20_000;

    /// <summary>How many callbacks are kept, over all names.</summary>
    public int CallbackHistory { get; set; } = 1_000;

    /// <summary>How many bytes of uploaded media are kept; the oldest go first.</summary>
    public long MediaBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The signing secret of each callback name, for the catcher to check signatures with.</summary>
    public IDictionary<string, string> CallbackSecrets { get; } = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
}
