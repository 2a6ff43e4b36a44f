using System.Text.Json;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Google;

namespace Ecodrix.Sandbox.Control;

/// <summary>Where webhooks go: of one number, or of all that have no address of their own.</summary>
internal sealed record WebhookBody(string? PhoneNumberId, string? Url, string? AppSecret, string? VerifyToken, bool Verify);

/// <summary>What may be told about a business number; what is left out stays as it is.</summary>
internal sealed record NumberBody(
    string? WabaId, string? DisplayPhoneNumber, string? VerifiedName, string? CallingCode, string? QualityRating, string? MessagingLimit,
    string? AccessToken);

/// <summary>A status to set by hand.</summary>
internal sealed record StatusBody(string? Status, int? ErrorCode);

/// <summary>A webhook of any field.</summary>
internal sealed record EventBody(string? PhoneNumberId, string? Field, JsonElement Value);

/// <summary>A 24-hour window to open.</summary>
internal sealed record WindowBody(string? PhoneNumberId, string? Contact);

/// <summary>How the next mails fail.</summary>
internal sealed record MailFailureBody(string? At, int? Code, int? Times);

/// <summary>What goes wrong at Google; what is left out stays as it is.</summary>
/// <param name="PendingLooks">How often a new event's link is still pending when it is looked at.</param>
/// <param name="DelayMs">How long each calendar call takes.</param>
/// <param name="QuotaErrors">How many of the next changes to the calendar are refused with 403 rateLimitExceeded.</param>
internal sealed record GoogleBody(int? PendingLooks, int? DelayMs, int? QuotaErrors)
{
    public void ApplyTo(GoogleSandbox google)
    {
        google.PendingLooks = PendingLooks ?? google.PendingLooks;
        google.Delay = DelayMs is { } ms ? TimeSpan.FromMilliseconds(ms) : google.Delay;
        google.FailWithQuota(QuotaErrors ?? google.QuotaErrors);
    }
}

/// <summary>A signature to test.</summary>
internal sealed record SignatureBody(string? Body, string? Signature, string? Secret);

/// <summary>How a callback name answers.</summary>
internal sealed record CallbackBody(string? Secret, IReadOnlyList<int>? RespondWith, int? DelayMs, int? RetryAfter)
{
    public CallbackBehaviour Over(CallbackBehaviour before) => before with
    {
        Secret = Secret ?? before.Secret,
        RespondWith = RespondWith ?? before.RespondWith,
        Delay = DelayMs is { } ms ? TimeSpan.FromMilliseconds(Math.Clamp(ms, 0, 120_000)) : before.Delay,
        RetryAfter = RetryAfter is { } seconds ? (seconds > 0 ? seconds : null) : before.RetryAfter,
    };
}

/// <summary>The options that can change while the sandbox runs; what is left out stays as it is.</summary>
internal sealed record SettingsBody
{
    public bool? AutoStatuses { get; init; }

    public bool? ReadReceipts { get; init; }

    public int? SentAfterMs { get; init; }

    public int? DeliveredAfterMs { get; init; }

    public int? ReadAfterMs { get; init; }

    public bool? EnforceWindow { get; init; }

    public bool? AcceptUnknownTemplates { get; init; }

    public bool? AcceptUnknownMedia { get; init; }

    public bool? MagicNumbers { get; init; }

    public bool? UserIds { get; init; }

    /// <summary>0 takes the limit away.</summary>
    public int? MessagesPerSecond { get; init; }

    public static SettingsBody Of(SandboxOptions options) => new()
    {
        AutoStatuses = options.AutoStatuses,
        ReadReceipts = options.ReadReceipts,
        SentAfterMs = (int)options.SentAfter.TotalMilliseconds,
        DeliveredAfterMs = (int)options.DeliveredAfter.TotalMilliseconds,
        ReadAfterMs = (int)options.ReadAfter.TotalMilliseconds,
        EnforceWindow = options.EnforceWindow,
        AcceptUnknownTemplates = options.AcceptUnknownTemplates,
        AcceptUnknownMedia = options.AcceptUnknownMedia,
        MagicNumbers = options.MagicNumbers,
        UserIds = options.UserIds,
        MessagesPerSecond = options.MessagesPerSecond ?? 0,
    };

    public void ApplyTo(SandboxOptions options)
    {
        options.AutoStatuses = AutoStatuses ?? options.AutoStatuses;
        options.ReadReceipts = ReadReceipts ?? options.ReadReceipts;
        options.SentAfter = Wait(SentAfterMs) ?? options.SentAfter;
        options.DeliveredAfter = Wait(DeliveredAfterMs) ?? options.DeliveredAfter;
        options.ReadAfter = Wait(ReadAfterMs) ?? options.ReadAfter;
        options.EnforceWindow = EnforceWindow ?? options.EnforceWindow;
        options.AcceptUnknownTemplates = AcceptUnknownTemplates ?? options.AcceptUnknownTemplates;
        options.AcceptUnknownMedia = AcceptUnknownMedia ?? options.AcceptUnknownMedia;
        options.MagicNumbers = MagicNumbers ?? options.MagicNumbers;
        options.UserIds = UserIds ?? options.UserIds;
        options.MessagesPerSecond = MessagesPerSecond is { } limit ? (limit > 0 ? limit : null) : options.MessagesPerSecond;
    }

    private static TimeSpan? Wait(int? milliseconds) =>
        milliseconds is { } ms ? TimeSpan.FromMilliseconds(Math.Clamp(ms, 0, 3_600_000)) : null;
}
