using System.Text.Json;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Sandbox;

namespace Ecodrix.App.Hosting;

/// <summary>The demo tenant of a development start, wired to the sandbox, and the words that greet whoever started it.</summary>
internal static class StartUp
{
    public const string DemoCode = "demo-clinic";
    private const string WebhookSecret = "0123456789abcdef0123456789abcdef";

    private static readonly (string First, string Last, string Phone, string Source, int Value)[] People =
    [
        ("Ravi", "Kumar", "+919876500101", "website", 120000), ("Priya", "Sharma", "+919876500102", "referral", 45000),
        ("Anil", "Mehta", "+919876500103", "walk_in", 8000), ("Sunita", "Rao", "+919876500104", "website", 60000),
        ("Farhan", "Ali", "+919876500105", "facebook", 15000), ("Meera", "Nair", "+919876500106", "referral", 92000),
        ("Karan", "Singh", "+919876500107", "website", 30000), ("Lakshmi", "Iyer", "+919876500108", "google", 54000),
        ("Deepak", "Patel", "+919876500109", "website", 21000), ("Asha", "Verma", "+919876500110", "walk_in", 12000),
        ("Joseph", "Thomas", "+919876500111", "referral", 75000), ("Nisha", "Gupta", "+919876500112", "google", 38000),
    ];

    private static readonly string[] Variables =
    [
        "{{ variables.patientName | default: lead.firstName }}", "{{ variables.doctorName | default: 'your doctor' }}",
        "{{ variables.appointmentTime | default: 'the agreed time' }}",
    ];

    public static async Task GreetAsync(WebApplication app)
    {
        var settings = app.Services.GetRequiredService<HostSettings>();
        try
        {
            var url = app.Urls.FirstOrDefault()?.TrimEnd('/') ?? settings.PublicUrl;
            app.Logger.LogInformation("Ecodrix listens on {Url}", url);
            if (settings.Demo)
            {
                Greet(url, await DemoKeyAsync(app, settings, url), settings.Sandbox);
            }
        }
        catch (Exception e)
        {
            app.Logger.LogError(e, "The demo client could not be made");
        }
    }

    private static async Task<string> DemoKeyAsync(WebApplication app, HostSettings settings, string url)
    {
        // Keys are stored as hashes: for the demo's own, which is printed at each start, a private file remembers it.
        var file = Path.Combine(settings.DataPath, "demo.key");
        if (settings.Sandbox)
        {
            var sandbox = app.Services.GetRequiredService<SandboxState>().Options;
            sandbox.WebhookUrl = $"{url}/api/saas/whatsapp/webhook/{DemoCode}";
            sandbox.CallbackSecrets["demo"] = WebhookSecret;
        }

        if (File.Exists(file))
        {
            await WireMailAsync(app, settings);
            return await File.ReadAllTextAsync(file);
        }

        var platform = app.Services.GetRequiredService<PlatformAccess>().ForDemo();
        var made = await app.Services.GetRequiredService<TenantOnboarding>()
            .CreateAsync(platform, new NewClient { Name = "Demo Clinic", Code = DemoCode }, CancellationToken.None);
        await FillAsync(app.Services, await app.Services.GetRequiredService<TenantDirectory>().OpenAsync(platform, DemoCode, CancellationToken.None));
        await WireMailAsync(app, settings);
        PrivateFile.Write(file, made.ApiKey);
        return made.ApiKey;
    }

