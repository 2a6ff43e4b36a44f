using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Leads;
using Ecodrix.Tests.Api.Meetings;
using MongoDB.Bson;

namespace Ecodrix.Tests.Api.Queries;

internal sealed partial class RouteWalk
{
    private const string Nowhere = "000000000000000000000000";

    /// <summary>Rules for every trigger there is, so that each is matched, and events enough that it matters how they are found.</summary>
    public async Task RulesAsync()
    {
        foreach (var trigger in Ecodrix.Engine.Triggers.TriggerCatalogue.All.Select(t => t.Name))
        {
            await tenant.ListenAsync(trigger);
        }

        var rule = await tenant.RuleAsync("form_submitted", new[] { Act("add_tag", new { tag = "x" }), Act("move_stage", new { stageId = Nowhere }) }, new { limits = new { perLeadPerDay = 5 } });
        await tenant.RuleAsync("payment_captured", new[] { Act("add_tag", new { tag = "x" }, 60) }, new { limits = new { oncePerLead = true } });
        await tenant.RuleAsync("product_purchased", new[]
        {
            Act("create_note", new { content = "Bought" }), Act("set_field", new { field = "source", value = "shop" }), Act("notify_user", new { user = "asha", message = "Look" }),
            Act("send_whatsapp", new { templateName = "lead_welcome", language = "en_US", variables = new[] { "a", "b" } }), Act("assign_to", new { assignTo = "asha" }), Act("remove_tag", new { tag = "x" }),
        });
        var lead = await tenant.LeadAsync("9000000051");
        await ListAsync("/api/crm/automations");
        await GetAsync($"/api/crm/automations/{rule}");
        await PatchAsync($"/api/crm/automations/{rule}", new { name = "Renamed" });
        await PatchAsync($"/api/crm/automations/{rule}/toggle");
        await PatchAsync($"/api/crm/automations/{rule}/toggle");
        await PostAsync($"/api/crm/automations/{rule}/test", new { leadId = lead });
        await DeleteAsync($"/api/crm/automations/{await tenant.RuleAsync("deal_lost", Act("add_tag", new { tag = "x" }))}");
        await app.RunDueAsync();
    }

    public async Task EventsAsync()
    {
        var catcher = $"walk-{tenant.Code}";
        app.Sandbox.Callbacks.Configure(catcher, new CallbackBehaviour { RespondWith = [410, 410, 410] });
        for (var n = 0; n < 50; n++)
        {
            await tenant.FireAsync("form_submitted", $"98765{n:00000}");
        }

        var log = await tenant.FireAsync("form_submitted", "9000000051", new { callbackUrl = app.Sandbox.CallbackUrl(catcher), email = "ravi@example.com" });
        await tenant.FireAsync("product_purchased", "9000000051", new { callbackUrl = app.Sandbox.CallbackUrl(catcher) });
        await PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", email = "ravi7@example.com" });
        await PostAsync("/api/saas/workflows/simulate", new { trigger = "form_submitted", phone = "9000000051", correlationKey = "k", cancelPending = true });
        var later = await tenant.FireAsync("payment_captured", "9000000051", new { correlationKey = "k" });
        var last = await tenant.FireAsync("payment_captured", "9000000052", new { delayMinutes = 5, correlationKey = "l" });
        await app.RunDueAsync();
        await PostAsync("/api/crm/automations/events", new { trigger = "appointment_cancelled", phone = "9000000052", correlationKey = "l", cancelPending = true });
        var failed = (await tenant.EventAsync(log)).Action(1).Text("id");
        var rule = Id((await GetAsync("/api/crm/automations"))[0]);
        await ListAsync("/api/saas/events/logs", "trigger=form_submitted", "status=completed", "status=failed", "failing=true", $"failing=true&ruleId={rule}", "phone=9000000051", "startDate=2026-01-01&endDate=2027-01-01", $"ruleId={rule}", $"ruleId={rule}&status=completed&startDate=2026-01-01", $"leadId={(await tenant.EventAsync(log)).Text("leadId")}", "trigger=form_submitted&status=failed&phone=9000000051&startDate=2026-01-01", $"before={log}", $"before={log}&trigger=form_submitted&phone=9000000051",
            "correlationKey=m", "correlationKey=m&status=completed&startDate=2026-01-01", $"before={log}&correlationKey=m");
        await GetAsync($"/api/saas/events/logs/{log}");
        await ListAsync("/api/saas/events/stats", "startDate=2026-01-01&endDate=2027-01-01");
        await ListAsync("/api/saas/jobs", "status=failed", "kind=automation.action", "status=queued&kind=automation.action");
        await GetAsync($"/api/saas/jobs/status/{failed}");
        await GetAsync("/api/saas/jobs/queue");
        await GetAsync("/api/saas/health/client");
        await AskAsync("GET", "/api/saas/health");
        await PostAsync($"/api/saas/jobs/{failed}/retry");
        await PostAsync($"/api/saas/jobs/{(await tenant.EventAsync(later)).Action(0).Text("id")}/cancel");
        await app.RunDueAsync();
        await PostAsync($"/api/saas/events/logs/{log}/replay", new { force = true });
        await PostAsync($"/api/saas/events/logs/{last}/cancel");
        await CallbacksAsync();
        await tenant.PauseAsync(true);
        await tenant.FireAsync("form_submitted", "9000000053");
        await tenant.PauseAsync(false);
        app.Clock.Advance(TimeSpan.FromHours(2));
        await app.RunDueAsync();
    }

