namespace Ecodrix.Tests.Api.Leads;

public sealed class ExplainTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task No_query_of_the_crm_reads_a_whole_collection()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("no_contact");
        await tenant.ListenAsync("lead_created");
        var (pipeline, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync("9876500001", new { source = "web", tags = new[] { "a" }, metadata = new { refs = new { appointmentId = "x" } } });
        var other = await tenant.LeadAsync("9876500002");
        await app.RunDueAsync();
        app.Commands.On = true;

        string[] filters =
        [
            "", "status=open", "status=archived", $"pipelineId={pipeline}", $"stageId={stages["New"]}", "source=web", "assignedTo=asha", "tags=a,b", "minScore=10", "search=ravi ku",
            "search=98765", "appointmentId=x", "bookingId=x", "orderId=x",
            "createdFrom=2026-01-01&createdTo=2026-02-01", "closedFrom=2026-01-01", "openOn=2026-01-01", $"beenIn={stages["New"]}", $"leftStageId={stages["New"]}&leftFrom=2026-01-01", "source=unknown", "maxScore=19", "needsReply=true", "needsReply=false", "status=open&inStageSince=2026-01-01", $"status=open&pipelineId={pipeline}&source=web&tags=a&minScore=1&search=ravi&assignedTo=a",
        ];
        foreach (var filter in filters)
        {
            foreach (var sort in (string[])["createdAt", "updatedAt", "score", "dealValue", "lastContactedAt"])
            {
                (await tenant.GetAsync($"/api/crm/leads?{filter}&sortBy={sort}&sortDir=asc")).Status.Should().Be(200);
            }
        }

        string[] reads =
        [
            "fields", "leads/by-ref?field=appointmentId&value=x", $"leads/{lead}", $"leads/{lead}/timeline", $"leads/{lead}/activities", $"leads/{lead}/activities?type=call", $"leads/{lead}/notes",
            "pipelines", $"pipelines/{pipeline}", $"pipelines/{pipeline}/board", $"pipelines/{pipeline}/forecast", $"pipelines/{pipeline}/board?needsReply=true&status=open&inStageSince=2026-01-01", $"pipelines/{pipeline}/stages/{stages["New"]}/leads", "scoring",
            "analytics/overview", "analytics/funnel", "analytics/forecast", "analytics/sources", "analytics/team", "analytics/heatmap", "analytics/scores", "analytics/stage-time",
            $"analytics/overview?pipelineId={pipeline}", $"analytics/team?pipelineId={pipeline}", $"analytics/heatmap?pipelineId={pipeline}", "analytics/funnel?range=7d",
            "analytics/trend", "activities", "activities?from=2026-01-01&to=2026-02-01&performedBy=asha&byPeople=true", $"activities?pipelineId={pipeline}&type=call",
        ];
        foreach (var read in reads)
        {
            (await tenant.GetAsync($"/api/crm/{read}")).Status.Should().Be(200, read);
        }

        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { phone = "9876500003", lastName = "K" });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = stages["New"], afterLeadId = other });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = "won" });
        await tenant.PostAsync("/api/crm/leads/bulk", new { filter = new { source = "web" }, action = "tag", add = new[] { "z" } });
        var import = await tenant.PostAsync("/api/crm/leads/import", new { leads = new[] { new { firstName = "N", phone = "9876500009" }, new { firstName = "M", phone = "9876500003" } } });
        await tenant.PostAsync($"/api/crm/leads/import/{import.Data.GetProperty("importId").GetString()}/revert", "{}");
        await tenant.PatchAsync("/api/crm/scoring", new { rules = new[] { new { field = "source", @operator = "eq", value = "web", score = 10 } } });
        await tenant.DeleteAsync($"/api/crm/stages/{stages["New"]}", new { moveLeadsToStageId = stages["Contacted"] });
        await tenant.PostAsync($"/api/crm/leads/{lead}/merge", new { otherId = other });
        await app.ScanForSilenceAsync(tenant.Code);
        await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");

        var (explained, scans) = await app.Commands.ExplainAsync(app.Services);

        explained.Should().BeGreaterThan(150);
        scans.Should().BeEmpty();
    }
}
