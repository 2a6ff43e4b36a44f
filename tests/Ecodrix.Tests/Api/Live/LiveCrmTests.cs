using System.Text.Json;
using Ecodrix.Tests.Api.Leads;
using Ecodrix.Tests.Api.Withstand;

namespace Ecodrix.Tests.Api.Live;

/// <summary>Whatever changes the CRM is heard of by those who look at it, at once.</summary>
public sealed class LiveCrmTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Each_route_that_changes_a_lead_tells_which_and_what()
    {
        var tenant = await app.TenantAsync();
        var (_, stages) = await tenant.PipelineAsync();
        await using var hears = await app.HearAsync(tenant);

        var lead = await tenant.LeadAsync("9876511001");
        await HeardAsync(hears, lead, "created");
        var at = $"/api/crm/leads/{lead}";
        foreach (var (method, path, body, what) in new (HttpMethod, string, object?, string)[]
        {
            (HttpMethod.Patch, at, new { lastName = "Kumar" }, "fields"),
            (HttpMethod.Patch, $"{at}/metadata", new { refs = new { orderId = "A1" } }, "fields"),
            (HttpMethod.Patch, $"{at}/tags", new { add = new[] { "vip" } }, "tags"),
            (HttpMethod.Patch, $"{at}/move", new { stageId = stages["Contacted"] }, "stage"),
            (HttpMethod.Post, $"{at}/notes", new { content = "Called back" }, "activity"),
            (HttpMethod.Post, $"{at}/activities", new { type = "meeting", title = "Met" }, "activity"),
            (HttpMethod.Post, $"{at}/calls", new { direction = "outbound", durationMinutes = 3 }, "activity"),
            (HttpMethod.Patch, $"{at}/convert", new { status = "won" }, "status"),
            (HttpMethod.Patch, $"{at}/archive", null, "status"),
            (HttpMethod.Patch, $"{at}/unarchive", null, "status"),
        })
        {
            var before = hears.Seen.Count;
            var answer = await app.SendAsync(method, path, body, ("x-api-key", tenant.Key), ("x-client-code", tenant.Code));
            answer.Status.Should().BeOneOf([200, 201], $"{method} {path}: {answer.Json}");
            await HeardAsync(hears, lead, what, before);
        }

        var note = (await tenant.GetAsync($"{at}/notes")).Data[0].GetProperty("id").GetString();
        var silent = hears.Seen.Count;
        await tenant.PatchAsync($"/api/crm/notes/{note}/pin", null);
        await HeardAsync(hears, lead, "notes", silent);

        var other = await tenant.LeadAsync("9876511002");
        await tenant.PostAsync($"{at}/merge", new { otherId = other });
        await HeardAsync(hears, lead, "merged");
        await tenant.DeleteAsync($"{at}?confirm=true");
        await HeardAsync(hears, lead, "erased");
    }

    [Fact]
    public async Task Imports_bulk_jobs_and_new_scoring_rules_tell_of_every_lead()
    {
        var tenant = await app.TenantAsync();
        await using var hears = await app.HearAsync(tenant);

        await tenant.PostAsync("/api/crm/leads/import", new { leads = new[] { new { firstName = "A", phone = "9876512001", source = "web" }, new { firstName = "B", phone = "9876512002", source = "web" } } });
        var leads = (await tenant.GetAsync("/api/crm/leads")).Texts("id").Select(id => id!).ToList();
        leads.Should().HaveCount(2);
        await tenant.PostAsync("/api/crm/leads/bulk", new { filter = new { source = "web" }, action = "tag", add = new[] { "campaign" } });
        await app.RunDueAsync();
        await tenant.PatchAsync("/api/crm/scoring", new { rules = new[] { new { field = "source", @operator = "eq", value = "web", score = 10 } } });
        await app.RunDueAsync();

        foreach (var lead in leads)
        {
            await HeardAsync(hears, lead, "imported");
            await HeardAsync(hears, lead, "tags");
            await HeardAsync(hears, lead, "scoring rules");
        }
    }

    [Fact]
    public async Task Each_route_that_changes_a_pipeline_tells_which()
    {
        var tenant = await app.TenantAsync();
        await using var hears = await app.HearAsync(tenant);
        var made = await tenant.PostAsync("/api/crm/pipelines", new { name = "Visits", stages = new[] { new { name = "Asked" }, new { name = "Booked" } } });
        var pipeline = made.Data.GetProperty("id").GetString()!;
        var stages = made.Data.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()!).ToList();
        await HeardOfPipelineAsync(hears, pipeline, 0);
        var at = $"/api/crm/pipelines/{pipeline}";
        foreach (var (method, path, body) in new (HttpMethod, string, object?)[]
        {
            (HttpMethod.Patch, at, new { name = "Appointments" }),
            (HttpMethod.Post, $"{at}/stages", new { name = "Came" }),
            (HttpMethod.Patch, $"/api/crm/stages/{stages[0]}", new { name = "Enquired" }),
            (HttpMethod.Delete, $"/api/crm/stages/{stages[1]}", new { moveLeadsToStageId = stages[0] }),
            (HttpMethod.Patch, $"{at}/default", null),
        })
        {
            var before = hears.Seen.Count;
            var answer = await app.SendAsync(method, path, body, ("x-api-key", tenant.Key), ("x-client-code", tenant.Code));
            answer.Status.Should().BeOneOf([200, 201, 202], $"{method} {path}: {answer.Json}");
            await HeardOfPipelineAsync(hears, pipeline, before);
        }

        var copy = await tenant.PostAsync($"{at}/duplicate", new { name = "Copy" });
        var id = copy.Data.GetProperty("id").GetString()!;
        await HeardOfPipelineAsync(hears, id, 0);
        var seen = hears.Seen.Count;
        (await tenant.DeleteAsync($"/api/crm/pipelines/{id}", null)).Status.Should().Be(200);
        await HeardOfPipelineAsync(hears, id, seen);
    }

    [Fact]
    public async Task An_import_that_gives_a_lead_to_somebody_tells_its_timeline()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync("9876513001");

        await tenant.PostAsync("/api/crm/leads/import", new { leads = new[] { new { firstName = "Ravi", phone = "9876513001", assignedTo = "asha" } } });
        await app.RunDueAsync();

        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("assignedTo").GetString().Should().Be("asha");
        (await tenant.GetAsync($"/api/crm/leads/{lead}/activities")).Texts("title").Should().Contain("Assigned to asha");
    }

    private static Task HeardAsync(Listening hears, string lead, string what, int after = 0) => Eventually.IsTrueAsync(
        () => Task.FromResult(hears.Seen.Skip(after).Any(e => e.Name == "lead.updated" && Is(e.Data, "id", lead) && Is(e.Data, "what", what))),
        TimeSpan.FromSeconds(20),
        () => $"{what} of {lead}; heard: {string.Join(" ", hears.Seen.Skip(after).Select(e => e.Data.GetRawText()))}");

    private static Task HeardOfPipelineAsync(Listening hears, string pipeline, int after) => Eventually.IsTrueAsync(
        () => Task.FromResult(hears.Seen.Skip(after).Any(e => e.Name == "pipeline.updated" && Is(e.Data, "id", pipeline))), TimeSpan.FromSeconds(20));

    private static bool Is(JsonElement told, string name, string value) => told.GetProperty("data").TryGetProperty(name, out var found) && found.GetString() == value;
}
