using System.Net;

namespace Ecodrix.Tests.Api.Meetings;

/// <summary>What tests with Google's calendar do often: go through the consent as a browser does.</summary>
internal static class GoogleSteps
{
    /// <summary>A tenant whose Google account is connected.</summary>
    public static async Task<TestTenant> ConnectedAsync(this AppFixture app)
    {
        var tenant = await app.TenantAsync();
        await tenant.ConnectGoogleAsync();
        return tenant;
    }

    public static async Task ConnectGoogleAsync(this TestTenant tenant)
    {
        await tenant.GoogleSecretsAsync();
        using var browser = tenant.App.Browser();
        (await browser.GetAsync(await tenant.ConsentAsync(browser))).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    public static async Task GoogleSecretsAsync(this TestTenant tenant) => await tenant.App.SendAsync(
        HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { googleClientId = "client", googleClientSecret = "google-secret" }, ("x-admin-key", AppFixture.AdminKey));

    /// <summary>Waits until Google has been asked and keeps its answer back.</summary>
    public static async Task HeldByGoogleAsync(this AppFixture app)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (app.Sandbox.Google.Held == 0)
        {
            await pace.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Keeps cookies and follows nothing by itself.</summary>
    public static HttpClient Browser(this AppFixture app) =>
        new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = app.Http.BaseAddress };

    public static async Task<string> GoogleLinkAsync(this TestTenant tenant)
    {
        var made = await tenant.App.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/google/link", new { }, ("x-admin-key", AppFixture.AdminKey));
        return new Uri(made.Data.GetProperty("url").GetString()!).PathAndQuery;
    }

    /// <summary>Goes through the consent page; answers the address that Google sends the browser back to.</summary>
    public static async Task<string> ConsentAsync(this TestTenant tenant, HttpClient browser, bool allow = true)
    {
        var consent = (await browser.GetAsync(await tenant.GoogleLinkAsync())).Headers.Location!;
        (await browser.GetAsync(consent)).StatusCode.Should().Be(HttpStatusCode.OK);
        var answered = await browser.GetAsync(new Uri($"{consent.GetLeftPart(UriPartial.Path)}/answer{consent.Query}&allow={(allow ? "true" : "false")}"));
        return answered.Headers.Location!.PathAndQuery;
    }
}
