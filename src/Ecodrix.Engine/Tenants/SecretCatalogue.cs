using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Tenants;

/// <summary>The secrets a tenant may have, and what each must look like.</summary>
internal static partial class SecretCatalogue
{
    public const string WhatsAppToken = "whatsappToken";
    public const string WhatsAppBusinessId = "whatsappBusinessId";
    public const string WhatsAppPhoneNumberId = "whatsappPhoneNumberId";
    public const string WhatsAppWebhookToken = "whatsappWebhookToken";
    public const string WhatsAppAppSecret = "whatsappAppSecret";
    public const string WhatsAppApiVersion = "whatsappApiVersion";
    public const string SmtpHost = "smtpHost";
    public const string SmtpPort = "smtpPort";
    public const string SmtpUser = "smtpUser";
    public const string SmtpPass = "smtpPass";
    public const string SmtpFrom = "smtpFrom";

    /// <summary><c>tls</c>, <c>starttls</c> or <c>none</c>, for a port that does not say it.</summary>
    public const string SmtpSecurity = "smtpSecurity";

    /// <summary>Without these no mail goes out.</summary>
    public static readonly string[] SmtpNeeded = [SmtpHost, SmtpPort, SmtpFrom];

    public const string GoogleClientId = "googleClientId";
    public const string GoogleClientSecret = "googleClientSecret";
    public const string WebhookSecret = "automationWebhookSecret";

    /// <summary>The webhook secret that takes over after the current one (see rotation); not settable by name.</summary>
    public const string NextWebhookSecret = "automationWebhookSecretNext";

    private static readonly Dictionary<string, Func<string, string?>> Rules = new(StringComparer.Ordinal)
    {
        [WhatsAppToken] = v => v.Length >= 8 ? null : "is too short to be an access token.",
        [WhatsAppBusinessId] = Digits,
        [WhatsAppPhoneNumberId] = Digits,
        [WhatsAppWebhookToken] = Any,
        [WhatsAppAppSecret] = Any,
        [WhatsAppApiVersion] = v => Version().IsMatch(v) ? null : "must look like v25.0.",
        [SmtpHost] = v => Uri.CheckHostName(v) == UriHostNameType.Unknown ? "must be a host name." : null,
        [SmtpPort] = v => ushort.TryParse(v, out var port) && port > 0 ? null : "must be a port from 1 to 65535.",
        [SmtpUser] = Any,
        [SmtpPass] = Any,
        [SmtpFrom] = v => System.Net.Mail.MailAddress.TryCreate(v, out _) && !v.Any(char.IsControl) ? null : "must be an e-mail address, or a name and one: Clinic <hello@clinic.example>.",
        [SmtpSecurity] = v => v is "tls" or "starttls" or "none" ? null : "must be tls, starttls or none.",
        [WebhookSecret] = v => Hex32().IsMatch(v) ? null : "must be 32 hexadecimal characters.",
        [GoogleClientId] = Any,
        [GoogleClientSecret] = Any,
        ["s3Endpoint"] = v => Uri.TryCreate(v, UriKind.Absolute, out _) ? null : "must be a URL.",
        ["s3Region"] = Any,
        ["s3Bucket"] = Any,
        ["s3AccessKey"] = Any,
        ["s3SecretKey"] = Any,
    };

    public static IReadOnlyCollection<string> Names => Rules.Keys;

    public static bool Knows(string name) => Rules.ContainsKey(name);

    /// <summary>Notes what is wrong with a secret; the value itself never appears in the message.</summary>
    public static void Check(Check check, string name, string? value)
    {
        if (!Rules.TryGetValue(name, out var rule))
        {
            check.That(false, name, $"There is no secret named {name}. Known: {string.Join(", ", Rules.Keys)}.");
            return;
        }

        var fault = string.IsNullOrWhiteSpace(value) ? "must not be empty." : value.Length > 8192 ? "is too long (8,192 characters at most)." : rule(value);
        check.That(fault is null, name, $"{name} {fault}");
    }

    private static string? Any(string value) => null;

    private static string? Digits(string value) => value.All(char.IsAsciiDigit) ? null : "must consist of digits, as Meta shows it.";

    [GeneratedRegex(@"^v\d{1,3}\.\d{1,2}$")]
    private static partial Regex Version();

    [GeneratedRegex("^[0-9a-fA-F]{32}$")]
    private static partial Regex Hex32();
}
