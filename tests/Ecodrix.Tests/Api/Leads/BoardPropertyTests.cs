using System.Text.Json;

namespace Ecodrix.Tests.Api.Leads;

public sealed class BoardPropertyTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const int Writers = 8;
    private const int Steps = 40;
    private const int Hot = 70;
    private const int Cold = 20;

    [Fact]
    public async Task Whatever_eight_writers_do_at_once_the_board_adds_up_and_every_trigger_fires_once()
    {
        var tenant = await app.TenantAsync();
        await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { rateLimits = new { defaultPerMinute = 100_000 } }, ("x-admin-key", AppFixture.AdminKey));
        string[] triggers = ["lead_created", "stage_enter", "stage_exit", "tag_added", "tag_removed", "deal_won", "deal_lost", "score_above", "score_below"];
        foreach (var trigger in triggers)
        {
            await tenant.ListenAsync(trigger);
        }

        await tenant.PatchAsync("/api/crm/scoring", new
        {
            hotThreshold = Hot,
            coldThreshold = Cold,
            rules = new object[]
            {
                new { field = "tags", @operator = "contains", value = "t0", score = 50 },
                new { field = "tags", @operator = "contains", value = "t1", score = 30 },
                new { field = "status", @operator = "eq", value = "open", score = 10 },
                new { field = "status", @operator = "eq", value = "lost", score = -40 },
            },
        });
        var (pipeline, stages) = await tenant.PipelineAsync();
        var leads = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            leads.Add(await tenant.LeadAsync($"98765000{i:00}", new { dealValue = (i + 1) * 100 }));
        }

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            var random = new Random(1000 + writer);
            for (var step = 0; step < Steps; step++)
            {
                var lead = leads[random.Next(leads.Count)];
                var answer = random.Next(6) switch
                {
                    0 or 1 => await tenant.PatchAsync($"/api/crm/leads/{lead}/move", new { stageId = stages.Values.ElementAt(random.Next(stages.Count)) }),
                    2 => await tenant.PatchAsync($"/api/crm/leads/{lead}/tags", new { add = new[] { $"t{random.Next(3)}" } }),
                    3 => await tenant.PatchAsync($"/api/crm/leads/{lead}/tags", new { remove = new[] { $"t{random.Next(3)}" } }),
                    4 => await tenant.PatchAsync($"/api/crm/leads/{lead}/convert", new { status = random.Next(2) == 0 ? "won" : "lost" }),
                    _ => await tenant.PatchAsync($"/api/crm/leads/{lead}/{(random.Next(2) == 0 ? "archive" : "unarchive")}", null),
                };
                answer.Status.Should().Be(200, answer.Json.ToString());
            }
        }));
        await app.RunDueAsync();

        var shown = (await tenant.GetAsync("/api/crm/leads?limit=100")).Data.EnumerateArray().ToList();
        var board = (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/board")).Data;
        foreach (var stage in board.GetProperty("stages").EnumerateArray())
        {
            var inside = shown.Where(l => l.GetProperty("stageId").GetString() == stage.GetProperty("stageId").GetString()).ToList();
            stage.GetProperty("count").GetInt32().Should().Be(inside.Count);
            stage.GetProperty("totalValue").GetDecimal().Should().Be(inside.Sum(l => l.GetProperty("dealValue").GetDecimal()));
        }

        // The timeline is written from the same pending changes as the triggers: for each entry there is exactly one event of the same id.
        var entries = new List<JsonElement>();
        foreach (var lead in leads)
        {
            for (var page = 1; ; page++)
            {
                var answer = await tenant.GetAsync($"/api/crm/leads/{lead}/activities?limit=100&page={page}");
                entries.AddRange(answer.Data.EnumerateArray());
                if (page >= answer.Json.GetProperty("totalPages").GetInt32())
                {
                    break;
                }
            }
        }

        await SameAsync("stage_enter", entries.Where(e => Type(e) == "stage_changed"));
        await SameAsync("tag_added", entries.Where(e => Type(e) == "tag_added"));
        await SameAsync("tag_removed", entries.Where(e => Type(e) == "tag_removed"));
        await SameAsync("deal_won", entries.Where(e => Type(e) == "status_changed" && To(e) == "won" && !Restored(e)));
        await SameAsync("deal_lost", entries.Where(e => Type(e) == "status_changed" && To(e) == "lost" && !Restored(e)));
        await SameAsync("lead_created", entries.Where(e => Type(e) == "lead_created"));
        await SameAsync("score_above", entries.Where(e => Type(e) == "score_changed" && From(e) < Hot && Score(e) >= Hot));
        await SameAsync("score_below", entries.Where(e => Type(e) == "score_changed" && From(e) >= Cold && Score(e) < Cold));
        (await CountAsync("score_above")).Should().BePositive();
        (await CountAsync("score_below")).Should().BePositive();
        (await CountAsync("stage_exit")).Should().Be(await CountAsync("stage_enter"));

        async Task SameAsync(string trigger, IEnumerable<JsonElement> caused)
        {
            var ids = new List<string>();
            for (var page = 1; ; page++)
            {
                var answer = await tenant.GetAsync($"/api/saas/events/logs?trigger={trigger}&limit=100&page={page}");
                ids.AddRange(answer.Data.EnumerateArray().Select(e => e.GetProperty("id").GetString()!));
                if (page >= answer.Json.GetProperty("totalPages").GetInt32())
                {
                    break;
                }
            }

            ids.Should().OnlyHaveUniqueItems();
            ids.Where(id => caused.All(e => e.GetProperty("id").GetString() != id)).Should().BeEmpty($"{trigger} has an entry for each event");
            caused.Should().HaveCount(ids.Count, trigger);
        }

        async Task<int> CountAsync(string trigger) => (await tenant.GetAsync($"/api/saas/events/logs?trigger={trigger}&limit=1")).Json.GetProperty("total").GetInt32();
    }

    private static string? Type(JsonElement entry) => entry.GetProperty("type").GetString();

    private static int From(JsonElement entry) => entry.GetProperty("data").GetProperty("from").GetInt32();

    private static int Score(JsonElement entry) => entry.GetProperty("data").GetProperty("to").GetInt32();

    private static string? To(JsonElement entry) => entry.GetProperty("data").GetProperty("to").GetString();

    /// <summary>Taking a won lead out of the archive wins nothing.</summary>
    private static bool Restored(JsonElement entry) => entry.GetProperty("title").GetString() == "Taken out of the archive";
}
