using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

public sealed class TwoFactorPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    [BrowserFact]
    public async Task Who_must_have_a_second_factor_is_led_to_set_it_up_before_any_page_and_cannot_switch_it_off()
    {
        var tenant = await app.TenantAsync();
        await app.CallAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { requireTwoFactor = true }, ("x-admin-key", RunningApp.AdminKey));
        var page = await app.SignedInAsync(await app.PersonAsync(Role.TenantAdmin, tenant.Code));

        await Expect(page).ToHaveURLAsync(new Regex(@"/account\?required=true$"));
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(page).ToHaveURLAsync(new Regex(@"/account\?required=true$"));
        await Expect(page.GetByText("A second factor is required here")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Set up an authenticator app" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "QR code of the key" })).ToBeVisibleAsync();
        var uri = await page.GetByRole(AriaRole.Link, new() { Name = "Open in an authenticator app" }).GetAttributeAsync("href");
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync(CodeOf(uri!.Split("secret=")[1].Split('&')[0]));
        await page.GetByRole(AriaRole.Button, new() { Name = "Switch on" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "I have kept them, continue" }).ClickAsync();

        await Expect(page).ToHaveURLAsync(new Regex($"/c/{tenant.Code}/inbox$"));
        await page.GotoAsync("/account");
        await Expect(page.GetByText("It is required here and stays on.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Switch off" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Who_changes_their_password_stays_here_and_is_signed_out_elsewhere()
    {
        var tenant = await app.TenantAsync();
        var email = await app.PersonAsync(Role.Agent, tenant.Code);
        var page = await app.SignedInAsync(email);
        await page.GotoAsync("/account");
        await Expect(page.GetByText("this browser")).ToHaveCountAsync(1);
        // After the page has read who is signed in where.
        var other = await app.SignedInAsync(email);

        await page.GetByLabel("Password of now").FillAsync("not the one");
        await page.GetByLabel("New password").FillAsync("another horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change password" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not your password");
        await page.GetByLabel("Password of now").FillAsync(RunningApp.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Change password" }).ClickAsync();

        await Expect(page.GetByText("Your password is changed")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "End" })).ToHaveCountAsync(1);
        await other.GotoAsync("/account");
        await other.GetByLabel("E-mail").FillAsync(email);
        await other.GetByLabel("Password").FillAsync("another horse battery");
        await other.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Account", Exact = true })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Sign_in_asks_for_the_code_of_the_app_refuses_a_wrong_one_and_leads_to_where_one_wanted_to_go()
    {
        var tenant = await app.TenantAsync();
        var email = await app.PersonAsync(Role.Agent, tenant.Code, twoFactor: true);
        var key = app.Services.GetRequiredService<AccountStore>().AuthenticatorKey((await app.Services.GetRequiredService<AccountStore>().FindByEmailAsync(email, default))!)!;
        var page = await (await Browsers.NewContextAsync(app.Url)).NewPageAsync();
        await page.GotoAsync($"/c/{tenant.Code}/leads");
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password").FillAsync(RunningApp.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Second step" })).ToBeVisibleAsync();
        await page.GetByLabel("Code").FillAsync("000 000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not valid now");
        await page.GetByLabel("Code").FillAsync(CodeOf(key));
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();

        await Expect(page).ToHaveURLAsync(new Regex($"/c/{tenant.Code}/leads$"));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Leads", Exact = true })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Who_signs_in_by_a_recovery_code_stays_signed_in_on_this_device_where_they_asked_for_it()
    {
        var tenant = await app.TenantAsync();
        var email = await app.PersonAsync(Role.Agent, tenant.Code, twoFactor: true);
        await using var scope = app.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
        var codes = (await users.GenerateNewTwoFactorRecoveryCodesAsync((await users.FindByEmailAsync(email))!, 2))!.ToList();

        foreach (var (at, keep) in new[] { true, false }.Index())
        {
            var page = await (await Browsers.NewContextAsync(app.Url)).NewPageAsync();
            await page.GotoAsync($"/c/{tenant.Code}/leads");
            await page.GetByLabel("E-mail").FillAsync(email);
            await page.GetByLabel("Password").FillAsync(RunningApp.Password);
            await page.GetByLabel("Keep me signed in on this device").SetCheckedAsync(keep);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await page.GetByLabel("Code").FillAsync(codes[at]);
            await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Leads", Exact = true })).ToBeVisibleAsync();
            // A cookie without an end goes with the browser.
            (await page.Context.CookiesAsync()).Any(c => c.Expires > 0).Should().Be(keep);

            // A code is good for once.
            await page.GotoAsync("/signout");
            await page.GetByLabel("E-mail").FillAsync(email);
            await page.GetByLabel("Password").FillAsync(RunningApp.Password);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await page.GetByLabel("Code").FillAsync(codes[at]);
            await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not valid now");
        }
    }

    // RFC 6238 with the usual choices: SHA-1, 30 seconds, six digits.
    private static string CodeOf(string base32)
    {
        var bits = string.Concat(base32.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        var key = Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2)).ToArray();
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30);
#pragma warning disable CA5350 // The algorithm of authenticator apps.
        var hash = HMACSHA1.HashData(key, counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 15)) & int.MaxValue;
        return $"{number % 1_000_000:000000}";
    }
}
