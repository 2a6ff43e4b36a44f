using System.Text.Json;

namespace Ecodrix.Tests.Api.Timeline;

public sealed class TimelineTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Activities_and_notes_stand_on_one_timeline_newest_first()
    {
        var (tenant, lead) = await LeadAsync();
        await tenant.PostAsync($"{lead}/notes", new { content = "Prefers evenings.", createdBy = "Dr. Sharma" });
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await tenant.PostAsync($"{lead}/calls", new { durationMinutes = 12, summary = "Explained pricing", outcome = "interested" });
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await tenant.PostAsync($"{lead}/activities", new { type = "meeting", title = "Demo", body = "All of it", performedBy = "sales_team" });
        await app.RunDueAsync();

        var timeline = await tenant.GetAsync($"{lead}/timeline");

        timeline.Json.GetProperty("total").GetInt32().Should().Be(4);
        Types(timeline).Should().Equal("meeting", "call", "note_added", "lead_created");
        timeline.Data[1].GetProperty("durationMinutes").GetDecimal().Should().Be(12);
        timeline.Data[1].GetProperty("outcome").GetString().Should().Be("interested");
        timeline.Data[2].GetProperty("kind").GetString().Should().Be("note");
        timeline.Data[2].GetProperty("performedBy").GetString().Should().Be("Dr. Sharma");
        Types(await tenant.GetAsync($"{lead}/activities")).Should().Equal("meeting", "call", "lead_created");
        Types(await tenant.GetAsync($"{lead}/activities?type=call")).Should().Equal("call");
    }

    [Fact]
    public async Task An_entry_that_is_not_on_this_timeline_is_no_place_to_go_on_from()
    {
        var (tenant, lead) = await LeadAsync();
        var (stranger, theirs) = await LeadAsync();
        await app.RunDueAsync();
        var entry = (await stranger.GetAsync($"{theirs}/timeline")).Data[0].GetProperty("id").GetString();

        (await tenant.GetAsync($"{lead}/timeline?before={entry}")).Code.Should().Be("ACTIVITY_NOT_FOUND");
        (await tenant.GetAsync($"{lead}/activities?before=65b2000000000000000000aa")).Code.Should().Be("ACTIVITY_NOT_FOUND");
    }

    [Fact]
    public async Task Paging_by_before_is_not_shifted_by_new_entries_and_repeats_none()
    {
        var (tenant, lead) = await LeadAsync();
        for (var i = 0; i < 7; i++)
        {
            // All in the same moment: the order must still be a total one.
            await tenant.PostAsync($"{lead}/activities", new { type = "custom", title = $"Entry {i}" });
        }

        var seen = new List<string>();
        string? before = null;
        for (var page = 0; page < 4; page++)
        {
            var answer = await tenant.GetAsync($"{lead}/timeline?limit=2{(before is null ? "" : $"&before={before}")}");
            seen.AddRange(answer.Data.EnumerateArray().Select(e => e.GetProperty("id").GetString()!));
            before = seen[^1];
            await tenant.PostAsync($"{lead}/notes", new { content = "Meanwhile" });
        }

        seen.Should().OnlyHaveUniqueItems().And.HaveCountGreaterThanOrEqualTo(7);
    }

    [Fact]
    public async Task A_timeline_goes_on_from_a_note_that_was_deleted_meanwhile()
    {
        var (tenant, lead) = await LeadAsync();
        await app.RunDueAsync();
        for (var i = 0; i < 4; i++)
        {
            // Two in each moment: where the deleted one stood must be known to the last digit.
            app.Clock.Advance(TimeSpan.FromMinutes((i + 1) % 2));
            await tenant.PostAsync($"{lead}/notes", new { content = $"Note {i}" });
        }

        var all = Ids(await tenant.GetAsync($"{lead}/timeline"));
        foreach (var (at, read) in all.Take(4).Index().ToList())
        {
            (await tenant.DeleteAsync($"/api/crm/notes/{read}")).Status.Should().Be(200);

            Ids(await tenant.GetAsync($"{lead}/timeline?before={read}")).Should().Equal(all.Skip(at + 1));
            FeedIds(await tenant.GetAsync($"/api/crm/activities?before={read}")).Should().Equal(all.Skip(at + 1));
        }
    }

    [Fact]
    public async Task The_activities_of_all_leads_are_read_on_without_a_gap_and_without_a_repeat()
    {
        var (tenant, lead) = await LeadAsync();
        var (_, theirs) = await LeadAsync();
        await app.RunDueAsync();
        for (var i = 0; i < 6; i++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(i % 2));
            await tenant.PostAsync($"{lead}/activities", new { type = i < 2 ? "call" : "custom", title = $"Entry {i}" });
        }

        var all = await IdsAsync("");
        var first = await IdsAsync("?limit=3");
        await tenant.PostAsync($"{lead}/notes", new { content = "Meanwhile" });
        var second = await IdsAsync($"?limit=3&before={first[^1]}");
        var rest = await IdsAsync($"?before={second[^1]}");

        first.Concat(second).Concat(rest).Should().Equal(all);
        (await IdsAsync($"?limit=3&page=2&before={first[^1]}")).Should().Equal(rest, "pages are counted from there");
        (await IdsAsync($"?type=call&before={first[0]}")).Should().HaveCount(2);
        (await tenant.GetAsync($"/api/crm/activities?limit=3&before={first[^1]}")).Json.GetProperty("total").GetInt32().Should().Be(all.Count + 1, "it counts the whole list");
        (await tenant.GetAsync("/api/crm/activities?before=nonsense")).Code.Should().Be("INVALID_ID");
        (await tenant.GetAsync("/api/crm/activities?before=65b2000000000000000000aa")).Code.Should().Be("ACTIVITY_NOT_FOUND");
        theirs.Should().NotBe(lead);

        async Task<List<string?>> IdsAsync(string query) => FeedIds(await tenant.GetAsync($"/api/crm/activities{query}"));
    }

    [Theory]
    [InlineData("call", true)]
    [InlineData("meeting", true)]
    [InlineData("email", true)]
    [InlineData("whatsapp", true)]
    [InlineData("custom", false)]
    public async Task Contact_moves_last_contacted_at(string type, bool contact)
    {
        var (tenant, lead) = await LeadAsync();
        var at = app.Clock.GetUtcNow().AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

        await tenant.PostAsync($"{lead}/activities", new { type, title = "Talked", occurredAt = at });
        await tenant.PostAsync($"{lead}/activities", new { type, title = "Entered late", occurredAt = "2020-01-01T00:00:00Z" });

        var last = (await tenant.GetAsync(lead)).Data.GetProperty("lastContactedAt");
        (last.ValueKind == JsonValueKind.Null ? null : last.GetString()?[..19] + "Z").Should().Be(contact ? at : null);
    }

    [Fact]
    public async Task Pinned_notes_come_first_and_a_second_pin_takes_it_back()
    {
        var (tenant, lead) = await LeadAsync();
        var first = (await tenant.PostAsync($"{lead}/notes", new { content = "First" })).Data.GetProperty("id").GetString();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await tenant.PostAsync($"{lead}/notes", new { content = "Second" });

        (await tenant.PatchAsync($"/api/crm/notes/{first}/pin", null)).Data.GetProperty("pinned").GetBoolean().Should().BeTrue();
        Contents(await tenant.GetAsync($"{lead}/notes")).Should().Equal("First", "Second");

        await tenant.PatchAsync($"/api/crm/notes/{first}/pin", null);
        Contents(await tenant.GetAsync($"{lead}/notes")).Should().Equal("Second", "First");
    }

    [Fact]
    public async Task A_note_can_be_edited_and_deleted_and_is_gone_from_the_timeline_too()
    {
        var (tenant, lead) = await LeadAsync();
        var note = (await tenant.PostAsync($"{lead}/notes", new { content = "Wrong" })).Data.GetProperty("id").GetString();

        (await tenant.PatchAsync($"/api/crm/notes/{note}", new { content = "Right" })).Data.GetProperty("content").GetString().Should().Be("Right");
        (await tenant.DeleteAsync($"/api/crm/notes/{note}")).Status.Should().Be(200);

        (await tenant.GetAsync($"{lead}/notes")).Json.GetProperty("total").GetInt32().Should().Be(0);
        (await tenant.GetAsync($"{lead}/timeline")).Data.ToString().Should().NotContain("Right");
        (await tenant.DeleteAsync($"/api/crm/notes/{note}")).Code.Should().Be("NOTE_NOT_FOUND");
    }

    [Theory]
    [InlineData("activities", """{"type":"party","title":"x"}""", "VALIDATION_ERROR")]
    [InlineData("activities", """{"type":"meeting"}""", "VALIDATION_ERROR")]
    [InlineData("activities", """{"type":"meeting","title":"x","occurredAt":"2999-01-01T00:00:00Z"}""", "VALIDATION_ERROR")]
    [InlineData("calls", """{"durationMinutes":-1}""", "VALIDATION_ERROR")]
    [InlineData("notes", """{"content":"  "}""", "VALIDATION_ERROR")]
    public async Task What_is_wrong_is_refused(string route, string body, string code)
    {
        var (tenant, lead) = await LeadAsync();

        (await tenant.PostAsync($"{lead}/{route}", body)).Code.Should().Be(code);
    }

    [Fact]
    public async Task Another_tenants_lead_and_notes_are_not_there()
    {
        var (theirs, lead) = await LeadAsync();
        var note = (await theirs.PostAsync($"{lead}/notes", new { content = "Secret" })).Data.GetProperty("id").GetString();
        var mine = await app.TenantAsync();

        (await mine.GetAsync($"{lead}/timeline")).Code.Should().Be("LEAD_NOT_FOUND");
        (await mine.PostAsync($"{lead}/notes", new { content = "x" })).Code.Should().Be("LEAD_NOT_FOUND");
        (await mine.PatchAsync($"/api/crm/notes/{note}", new { content = "x" })).Code.Should().Be("NOTE_NOT_FOUND");
        (await mine.GetAsync($"{lead}/timeline?before=zz")).Code.Should().BeOneOf("LEAD_NOT_FOUND", "INVALID_ID");
    }

    private async Task<(TestTenant Tenant, string Lead)> LeadAsync()
    {
        var tenant = await app.TenantAsync();
        var made = await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = "9876543210" });
        return (tenant, $"/api/crm/leads/{made.Data.GetProperty("id").GetString()}");
    }

    private static List<string?> Ids(TestAnswer answer) => [.. answer.Data.EnumerateArray().Select(e => e.GetProperty("id").GetString())];

    private static List<string?> FeedIds(TestAnswer answer) => [.. answer.Data.EnumerateArray().Select(e => e.GetProperty("entry").GetProperty("id").GetString())];

    private static IEnumerable<string?> Types(TestAnswer answer) => answer.Data.EnumerateArray().Select(e => e.GetProperty("type").GetString());

    private static IEnumerable<string?> Contents(TestAnswer answer) => answer.Data.EnumerateArray().Select(e => e.GetProperty("content").GetString());
}
