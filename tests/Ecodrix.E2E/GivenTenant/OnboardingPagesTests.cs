using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.People;
using Ecodrix.Sandbox.Mail;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>What leads a client from nothing to its first signed callback.</summary>
public sealed class OnboardingPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task The_wizard_tries_all_eight_steps_says_what_fails_and_why_and_ends_ready_with_the_share_sheet()
    {
        var code = $"t-{Guid.NewGuid():n}"[..16];
        await app.CallAsync(HttpMethod.Post, "/api/clients", new { name = "Nirvisham Clinic", code }, ("x-admin-key", RunningApp.AdminKey));
        var page = await app.SignedInAsync(await app.PersonAsync(Role.PlatformAdmin));
        await page.GotoAsync($"/c/{code}/onboarding");
        var steps = page.GetByRole(AriaRole.List, new() { Name = "Steps" });
        await Expect(steps.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(8);
        await Expect(page.Locator(".checks")).ToContainTextAsync("Missing: whatsappToken");

        // What is refused stays as it was typed, with the reason at its field.
        await page.GetByLabel("App secret", new() { Exact = true }).FillAsync("sandbox-app-secret");
        await page.GetByLabel("Phone number id", new() { Exact = true }).FillAsync("not digits");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and test" }).First.ClickAsync();
        await Expect(page.Locator(".field-fault")).ToContainTextAsync("must consist of digits");
        await Expect(page.GetByLabel("App secret", new() { Exact = true })).ToHaveValueAsync("sandbox-app-secret");
        await FillAsync(("Access token", "sandbox-access-token-0001"), ("WhatsApp business account id", "102290129340398"), ("Phone number id", "1"), ("App secret", "sandbox-app-secret"), ("Verify token", "verify"));
        await FillAsync(("Mail host", "127.0.0.1"), ("Mail port", $"{app.Sandbox.Mail.Port}"), ("Mail user", "clinic"), ("Mail password", "wrong"), ("Sender", "hello@clinic.example"));
        await Expect(Check("Mail server sign-in")).ToContainTextAsync("smtpPass");
        await Expect(Check("WhatsApp token and number")).ToContainTextAsync("whatsappPhoneNumberId");
        await Expect(Check("Webhook round trip")).ToContainTextAsync("Works");
        await Expect(steps.GetByRole(AriaRole.Listitem).Nth(1)).ToContainTextAsync("Failing");

        await FillAsync(("Phone number id", "106540352242922"));
        await FillAsync(("Mail password", MailSandbox.Password));
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the callback secret" }).ClickAsync();
        await Expect(page.GetByText("The callback secret, shown only now")).ToBeVisibleAsync();
        await Expect(Check("Mail server sign-in")).ToContainTextAsync("Works");
        await Expect(Check("WhatsApp token and number")).ToContainTextAsync("Works");
        await Expect(steps.GetByRole(AriaRole.Listitem).Nth(1)).ToContainTextAsync("Done");
        await NextAsync("3. Database");
        await Expect(Check("Database write")).ToContainTextAsync("Works");

        await NextAsync("4. Google Meet");
        await FillAsync(("Google client id", "sandbox-client"), ("Google client secret", "sandbox-secret"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect Google" }).ClickAsync();
        var google = await page.RunAndWaitForPopupAsync(() => page.GetByText("Open Google's consent").ClickAsync());
        await google.GetByRole(AriaRole.Link, new() { Name = "Allow" }).ClickAsync();
        await Expect(google.GetByText("Google is connected for Nirvisham Clinic")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Test again" }).ClickAsync();
        await Expect(Check("Google consent")).ToContainTextAsync("Works");

        await NextAsync("5. WhatsApp templates");
        await page.GetByRole(AriaRole.Button, new() { Name = "Read templates from Meta" }).ClickAsync();
        await Expect(Check("Approved templates")).ToContainTextAsync("Works");
        await NextAsync("6. Browser origins");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Origin" }).FillAsync("https://clinic.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow origin" }).ClickAsync();
        await Expect(Check("Origins")).ToContainTextAsync("https://clinic.example");

        await NextAsync("7. First automation");
        await NextAsync("8. Share with the client");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a key to share" }).ClickAsync();
        await Expect(page.GetByText("The key is shown only now")).ToBeVisibleAsync();
        var curl = await page.Locator(".share-sheet pre").First.InnerTextAsync();
        curl.Should().Contain(app.Url).And.Contain(code);
        var key = curl.Split("x-api-key: ")[1].Split('"')[0];

        // The key on the sheet is the client's: with it the rule is made, and the trigger names where the callback goes.
        var client = new E2ETenant(app, code, key);
        await client.CallAsync(HttpMethod.Post, "/api/crm/automations", new { name = "Confirmed", trigger = "appointment_confirmed", actions = new[] { new { type = "add_tag", config = new { tag = "booked" } } } });
        await client.CallAsync(HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone = "+919876515001", createLeadIfMissing = true, leadData = new { firstName = "Ravi" }, callbackUrl = app.Sandbox.CallbackUrl("onboarded") });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await app.Sandbox.Callbacks.WaitForAsync(c => c.Name == "onboarded", limit.Token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Test again" }).ClickAsync();
        await Expect(page.GetByText("Ready: every needed step works")).ToBeVisibleAsync();
        await steps.GetByRole(AriaRole.Button).Nth(1).ClickAsync();
        await Expect(Check("Callback answers a signed test")).ToContainTextAsync("answered 200");

        ILocator Check(string title) => page.Locator(".checks li", new() { HasText = title });

        async Task FillAsync(params (string Label, string Value)[] values)
        {
            foreach (var (label, value) in values)
            {
                await page.GetByLabel(label, new() { Exact = true }).FillAsync(value);
            }

            // The button of the group that was filled last.
            var group = values[0].Label.StartsWith("Mail", StringComparison.Ordinal) ? 1 : 0;
            await page.GetByRole(AriaRole.Button, new() { Name = "Save and test" }).Nth(group).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Test again" })).ToBeEnabledAsync();
            await Expect(page.GetByLabel(values[0].Label, new() { Exact = true })).ToHaveAttributeAsync("placeholder", "set; write to replace");
            await Expect(page.GetByLabel(values[0].Label, new() { Exact = true })).ToHaveValueAsync("");
        }

        async Task NextAsync(string heading)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Next step" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = heading })).ToBeVisibleAsync();
        }
    }

    [BrowserFact]
    public async Task The_signature_tester_names_the_mistake_and_then_agrees()
    {
        const string Secret = "0123456789abcdef0123456789abcdef";
        const string Body = """{"id":"1","status":"completed"}""";
        var tenant = await app.TenantAsync();
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/settings/integration");
        var finding = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "atch" });

        await TestAsync(Convert.FromHexString(Secret));
        await Expect(finding).ToContainTextAsync("Does not match");
        await Expect(finding).ToContainTextAsync("hex_key");

        await TestAsync(Encoding.UTF8.GetBytes(Secret));
        await Expect(finding).ToContainTextAsync("Matches");

        async Task TestAsync(byte[] key)
        {
            await page.GetByLabel("Raw body").FillAsync(Body);
            await page.GetByLabel("Signature", new() { Exact = true }).FillAsync("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(Body))));
            await page.GetByRole(AriaRole.Button, new() { Name = "Test signature" }).ClickAsync();
        }
    }
}
