using Ecodrix.Tests.Api.Leads;

namespace Ecodrix.Tests.Api.Queries;

internal sealed partial class RouteWalk
{
    private static readonly string[] Sorts = ["createdAt", "updatedAt", "score", "dealValue", "lastContactedAt"];

    private string _pipeline = "";
    private Dictionary<string, string> _stages = [];

    /// <summary>Leads enough that it matters how they are found: a thousand, of several sources and tags.</summary>
    public async Task FillAsync()
    {
        await PatchAsync($"/api/clients/{tenant.Code}", new { rateLimits = new { triggerPerMinute = 100_000, defaultPerMinute = 100_000 } });
        await PostAsync("/api/crm/leads/import", new
        {
            leads = Enumerable.Range(0, 1000).Select(n => new
            {
                firstName = $"Ravi{n}",
                lastName = "Kumar",
                phone = $"98765{n:00000}",
                email = $"ravi{n}@example.com",
                source = n % 3 == 0 ? "web" : "walk_in",
                tags = n % 5 == 0 ? new[] { "vip" } : [],
                dealValue = n,
                metadata = new { refs = new { appointmentId = $"a{n}" } },
            }),
        });
        (_pipeline, _stages) = await tenant.PipelineAsync();
        await app.RunDueAsync();
    }

