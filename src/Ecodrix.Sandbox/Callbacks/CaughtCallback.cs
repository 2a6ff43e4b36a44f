using System.Text;

namespace Ecodrix.Sandbox.Callbacks;

/// <summary>A callback as it arrived, and what the catcher thinks of its signatures.</summary>
public sealed record CaughtCallback
{
    /// <summary>A number that counts up.</summary>
    public required long Id { get; init; }

    /// <summary>The name in the address.</summary>
    public required string Name { get; init; }

    /// <summary>When it arrived.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The request headers.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The status that it was answered with.</summary>
    public required int AnsweredWith { get; init; }

    /// <summary>What was found about <c>x-ecodrix-signature</c>.</summary>
    public required SignatureVerdict Signature { get; init; }

    /// <summary>What was found about the Standard Webhooks headers.</summary>
    public required SignatureVerdict StandardWebhooks { get; init; }

    /// <summary>The raw body as text.</summary>
    public string Body => Encoding.UTF8.GetString(Bytes);

    internal byte[] Bytes { get; init; } = [];
}

/// <summary>Whether a signature holds, and if not, why.</summary>
/// <param name="Outcome">valid, invalid, absent or unchecked.</param>
/// <param name="Reason">One sentence.</param>
public sealed record SignatureVerdict(string Outcome, string Reason)
{
    /// <summary>Whether the signature was checked and holds.</summary>
    public bool IsValid => Outcome == "valid";

    internal static SignatureVerdict Valid(string reason) => new("valid", reason);

    internal static SignatureVerdict Invalid(string reason) => new("invalid", reason);

    internal static SignatureVerdict Absent(string reason) => new("absent", reason);

    internal static SignatureVerdict Unchecked(string reason) => new("unchecked", reason);
}

/// <summary>How a callback name answers.</summary>
public sealed record CallbackBehaviour
{
    /// <summary>The secret to check signatures with.</summary>
    public string? Secret { get; init; }

    /// <summary>The statuses to answer with, one per call; when they are used up, 200.</summary>
    public IReadOnlyList<int> RespondWith { get; init; } = [];

    /// <summary>How long to wait before answering.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The <c>Retry-After</c> of answers other than 2xx, in seconds.</summary>
    public int? RetryAfter { get; init; }
}
