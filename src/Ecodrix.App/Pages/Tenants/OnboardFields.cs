namespace Ecodrix.App.Pages.Tenants;

/// <summary>What each step asks for, and where people find it.</summary>
internal static class OnboardFields
{
    public static IReadOnlyList<(string Name, string Label, string Where, bool Plain)> WhatsApp { get; } =
    [
        ("whatsappToken", "Access token", "Meta business settings → System users → generate token", false),
        ("whatsappBusinessId", "WhatsApp business account id", "WhatsApp manager → account overview", true),
        ("whatsappPhoneNumberId", "Phone number id", "App dashboard → WhatsApp → API set-up", true),
        ("whatsappAppSecret", "App secret", "App dashboard → Settings → basic", false),
        ("whatsappWebhookToken", "Verify token", "your choice; the same in Meta's webhook form", false),
    ];

    public static IReadOnlyList<(string Name, string Label, string Where, bool Plain)> Email { get; } =
    [
        ("smtpHost", "Mail host", "smtp.example.com", true),
        ("smtpPort", "Mail port", "587 with STARTTLS, 465 with TLS", true),
        ("smtpSecurity", "Mail security", "only for other ports: tls, starttls (when empty) or none", true),
        ("smtpUser", "Mail user", "often the whole address", true),
        ("smtpPass", "Mail password", "many providers want an app password", false),
        ("smtpFrom", "Sender", "Clinic <hello@clinic.example>", true),
    ];

    public static IReadOnlyList<(string Name, string Label, string Where, bool Plain)> Google { get; } =
    [
        ("googleClientId", "Google client id", "Google Cloud console → Credentials → OAuth client, type web", true),
        ("googleClientSecret", "Google client secret", "shown beside it", false),
    ];
}