    /// <summary>The sandbox's mail server has another port at each start.</summary>
    private static async Task WireMailAsync(WebApplication app, HostSettings settings)
    {
        if (!settings.Sandbox)
        {
            return;
        }

        var platform = app.Services.GetRequiredService<PlatformAccess>().ForDemo();
        var scope = await app.Services.GetRequiredService<TenantDirectory>().OpenAsync(platform, DemoCode, CancellationToken.None);
        var secrets = new Dictionary<string, string>
        {
            ["googleClientId"] = "sandbox-client.apps.googleusercontent.com",
            ["googleClientSecret"] = "sandbox-google-secret",
            ["smtpHost"] = "127.0.0.1",
            ["smtpPort"] = app.Services.GetRequiredService<SandboxState>().Mail.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["smtpSecurity"] = "starttls",
            ["smtpUser"] = "demo-clinic",
            ["smtpPass"] = Ecodrix.Sandbox.Mail.MailSandbox.Password,
            ["smtpFrom"] = "Demo Clinic <hello@demo-clinic.example>",
        };
        await app.Services.GetRequiredService<TenantSecrets>().MergeAsync(scope, secrets.ToDictionary(s => s.Key, s => JsonSerializer.SerializeToElement(s.Value)), CancellationToken.None);
    }

    private static async Task FillAsync(IServiceProvider services, TenantScope scope)
    {
        var secrets = new Dictionary<string, string>
        {
            ["whatsappToken"] = "sandbox-access-token-0001",
            ["whatsappBusinessId"] = "102290129340398",
            ["whatsappPhoneNumberId"] = "106540352242922",
            ["whatsappWebhookToken"] = "sandbox-verify-token",
            ["whatsappAppSecret"] = "sandbox-app-secret",
            ["automationWebhookSecret"] = WebhookSecret,
        };
        await services.GetRequiredService<TenantSecrets>().MergeAsync(scope, secrets.ToDictionary(s => s.Key, s => JsonSerializer.SerializeToElement(s.Value)), CancellationToken.None);
        var intake = services.GetRequiredService<LeadIntake>();
        foreach (var (first, last, phone, source, value) in People)
        {
            await intake.CreateAsync(scope, new NewLead { FirstName = first, LastName = last, Phone = phone, Source = source, DealValue = value }, CancellationToken.None);
        }

        var rules = services.GetRequiredService<RuleDesign>();
        await rules.CreateAsync(scope, Rule("Appointment confirmed: WhatsApp", "appointment_confirmed", "send_whatsapp", new
        {
            templateName = "appointment_confirmed",
            language = "en_US",
            variables = Variables,
        }), CancellationToken.None);
        await rules.CreateAsync(scope, Rule("Payment captured: receipt by e-mail", "payment_captured", "send_email", new
        {
            subject = "Thank you, {{ lead.firstName | default: 'dear patient' }}",
            htmlBody = "<h2>We have received your payment</h2><p>Dear {{ lead.firstName }}, thank you for {{ data.amount }}.</p><p>{{ tenant.name }}</p>",
        }), CancellationToken.None);
        await rules.CreateAsync(scope, Rule("Appointment confirmed: tag", "appointment_confirmed", "add_tag", new { tag = "appointment" }), CancellationToken.None);
    }

    private static RuleInput Rule(string name, string trigger, string action, object config) => new()
    {
        Name = name,
        Trigger = trigger,
        Actions = new(new[] { new RuleActionInput { Type = action, Config = JsonSerializer.SerializeToElement(config) } }),
    };

    private static void Greet(string url, string key, bool sandbox) => Console.WriteLine(
        $$$"""

          Demo client: {{{DemoCode}}}    API key: {{{key}}}
          {{{(sandbox ? $"Watch what arrives: {url}/sandbox" : "")}}}

          Fire a trigger:

          curl -s {{{url}}}/api/saas/workflows/trigger \
            -H 'content-type: application/json' -H 'x-client-code: {{{DemoCode}}}' -H 'x-api-key: {{{key}}}' \
            -d '{"trigger":"appointment_confirmed","phone":"919876543210","variables":{"patientName":"Ravi Kumar","doctorName":"Dr. Sharma","appointmentTime":"3:00 PM"},"createLeadIfMissing":true,"leadData":{"firstName":"Ravi","lastName":"Kumar","source":"website"},"callbackUrl":"{{{url}}}/sandbox/callbacks/demo","callbackMetadata":{"appointmentId":"6abc"}}'

          """);
}
