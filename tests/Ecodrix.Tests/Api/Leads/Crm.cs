using System.Text.Json;

namespace Ecodrix.Tests.Api.Leads;

/// <summary>What tests of the CRM do often.</summary>
internal static class Crm
{
    public static async Task<string> LeadAsync(this TestTenant tenant, string phone = "9876543210", object? more = null)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        body["firstName"] ??= "Ravi";
        body["phone"] ??= phone;
        var made = await tenant.PostAsync("/api/crm/leads", body.ToJsonString());
        made.Status.Should().Be(201, made.Json.ToString());
        return made.Data.GetProperty("id").GetString()!;
    }

    /// <summary>The default pipeline's id and its stages by name.</summary>
    public static async Task<(string Id, Dictionary<string, string> Stages)> PipelineAsync(this TestTenant tenant)
    {
        var pipeline = (await tenant.GetAsync("/api/crm/pipelines")).Data[0];
        return (pipeline.GetProperty("id").GetString()!,
            pipeline.GetProperty("stages").EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("id").GetString()!));
    }

    /// <summary>Listens to a trigger, so that its events are logged.</summary>
    public static async Task ListenAsync(this TestTenant tenant, string trigger, object? config = null) =>
        (await tenant.PostAsync("/api/crm/automations", new
        {
            name = $"On {trigger} {Guid.NewGuid():n}",
            trigger,
            triggerConfig = config ?? new { },
            actions = new[] { new { type = "assign_to", config = new { assignTo = "{{lead.assignedTo}}" } } },
            condition = new { field = "lead.firstName", @operator = "eq", value = "nobody is called this" },
        })).Status.Should().Be(201);

    /// <summary>The events of a trigger, newest first.</summary>
    public static async Task<List<JsonElement>> EventsAsync(this TestTenant tenant, string trigger) =>
        [.. (await tenant.GetAsync($"/api/saas/events/logs?trigger={trigger}&limit=100")).Data.EnumerateArray()];

    public static IEnumerable<string?> Texts(this TestAnswer answer, string property) => answer.Data.EnumerateArray().Select(e => e.GetProperty(property).GetString());
}