    public async Task ClientsAsync()
    {
        var code = $"walked-{Guid.NewGuid():n}"[..20];
        await PostAsync("/api/clients", new { name = "Walked", code });
        await ListAsync("/api/clients", "search=walk", "status=active", "search=walk&status=suspended");
        await GetAsync($"/api/clients/{code}");
        await PatchAsync($"/api/clients/{code}", new { name = "Walked on" });
        await PostAsync($"/api/clients/{code}/suspend");
        await PostAsync($"/api/clients/{code}/resume");
        await PostAsync($"/api/clients/{code}/secrets", new { smtpHost = "127.0.0.1", automationWebhookSecret = "0123456789abcdef0123456789abcdef" });
        await GetAsync($"/api/clients/{code}/secrets");
        await DeleteAsync($"/api/clients/{code}/secrets/smtpHost");
        await PostAsync($"/api/clients/{code}/secrets/rotate-webhook");
        await PostAsync($"/api/clients/{code}/secrets/promote-webhook");
        var key = Id(await PostAsync($"/api/clients/{code}/keys", new { name = "Site" }));
        await GetAsync($"/api/clients/{code}/keys");
        await PostAsync($"/api/clients/{code}/keys/{key}/rotate", new { overlapHours = 1 });
        await DeleteAsync($"/api/clients/{code}/keys/{key}");
        await PostAsync($"/api/clients/{code}/datasource", new { dbUri = app.StoreUri.Replace("/?", $"/{code.Replace('-', '_')}?", StringComparison.Ordinal), confirm = true });
        await GetAsync($"/api/clients/{tenant.Code}/checklist");
        await DeleteAsync($"/api/clients/{code}");
        await DeleteAsync($"/api/clients/{code}?purge=true&confirm={code}");
        await PostAsync("/api/saas/cors", new { url = "https://clinic.example.com" });
        await GetAsync("/api/saas/cors");
        (await app.SendAsync(HttpMethod.Options, "/api/crm/leads", null, ("Origin", "https://clinic.example.com"), ("Access-Control-Request-Method", "GET"))).Status.Should().Be(200);
        await DeleteAsync("/api/saas/cors?url=" + Uri.EscapeDataString("https://clinic.example.com"));
        await PostAsync("/api/saas/callbacks/test-signature", new { body = "{}", signature = "sha256=00" });
        await tenant.ConnectGoogleAsync();
        var visit = new { title = "Visit", startTime = app.Clock.GetUtcNow().AddDays(1), durationMinutes = 30 };
        var booked = await tenant.FireAsync("appointment_confirmed", "9000000051", new { requiresMeet = true, meetConfig = visit });
        await PostAsync($"/api/saas/events/logs/{booked}/cancel");
        await tenant.FireAsync("appointment_confirmed", "9000000051", new { requiresMeet = true, meetConfig = visit, correlationKey = "m" });
        await tenant.FireAsync("appointment_cancelled", "9000000051", new { correlationKey = "m", cancelPending = true });
        await app.RunDueAsync();
    }

    private async Task CallbacksAsync()
    {
        await ListAsync("/api/saas/callbacks/logs", "status=failed", "startDate=2026-01-01&endDate=2027-01-01", "status=failed&startDate=2026-01-01",
            "search=127.0.0.1", "search=http://127.0.0.1&status=failed", "search=127.0.0.1&startDate=2026-01-01", $"search={ObjectId.GenerateNewId()}", $"search={ObjectId.GenerateNewId()}&status=failed");
        var callback = Id((await GetAsync("/api/saas/callbacks/logs?status=failed"))[0]);
        await GetAsync($"/api/saas/callbacks/{callback}");
        await GetAsync($"/api/saas/callbacks/logs?before={callback}");
        await GetAsync($"/api/saas/callbacks/logs?before={callback}&search=127.0.0.1");
        await GetAsync($"/api/saas/callbacks/logs?before={callback}&status=failed&startDate=2026-01-01");
        await PostAsync($"/api/saas/callbacks/{callback}/redeliver");
        await PostAsync("/api/saas/callbacks/redeliver", new { status = "failed", startDate = "2026-01-01", endDate = "2027-01-01" });
        await PostAsync("/api/saas/callbacks/redeliver", new { status = "failed", confirm = true });
        await app.RunDueAsync();
    }

    private static object Act(string type, object config, int delayMinutes = 0) => new { type, delayMinutes, config };
}
