using System.Text.Json;

namespace Ecodrix.Tests.Api.Automations;

/// <summary>What tests of automations do often.</summary>
internal static class Rules
{
    public static async Task<string> RuleAsync(this TestTenant tenant, string trigger, object actions, object? more = null)
    {
        var body = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        body["name"] ??= $"On {trigger}";
        body["trigger"] = trigger;
        body["actions"] = JsonSerializer.SerializeToNode(actions is Array ? actions : new[] { actions });
        var made = await tenant.PostAsync("/api/crm/automations", body.ToJsonString());
        made.Status.Should().Be(201, made.Json.ToString());
        return made.Data.GetProperty("id").GetString()!;
    }

    public static async Task<string> FireAsync(this TestTenant tenant, string trigger, string phone, object? more = null)
    {
        var body = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        body["trigger"] = trigger;
        body["phone"] = phone;
        body["createLeadIfMissing"] ??= true;
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", body.ToJsonString());
        fired.Status.Should().Be(200, fired.Json.ToString());
        return fired.Data.GetProperty("eventLogId").GetString()!;
    }

    public static async Task<JsonElement> EventAsync(this TestTenant tenant, string eventId)
    {
        var answer = await tenant.GetAsync($"/api/saas/events/logs/{eventId}");
        answer.Status.Should().Be(200, answer.Json.ToString());
        return answer.Data;
    }

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static JsonElement Action(this JsonElement log, int at) => log.GetProperty("actions")[at];

    public static IEnumerable<string> Codes(this JsonElement planned) => planned.GetProperty("obstacles").EnumerateArray().Select(o => o.GetProperty("code").GetString()!);

    public static async Task PauseAsync(this TestTenant tenant, bool paused) =>
        (await tenant.App.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { automationsPaused = paused }, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
}
