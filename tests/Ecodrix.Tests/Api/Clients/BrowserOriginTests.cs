namespace Ecodrix.Tests.Api.Clients;

public sealed class BrowserOriginTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_browser_may_call_from_an_allowed_origin_and_from_no_other()
    {
        var tenant = await app.TenantAsync();
        (await tenant.PostAsync("/api/saas/cors", new { url = "https://clinic.example" })).Status.Should().Be(201);

        var allowed = await GetFromAsync(tenant, "https://clinic.example");
        var refused = await GetFromAsync(tenant, "https://elsewhere.example");

        allowed.Status.Should().Be(200);
        allowed.Headers["Access-Control-Allow-Origin"].Should().Be("https://clinic.example");
        (refused.Status, refused.Code).Should().Be((403, "ORIGIN_NOT_ALLOWED"));
    }

    [Fact]
    public async Task A_preflight_passes_for_an_origin_that_any_client_allows()
    {
        var tenant = await app.TenantAsync();
        var origin = $"https://{tenant.Code}.example";
        await tenant.PostAsync("/api/saas/cors", new { url = origin });

        var known = await app.SendAsync(HttpMethod.Options, "/api/crm/leads", null, ("Origin", origin), ("Access-Control-Request-Method", "GET"));
        var unknown = await app.SendAsync(HttpMethod.Options, "/api/crm/leads", null, ("Origin", "https://nobody.example"), ("Access-Control-Request-Method", "GET"));

        known.Headers["Access-Control-Allow-Origin"].Should().Be(origin);
        unknown.Headers.Should().NotContainKey("Access-Control-Allow-Origin");
    }

    [Fact]
    public async Task Another_clients_origin_does_not_open_this_clients_data()
    {
        var (mine, theirs) = (await app.TenantAsync(), await app.TenantAsync());
        await theirs.PostAsync("/api/saas/cors", new { url = "https://theirs.example" });

        (await GetFromAsync(mine, "https://theirs.example")).Code.Should().Be("ORIGIN_NOT_ALLOWED");
    }

    [Theory]
    [InlineData("http://clinic.example")]
    [InlineData("https://clinic.example/path")]
    [InlineData("*")]
    [InlineData("")]
    public async Task What_is_no_origin_is_refused(string url)
    {
        var tenant = await app.TenantAsync();

        (await tenant.PostAsync("/api/saas/cors", new { url })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task The_admin_key_with_a_client_code_reaches_the_onboarding_routes()
    {
        var tenant = await app.TenantAsync();

        var answer = await app.SendAsync(HttpMethod.Post, "/api/saas/cors", new { url = "http://localhost:3000" }, ("x-admin-key", AppFixture.AdminKey), ("x-client-code", tenant.Code));
        var wrong = await app.SendAsync(HttpMethod.Post, "/api/saas/cors", new { url = "http://localhost:3000" }, ("x-admin-key", "eca_wrong"), ("x-client-code", tenant.Code));

        answer.Status.Should().Be(201);
        wrong.Status.Should().Be(401);
    }

    private Task<TestAnswer> GetFromAsync(TestTenant tenant, string origin) =>
        app.SendAsync(HttpMethod.Get, "/api/crm/leads", null, ("Origin", origin), ("x-api-key", tenant.Key), ("x-client-code", tenant.Code));
}
