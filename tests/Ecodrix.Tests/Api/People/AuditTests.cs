using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Tests.Api.Leads;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.People;

/// <summary>The audit log, of a tenant and of the platform, and what it is narrowed by.</summary>
public sealed class AuditTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_change_is_told_with_who_old_and_new_and_found_by_each_of_them()
    {
        var tenant = await app.TenantAsync();
        var (asha, _) = await tenant.MemberAsync(Role.TenantAdmin, name: "Asha Rao");
        var patched = await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { staleDays = 5 }, ("x-admin-key", AppFixture.AdminKey));
        patched.Data.GetProperty("staleDays").GetInt32().Should().Be(5);
        await app.Services.GetRequiredService<Invitations>().InviteAsync(asha, new NewPerson { Name = "Vikram", Email = $"{Guid.NewGuid():n}@example.com" }, default);

        var change = (await LookAsync(new AuditFilter("client.changed")))[0];
        change.Changes.Should().ContainEquivalentOf(new AuditChange("staleDays", "14", "5"));
        (await LookAsync(new AuditFilter(Actor: "ASHA"))).Select(e => e.Action).Should().Equal("person.invited");
        (await LookAsync(new AuditFilter("person.", Actor: "nobody"))).Should().BeEmpty();

        var today = DateOnly.FromDateTime(app.Clock.GetUtcNow().UtcDateTime.AddHours(5.5)).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        (await LookAsync(new AuditFilter(From: today, To: today))).Should().HaveCountGreaterThan(1);
        (await LookAsync(new AuditFilter(To: "2020-01-01"))).Should().BeEmpty();
        (await FluentActions.Awaiting(() => LookAsync(new AuditFilter(From: "yesterday"))).Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("VALIDATION_ERROR");

        Task<IReadOnlyList<AuditView>> LookAsync(AuditFilter filter) => app.Services.GetRequiredService<AuditLog>().ListAsync(asha, filter, default);
    }

    [Fact]
    public async Task What_a_key_changes_is_told_and_a_secret_in_a_rule_is_not()
    {
        var tenant = await app.TenantAsync();
        var (asha, _) = await tenant.MemberAsync(Role.TenantAdmin);
        object call = new { type = "http_request", config = new { url = "https://example.com/hook?token=sesame-1", headers = new { Authorization = "Bearer sesame-2" }, body = "sesame-3" } };
        var rule = await tenant.PostAsync("/api/crm/automations", new { name = "Tell them", trigger = "form_submitted", actions = new[] { call } });
        await tenant.PatchAsync($"/api/crm/automations/{rule.Data.GetProperty("id").GetString()}", new { name = "Tell them all" });
        await tenant.DeleteAsync($"/api/crm/automations/{rule.Data.GetProperty("id").GetString()}");
        var (pipeline, stages) = await tenant.PipelineAsync();
        await tenant.PatchAsync($"/api/crm/pipelines/{pipeline}", new { name = "Visits" });
        await tenant.PatchAsync($"/api/crm/stages/{stages["New"]}", new { name = "Asked" });
        await tenant.PatchAsync("/api/crm/scoring", new { hotThreshold = 77 });
        var lead = await tenant.LeadAsync("9876514001", new { lastName = "Unforgettable" });
        using (var export = new HttpRequestMessage(HttpMethod.Get, "/api/crm/leads/export?source=web&search=Unforgettable&bookingId=of-Unforgettable"))
        {
            export.Headers.Add("x-api-key", tenant.Key);
            export.Headers.Add("x-client-code", tenant.Code);
            using var csv = await app.Http.SendAsync(export);
            csv.IsSuccessStatusCode.Should().BeTrue();
        }

        await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");

        var log = await app.Services.GetRequiredService<AuditLog>().ListAsync(asha, new AuditFilter(), default);

        log.Select(e => e.Action).Should().Contain(["key.used", "automation.made", "automation.changed", "automation.deleted", "pipeline.changed", "scoring.changed", "leads.exported", "lead.erased"]);
        log.Count(e => e.Action == "key.used").Should().Be(1, "once a day is enough");
        log.Single(e => e.Action == "automation.changed").Changes.Should().BeEquivalentTo([new AuditChange("name", "Tell them", "Tell them all")]);
        log.Where(e => e.Action == "pipeline.changed").SelectMany(e => e.Changes).Should().ContainEquivalentOf(new AuditChange("name", "Sales", "Visits"));
        log.Single(e => e.Action == "scoring.changed").Changes.Should().Contain(c => c.Field == "hotThreshold" && c.New == "77");
        log.Single(e => e.Action == "leads.exported").Changes
            .Should().BeEquivalentTo([new AuditChange("source", null, "web"), new AuditChange("search", null, "(not kept)"), new AuditChange("bookingId", null, "(not kept)")]);
        var all = System.Text.Json.JsonSerializer.Serialize(log);
        all.Should().NotContain("sesame").And.NotContain("Unforgettable").And.Contain("https://example.com/hook");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(366)]
    public async Task Days_until_a_deal_is_stale_are_between_one_and_a_year(int days)
    {
        var tenant = await app.TenantAsync();

        var answer = await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { staleDays = days }, ("x-admin-key", AppFixture.AdminKey));

        (answer.Status, answer.Code).Should().Be((400, "VALIDATION_ERROR"));
        (await app.SendAsync(HttpMethod.Get, $"/api/clients/{tenant.Code}", null, ("x-admin-key", AppFixture.AdminKey))).Data.GetProperty("staleDays").GetInt32().Should().Be(14);
    }

    [Fact]
    public async Task No_look_at_the_audit_log_reads_all_of_it()
    {
        var tenant = await app.TenantAsync();
        var (asha, _) = await tenant.MemberAsync(Role.TenantAdmin);
        var account = new Account { Id = MongoDB.Bson.ObjectId.GenerateNewId(), Email = $"{Guid.NewGuid():n}@example.com", Name = "Meera", Role = Role.PlatformAdmin, PasswordHash = "none" };
        await app.Services.GetRequiredService<AccountStore>().InsertAsync(account, default);
        var platform = await app.Services.GetRequiredService<MemberAccess>().OpenPlatformAsync(account.Id.ToString(), Permission.ManageStaff, default);
        var log = app.Services.GetRequiredService<AuditLog>();
        await log.NoteAccountAsync(account, "person.signed_in", null, default);

        AuditFilter[] filters = [new(), new("person."), new(Actor: "meera"), new(From: "2026-01-01", To: "2027-01-01"), new("person.", MongoDB.Bson.ObjectId.GenerateNewId().ToString(), "meera", "2020-01-01")];
        foreach (var filter in filters)
        {
            await log.ListAsync(asha, filter, default);
            (await log.ListAsync(platform, filter, default)).Should().OnlyContain(e => e.ActorKind == Ecodrix.Engine.Tenants.ActorKind.Staff, "a tenant's entries are its own");
        }

        app.Commands.Shapes.Count(s => s.StartsWith("control aggregate audit ", StringComparison.Ordinal) || s.StartsWith("control find audit ", StringComparison.Ordinal))
            .Should().BeGreaterThanOrEqualTo(filters.Length * 2);
        (await app.Commands.ExplainAsync(app.Looking)).Scans.Should().BeEmpty();
    }
}