    public async Task LeadsAsync()
    {
        var (lead, other) = (await tenant.LeadAsync("9000000001", new { source = "web", tags = new[] { "a" } }), await tenant.LeadAsync("9000000002"));
        await FilterLeadsAsync();
        await GetAsync("/api/crm/fields");
        await GetAsync("/api/crm/leads/by-ref?field=appointmentId&value=a17");
        await GetAsync($"/api/crm/leads/{lead}");
        await GetAsync("/api/crm/leads/export?source=web");
        await PatchAsync($"/api/crm/leads/{lead}", new { phone = "9000000003", lastName = "K" });
        await PatchAsync($"/api/crm/leads/{lead}/metadata", new { refs = new { bookingId = "b1" } });
        await PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = _stages["Contacted"] });
        await PatchAsync($"/api/crm/leads/{other}/move", new { stageId = _stages["Contacted"], afterLeadId = lead });
        await PatchAsync($"/api/crm/leads/{other}/move", new { stageId = _stages["Contacted"], beforeLeadId = lead });
        await PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won", reason = "Signed" });
        await PatchAsync($"/api/crm/leads/{lead}/tags", new { add = new[] { "hot" }, remove = new[] { "a" } });
        await PatchAsync($"/api/crm/leads/{lead}/archive");
        await PatchAsync($"/api/crm/leads/{lead}/unarchive");
        await WriteTimelineAsync(lead);
        await BulkAsync(lead, other);
        await ImportAsync();
        await app.RunDueAsync();
        await PostAsync($"/api/crm/leads/{lead}/merge", new { otherId = other });
        await PostAsync($"/api/crm/scoring/{lead}/recalculate");
        await DeleteAsync($"/api/crm/leads/{lead}?confirm=true");
    }

    public async Task PipelinesAsync()
    {
        await GetAsync("/api/crm/pipelines");
        await GetAsync($"/api/crm/pipelines/{_pipeline}");
        string[] cards = ["search=ravi", "assignedTo=asha", "status=open", "inStageSince=2026-01-01", "needsReply=true", "search=ravi&assignedTo=asha&status=open&inStageSince=2026-01-01&needsReply=false"];
        await ListAsync($"/api/crm/pipelines/{_pipeline}/stages/{_stages["New"]}/leads", cards);
        await ListAsync($"/api/crm/pipelines/{_pipeline}/board", cards);
        await GetAsync($"/api/crm/pipelines/{_pipeline}/forecast");
        var made = Id(await PostAsync("/api/crm/pipelines", new { name = "Visits", template = "appointment" }));
        await PatchAsync($"/api/crm/pipelines/{made}", new { name = "Calls" });
        await PatchAsync($"/api/crm/pipelines/{made}/default");
        await PatchAsync($"/api/crm/pipelines/{_pipeline}/default");
        var copy = await PostAsync($"/api/crm/pipelines/{made}/duplicate", new { name = "Calls again" });
        await DeleteAsync($"/api/crm/pipelines/{Id(copy)}");
        var stages = (await PostAsync($"/api/crm/pipelines/{made}/stages", new { name = "Under review" })).GetProperty("stages").EnumerateArray().Select(Id).ToList();
        await PatchAsync($"/api/crm/stages/{stages[0]}", new { name = "First" });
        await PatchAsync($"/api/crm/pipelines/{made}/stages/reorder", new { order = stages.Select((s, n) => new { stageId = s, newOrder = stages.Count - n - 1 }) });
        await DeleteAsync($"/api/crm/stages/{stages[0]}");
        await DeleteAsync($"/api/crm/stages/{_stages["Qualified"]}?moveLeadsToStageId={_stages["Contacted"]}");
        await DeleteAsync($"/api/crm/stages/{_stages["Contacted"]}", new { moveLeadsToStageId = _stages["New"] });
        await app.RunDueAsync();
    }

    public async Task ReportsAsync()
    {
        foreach (var report in (string[])["overview", "trend", "funnel", "forecast", "sources", "team", "heatmap", "scores", "stage-time"])
        {
            await ListAsync($"/api/crm/analytics/{report}", "range=7d", "from=2026-01-01&to=2026-02-01", $"pipelineId={_pipeline}", $"pipelineId={_pipeline}&range=365d");
        }

        await GetAsync("/api/crm/scoring");
        await PostAsync("/api/crm/scoring/preview", new { rules = new[] { new { field = "source", @operator = "eq", value = "web", score = 10 } } });
        await PatchAsync("/api/crm/scoring", new { rules = new[] { new { field = "source", @operator = "eq", value = "web", score = 10 } }, hotThreshold = 70, coldThreshold = 20 });
        await app.RunDueAsync();
    }

    /// <summary>Every filter in every order, each way.</summary>
    private async Task FilterLeadsAsync()
    {
        var stage = _stages["New"];
        string[] filters =
        [
            "page=3&limit=50", "status=open", "status=won", "status=archived", $"pipelineId={_pipeline}", $"stageId={stage}", "source=web", "source=unknown", "assignedTo=asha", "tags=a,vip", "minScore=10",
            "maxScore=19", "search=ravi ku", "search=98765", "appointmentId=a1", "bookingId=x", "orderId=x", "createdFrom=2026-01-01", "createdTo=2026-02-01", "closedFrom=2026-01-01",
            "closedTo=2026-02-01", "openOn=2026-01-01", $"beenIn={stage}", $"leftStageId={stage}&leftFrom=2026-01-01&leftTo=2026-02-01", "needsReply=true", "needsReply=false",
            "status=open&inStageSince=2026-01-01", $"status=open&pipelineId={_pipeline}&source=web&tags=vip&minScore=1&search=ravi&assignedTo=a",
        ];
        foreach (var filter in filters)
        {
            foreach (var sort in Sorts)
            {
                // Both ways: an index is walked backward as well as forward, a compound one only where all its fields turn.
                await GetAsync($"/api/crm/leads?{filter}&sortBy={sort}&sortDir=asc");
                await GetAsync($"/api/crm/leads?{filter}&sortBy={sort}&sortDir=desc");
            }

            await GetAsync($"/api/crm/leads/export?{filter.Replace("page=3&limit=50", "sortBy=score&sortDir=asc", StringComparison.Ordinal)}");
        }
    }

    private async Task WriteTimelineAsync(string lead)
    {
        var entry = Id(await PostAsync($"/api/crm/leads/{lead}/activities", new { type = "meeting", title = "Demo" }));
        await PostAsync($"/api/crm/leads/{lead}/calls", new { durationMinutes = 3, summary = "Rang", outcome = "interested" });
        var note = Id(await PostAsync($"/api/crm/leads/{lead}/notes", new { content = "Evenings" }));
        await PatchAsync($"/api/crm/notes/{note}", new { content = "Mornings" });
        await PatchAsync($"/api/crm/notes/{note}/pin");
        await ListAsync($"/api/crm/leads/{lead}/timeline", $"before={entry}");
        await ListAsync($"/api/crm/leads/{lead}/activities", "type=call", $"before={entry}", $"before={entry}&type=meeting");
        await ListAsync($"/api/crm/leads/{lead}/notes");
        await ListAsync("/api/crm/activities", "from=2026-01-01&to=2026-02-01", "performedBy=asha", $"pipelineId={_pipeline}", "type=call", "byPeople=true", $"before={entry}", $"before={entry}&type=meeting&from=2026-01-01", $"type=call&pipelineId={_pipeline}&performedBy=asha&byPeople=true&from=2026-01-01");
        await DeleteAsync($"/api/crm/notes/{note}");
    }

    private async Task BulkAsync(string lead, string other)
    {
        await PostAsync("/api/crm/leads/bulk", new { filter = new { appointmentId = "a17" }, action = "tag", add = new[] { "z" }, remove = new[] { "vip" } });
        await PostAsync("/api/crm/leads/bulk", new { ids = new[] { lead, other }, action = "move", stageId = _stages["Proposal"] });
        await PostAsync("/api/crm/leads/bulk", new { ids = new[] { lead, other }, action = "assign", assignedTo = "asha" });
        await PostAsync("/api/crm/leads/bulk", new { filter = new { appointmentId = "a18" }, action = "archive" });
    }

    private async Task ImportAsync()
    {
        await PostAsync("/api/crm/leads/import?dryRun=true", new { leads = new[] { new { firstName = "N", phone = "9000000011" } } });
        await PostAsync("/api/crm/leads/import?mapping=" + Uri.EscapeDataString("""{"Name":"firstName","Mobile":"phone"}"""), Form("Name,Mobile\nAnu,9000000012\n,12\n"u8.ToArray(), "leads.csv"));
        var import = (await PostAsync("/api/crm/leads/import", new { leads = new[] { new { firstName = "N", phone = "9000000013" }, new { firstName = "M", phone = "9876500003" } } })).GetProperty("importId").GetString();
        await GetAsync("/api/crm/leads/import?page=1&limit=10");
        await GetAsync($"/api/crm/leads/import/{import}");
        await GetAsync($"/api/crm/leads/import/{import}/errors");
        await PostAsync($"/api/crm/leads/import/{import}/revert");
    }
}
