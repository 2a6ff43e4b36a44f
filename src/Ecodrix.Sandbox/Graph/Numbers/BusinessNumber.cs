namespace Ecodrix.Sandbox.Graph.Numbers;

/// <summary>A business phone number as the sandbox knows it. Numbers come into being when they are first used.</summary>
public sealed record BusinessNumber
{
    /// <summary>The phone number id, as in the path of a send.</summary>
    public required string Id { get; init; }

    /// <summary>The WhatsApp Business Account that owns it; null until someone says so, then every account's templates serve it.</summary>
    public string? WabaId { get; init; }

    /// <summary>The number as people see it.</summary>
    public required string DisplayPhoneNumber { get; init; }

    /// <summary>The name that recipients see.</summary>
    public string VerifiedName { get; init; } = "Sandbox Business";

    /// <summary>The calling code that Meta prepends to recipients without one.</summary>
    public string CallingCode { get; init; } = "91";

    /// <summary><c>GREEN</c>, <c>YELLOW</c>, <c>RED</c> or <c>UNKNOWN</c>.</summary>
    public string QualityRating { get; init; } = "GREEN";

    /// <summary><c>TIER_250</c> to <c>TIER_UNLIMITED</c>.</summary>
    public string MessagingLimit { get; init; } = "TIER_2K";

    /// <summary>The only token that may use the number; null accepts any well-formed one.</summary>
    public string? AccessToken { get; init; }

    /// <summary>Where its webhooks go, or null for the sandbox's default address.</summary>
    public WebhookSettings? Webhook { get; init; }

    internal string Digits => string.Concat(DisplayPhoneNumber.Where(char.IsAsciiDigit));
}

/// <summary>Where and how webhooks of a number are posted.</summary>
/// <param name="Url">The receiver's address.</param>
/// <param name="AppSecret">The key of <c>X-Hub-Signature-256</c>.</param>
/// <param name="VerifyToken">The token of the subscription handshake.</param>
public sealed record WebhookSettings(string Url, string AppSecret, string VerifyToken);
