using Ecodrix.Engine.People;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Leads;
using Ecodrix.Tests.Api.People;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Live;

public sealed class LiveHubTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly (string, string) Admin = ("x-admin-key", AppFixture.AdminKey);

    private Sessions Sessions => app.Services.GetRequiredService<Sessions>();

    [Fact]
    public async Task A_client_hears_of_its_own_tenants_messages_and_of_nobody_elses()
    {
        var (mine, theirs) = (await app.TenantAsync(), await app.TenantAsync());
        await using var listening = await app.HearAsync(mine);

        await theirs.WritesAsync(ChatSteps.NewPhone(), "Not for you");
        await mine.WritesAsync(ChatSteps.NewPhone(), "For you");

        var received = await listening.NextAsync("message.received");
        received.GetProperty("data").Text("text").Should().Be("For you");
        listening.Seen.Should().NotContain(e => e.Data.GetRawText().Contains("Not for you"));
    }

    [Fact]
    public async Task A_client_that_was_away_gets_what_it_missed_in_order_and_then_resumed()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        string cursor;
        await using (var first = await app.HearAsync(tenant))
        {
            await tenant.WritesAsync(phone, "One");
            cursor = (await first.NextAsync("message.received")).Text("cursor")!;
        }

        foreach (var text in new[] { "Two", "Three" })
        {
            await tenant.WritesAsync(phone, text);
        }

        await using var again = await app.HearAsync(tenant);
        await again.Connection.InvokeAsync("Resume", cursor);

        var resumed = await again.NextAsync("resumed");
        resumed.GetProperty("complete").GetBoolean().Should().BeTrue();
        again.Seen.Where(e => e.Name == "message.received").Select(e => e.Data.GetProperty("data").Text("text")).Should().Equal("Two", "Three");
        var cursors = again.Seen.Where(e => e.Name != "resumed").Select(e => e.Data.Text("cursor")!).ToList();
        cursors.Should().BeInAscendingOrder(StringComparer.Ordinal).And.OnlyHaveUniqueItems();
        string.CompareOrdinal(cursors[0], cursor).Should().BePositive();

        await again.Connection.InvokeAsync("Resume", "not-a-cursor");
        await again.NextAsync("resumed", skip: 1);
        again.Seen.Last(e => e.Name == "resumed").Data.GetProperty("complete").GetBoolean().Should().BeFalse("the client had better read anew");
    }

    [Fact]
    public async Task A_wrong_key_hears_nothing()
    {
        var tenant = await app.TenantAsync();
        await using var refused = await app.HearAsync(tenant with { Key = "eck_wrong" });

        (await refused.NextAsync("refused")).Text("code").Should().Be("INVALID_CREDENTIALS");
        await tenant.WritesAsync(ChatSteps.NewPhone(), "Secret");
        refused.Seen.Should().NotContain(e => e.Name == "message.received");
    }

    [Fact]
    public async Task Somebody_signed_in_hears_by_their_cookie_and_an_agent_limited_to_their_own_only_of_those()
    {
        var tenant = await app.TenantAsync();
        var (_, admin) = await tenant.MemberAsync(Role.TenantAdmin);
        var (_, agent) = await tenant.MemberAsync(Role.Agent, onlyOwn: true);
        await using var all = await app.HearSignedInAsync(tenant, await app.CookieAsync(admin), app.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        await using var own = await app.HearSignedInAsync(tenant, await app.CookieAsync(agent));

        var theirs = await tenant.LeadAsync("9876500091", new { assignedTo = "somebody.else@example.com" });
        var mine = await tenant.LeadAsync("9876500092", new { assignedTo = agent });
        await app.RunDueAsync();

        (await own.NextAsync("lead.updated")).GetProperty("data").Text("id").Should().Be(mine, "the one before was nobody's of theirs");
        var before = await all.NextAsync("lead.updated");
        before.GetProperty("data").Text("id").Should().Be(theirs);
        await own.Connection.InvokeAsync("Resume", before.Text("cursor"));
        await own.NextAsync("resumed");
        own.Seen.Select(e => e.Data.GetRawText()).Should().NotContain(text => text.Contains(theirs));
    }

    [Fact]
    public async Task An_agent_limited_to_their_own_hears_of_a_lead_that_an_import_gives_them_or_takes_from_them()
    {
        var tenant = await app.TenantAsync();
        var (_, agent) = await tenant.MemberAsync(Role.Agent, onlyOwn: true);
        var given = await tenant.LeadAsync("9876500094", new { assignedTo = "somebody.else@example.com" });
        var taken = await tenant.LeadAsync("9876500095", new { assignedTo = agent });
        await app.RunDueAsync();
        await using var own = await app.HearSignedInAsync(tenant, await app.CookieAsync(agent));

        await tenant.PostAsync("/api/crm/leads/import", new { leads = new[] { new { phone = "9876500094", assignedTo = agent }, new { phone = "9876500095", assignedTo = "somebody.else@example.com" } } });

        (await own.NextAsync("lead.updated")).GetProperty("data").Text("id").Should().Be(given);
        (await own.NextAsync("lead.updated", skip: 1)).GetProperty("data").Text("id").Should().Be(taken);
    }

    [Fact]
    public async Task Another_tenants_person_hears_nothing_by_their_cookie()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (_, stranger) = await other.MemberAsync(Role.TenantAdmin);

        await using var refused = await app.HearSignedInAsync(tenant, await app.CookieAsync(stranger));

        (await refused.NextAsync("refused")).Text("code").Should().NotBeNullOrEmpty();
        await tenant.LeadAsync("9876500093");
        refused.Seen.Should().OnlyContain(e => e.Name == "refused");
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public async Task Another_sites_page_cannot_listen_with_the_cookie_of_who_is_signed_in(string origin)
    {
        var tenant = await app.TenantAsync();
        var (_, admin) = await tenant.MemberAsync(Role.TenantAdmin);
        await tenant.PostAsync("/api/saas/cors", new { url = "https://evil.example" });

        await using var refused = await app.HearSignedInAsync(tenant, await app.CookieAsync(admin), origin);

        (await refused.NextAsync("refused")).Text("code").Should().Be("ORIGIN_NOT_ALLOWED", "what a tenant allows its keys from, it does not allow its people's cookies from");
        await tenant.LeadAsync("9876500094");
        refused.Seen.Should().OnlyContain(e => e.Name == "refused");
    }

    [Fact]
    public async Task A_connection_ends_with_the_session_it_was_opened_with_and_those_of_others_stay()
    {
        var tenant = await app.TenantAsync();
        var (scope, agent) = await tenant.MemberAsync(Role.Agent);
        await using var first = await app.HearSignedInAsync(tenant, await app.CookieAsync(agent));
        var ended = (await Sessions.ListAsync(scope.Actor.Id!, default)).Single().Id;
        await using var second = await app.HearSignedInAsync(tenant, await app.CookieAsync(agent));
        await using var server = await app.HearAsync(tenant);

        await Sessions.EndOneAsync(scope.Actor.Id!, ended, default);
        app.Clock.Advance(TimeSpan.FromSeconds(31));

        (await first.NextAsync("refused")).Text("code").Should().Be("SIGNED_OUT");
        await first.ClosedAsync();
        await tenant.LeadAsync("9876500096");
        await second.NextAsync("lead.updated");
        await server.NextAsync("lead.updated");
        first.Seen.Should().NotContain(e => e.Name == "lead.updated");
    }

    [Fact]
    public async Task A_revoked_key_and_a_suspended_client_hear_nothing_any_more()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var made = (await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/keys", new { name = "Website", scopes = new[] { "chat:read" } }, Admin)).Data;
        await using var revoked = await app.HearAsync(tenant with { Key = made.Text("key")! });
        await using var stays = await app.HearAsync(tenant);
        await using var suspended = await app.HearAsync(other);

        await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/keys/{made.Text("id")}", null, Admin);
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{other.Code}/suspend", null, Admin);
        app.Clock.Advance(TimeSpan.FromSeconds(31));

        (await revoked.NextAsync("refused")).Text("code").Should().Be("INVALID_CREDENTIALS");
        (await suspended.NextAsync("refused")).Text("code").Should().Be("TENANT_SUSPENDED");
        await revoked.ClosedAsync();
        await suspended.ClosedAsync();
        await tenant.LeadAsync("9876500097");
        await stays.NextAsync("lead.updated");
    }

    [Fact]
    public async Task A_key_listens_from_its_tenants_origins_and_from_no_others()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/cors", new { url = "https://clinic.example.com" });
        await using var good = await app.HearAsync(tenant, "https://clinic.example.com");
        await using var refused = await app.HearAsync(tenant, "https://evil.example");

        await tenant.LeadAsync("9876500095");

        (await refused.NextAsync("refused")).Text("code").Should().Be("ORIGIN_NOT_ALLOWED");
        await good.NextAsync("lead.updated");
    }
}
