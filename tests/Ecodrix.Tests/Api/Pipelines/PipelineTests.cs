using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Tests.Api.Leads;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Pipelines;

public sealed class PipelineTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task An_archived_pipeline_is_listed_as_such_and_comes_back_unless_its_name_is_taken_by_now()
    {
        var tenant = await app.TenantAsync();
        var design = app.Services.GetRequiredService<PipelineDesign>();
        var scope = await app.ScopeAsync(tenant);
        var made = await design.CreateAsync(scope, new NewPipeline { Name = "Support", Template = "support" }, default);
        await design.ArchiveAsync(scope, made.Id, default);
        (await design.ArchivedAsync(scope, default)).Select(p => p.Name).Should().Equal("Support");

        (await design.RestoreAsync(scope, made.Id, default)).Archived.Should().BeFalse();
        (await design.ListAsync(scope, default)).Select(p => p.Name).Should().Contain("Support");

        await design.ArchiveAsync(scope, made.Id, default);
        await design.CreateAsync(scope, new NewPipeline { Name = "Support", Template = "support" }, default);
        (await ((Func<Task>)(() => design.RestoreAsync(scope, made.Id, default))).Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("NAME_TAKEN");
    }

    [Fact]
    public async Task A_pipeline_is_renamed_copied_and_archived_but_never_the_default_one()
    {
        var tenant = await app.TenantAsync();
        var (sales, _) = await tenant.PipelineAsync();
        var made = (await tenant.PostAsync("/api/crm/pipelines", new { name = "Patients", template = "appointment" })).Data.GetProperty("id").GetString();

        (await tenant.PatchAsync($"/api/crm/pipelines/{made}", new { name = "Patient journey" })).Data.GetProperty("name").GetString().Should().Be("Patient journey");
        (await tenant.PatchAsync($"/api/crm/pipelines/{made}", new { name = "sales" })).Code.Should().Be("NAME_TAKEN");
        var copy = await tenant.PostAsync($"/api/crm/pipelines/{made}/duplicate", new { name = "Copy of Patient journey" });
        copy.Status.Should().Be(201);
        copy.Data.GetProperty("stages").GetArrayLength().Should().Be(6);
        var next = await tenant.PostAsync($"/api/crm/pipelines/{made}/duplicate", new { });
        next.Data.GetProperty("name").GetString().Should().Be("Copy of Patient journey (2)");
        (await tenant.DeleteAsync($"/api/crm/pipelines/{next.Data.GetProperty("id").GetString()}")).Status.Should().Be(200);
        var faulty = await tenant.PostAsync("/api/crm/pipelines", new { name = "", stages = new[] { new { name = "New", color = "red" } } });
        faulty.Json.GetProperty("details").EnumerateArray().Select(f => f.GetProperty("field").GetString()).Should().Equal("name", "stages[0].color");
        (await tenant.DeleteAsync($"/api/crm/pipelines/{sales}")).Code.Should().Be("DEFAULT_PIPELINE");
        (await tenant.DeleteAsync($"/api/crm/pipelines/{made}")).Data.GetProperty("archived").GetBoolean().Should().BeTrue();
        (await tenant.GetAsync("/api/crm/pipelines")).Data.GetArrayLength().Should().Be(2);
        (await tenant.DeleteAsync("/api/crm/pipelines/65b2000000000000000000aa")).Code.Should().Be("PIPELINE_NOT_FOUND");
    }

    [Fact]
    public async Task Stages_are_added_before_the_closing_ones_changed_and_reordered()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();

        var added = await tenant.PostAsync($"/api/crm/pipelines/{pipeline}/stages", new { name = "Under review", color = "#F59E0B", probability = 40 });
        added.Status.Should().Be(201);
        added.Data.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("name").GetString()).Should().Equal("New", "Contacted", "Qualified", "Proposal", "Negotiation", "Under review", "Won", "Lost");
        (await tenant.PatchAsync($"/api/crm/stages/{stages["New"]}", new { name = "Fresh", probability = 5 })).Data.GetProperty("probability").GetInt32().Should().Be(5);
        (await tenant.PatchAsync($"/api/crm/stages/{stages["New"]}", new { name = "won" })).Code.Should().Be("NAME_TAKEN");
        (await tenant.PatchAsync($"/api/crm/stages/{stages["Won"]}", new { isLost = true })).Code.Should().Be("VALIDATION_ERROR");
        (await tenant.PatchAsync($"/api/crm/stages/{stages["New"]}", new { color = "red" })).Code.Should().Be("VALIDATION_ERROR");
        (await tenant.PatchAsync("/api/crm/stages/65b2000000000000000000aa", new { name = "x" })).Code.Should().Be("STAGE_NOT_FOUND");

        var ids = added.Data.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()).Reverse().ToList();
        var turned = await tenant.PatchAsync($"/api/crm/pipelines/{pipeline}/stages/reorder", new { order = ids.Select((stageId, newOrder) => new { stageId, newOrder }) });
        turned.Data.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()).Should().Equal(ids);
        (await tenant.PatchAsync($"/api/crm/pipelines/{pipeline}/stages/reorder", new { order = ids.Skip(1).Select((stageId, newOrder) => new { stageId, newOrder }) })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_stage_with_leads_goes_only_when_they_are_told_where_to()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("stage_enter");
        var (_, stages) = await tenant.PipelineAsync();
        var lead = await tenant.LeadAsync();

        var refused = await tenant.DeleteAsync($"/api/crm/stages/{stages["New"]}");
        refused.Code.Should().Be("STAGE_HAS_LEADS");
        refused.Json.GetProperty("details").GetProperty("leadCount").GetInt32().Should().Be(1);
        (await tenant.DeleteAsync($"/api/crm/stages/{stages["New"]}", new { moveLeadsToStageId = stages["New"] })).Code.Should().Be("VALIDATION_ERROR");
        (await tenant.DeleteAsync($"/api/crm/stages/{stages["New"]}", new { moveLeadsToStageId = stages["Contacted"] })).Status.Should().Be(200);
        await app.RunDueAsync();

        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Data.GetProperty("stageId").GetString().Should().Be(stages["Contacted"]);
        (await tenant.EventsAsync("stage_enter")).Should().ContainSingle();
        (await tenant.DeleteAsync($"/api/crm/stages/{stages["Qualified"]}")).Data.GetProperty("stages").GetArrayLength().Should().Be(5);
    }

    [Fact]
    public async Task Board_and_forecast_add_up()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();
        await tenant.LeadAsync("9876500001", new { dealValue = 100, stageId = stages["Proposal"] });
        await tenant.LeadAsync("9876500002", new { dealValue = 400, stageId = stages["Proposal"] });
        await tenant.LeadAsync("9876500003", new { dealValue = 50, stageId = stages["Won"] });
        var archived = await tenant.LeadAsync("9876500004", new { dealValue = 1000 });
        await tenant.PatchAsync($"/api/crm/leads/{archived}/archive", null);

        var board = (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/board")).Data;
        var proposal = board.GetProperty("stages").EnumerateArray().Single(s => s.GetProperty("name").GetString() == "Proposal");
        proposal.GetProperty("count").GetInt32().Should().Be(2);
        proposal.GetProperty("totalValue").GetDecimal().Should().Be(500);
        proposal.GetProperty("weightedValue").GetDecimal().Should().Be(300);
        board.GetProperty("count").GetInt32().Should().Be(3);
        board.GetProperty("totalValue").GetDecimal().Should().Be(550);

        var forecast = (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/forecast")).Data;
        forecast.GetProperty("grandTotal").GetDecimal().Should().Be(300);
        forecast.GetProperty("totalPipeline").GetDecimal().Should().Be(500);
        (await tenant.GetAsync($"/api/crm/analytics/forecast?pipelineId={pipeline}")).Data.GetProperty("grandTotal").GetDecimal().Should().Be(300);
    }

    [Fact]
    public async Task Reorders_and_switches_of_the_default_at_once_leave_one_consistent_state()
    {
        var tenant = await app.TenantAsync();
        var (pipeline, stages) = await tenant.PipelineAsync();
        var others = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            others.Add((await tenant.PostAsync("/api/crm/pipelines", new { name = $"P{i}", template = "support" })).Data.GetProperty("id").GetString()!);
        }

        var random = new Random(7);
        await Task.WhenAll(Enumerable.Range(0, 8).SelectMany(_ => new[]
        {
            tenant.PatchAsync($"/api/crm/pipelines/{pipeline}/stages/reorder", new { order = stages.Values.OrderBy(_ => random.Next()).Select((stageId, newOrder) => new { stageId, newOrder }).ToList() }),
            tenant.PatchAsync($"/api/crm/pipelines/{others[random.Next(4)]}/default", null),
        }));

        var after = (await tenant.GetAsync("/api/crm/pipelines")).Data.EnumerateArray().ToList();
        after.Count(p => p.GetProperty("isDefault").GetBoolean()).Should().Be(1);
        var sales = after.Single(p => p.GetProperty("id").GetString() == pipeline).GetProperty("stages").EnumerateArray().ToList();
        sales.Select(s => s.GetProperty("order").GetInt32()).Should().Equal(0, 1, 2, 3, 4, 5, 6);
        sales.Select(s => s.GetProperty("id").GetString()).Should().BeEquivalentTo(stages.Values);
    }

    [Fact]
    public async Task However_archiving_and_becoming_the_default_meet_one_active_pipeline_is_the_default()
    {
        var tenant = await app.TenantAsync();
        await tenant.PipelineAsync();
        for (var round = 0; round < 8; round++)
        {
            var made = (await tenant.PostAsync("/api/crm/pipelines", new { name = $"Round {round}", template = "support" })).Data.GetProperty("id").GetString();
            var answers = await Task.WhenAll(tenant.PatchAsync($"/api/crm/pipelines/{made}/default", null), tenant.DeleteAsync($"/api/crm/pipelines/{made}"));
            answers.Select(a => a.Status).Should().OnlyContain(status => status == 200 || status == 404 || status == 409);

            var active = (await tenant.GetAsync("/api/crm/pipelines")).Data.EnumerateArray().ToList();
            active.Count(p => p.GetProperty("isDefault").GetBoolean()).Should().Be(1);
            var lead = (await tenant.GetAsync($"/api/crm/leads/{await tenant.LeadAsync($"987651000{round}")}")).Data;
            active.Select(p => p.GetProperty("id").GetString()).Should().Contain(lead.GetProperty("pipelineId").GetString());
        }
    }

    [Fact]
    public async Task A_default_that_is_missing_after_a_crash_is_put_right_by_whoever_needs_it()
    {
        var tenant = await app.TenantAsync();
        var (sales, _) = await tenant.PipelineAsync();
        await app.Database(tenant).GetCollection<BsonDocument>("pipelines").UpdateManyAsync(new BsonDocument(), Builders<BsonDocument>.Update.Set("isDefault", false));
        app.Services.GetRequiredService<TenantDirectory>().Forget(tenant.Code);

        var active = (await tenant.GetAsync("/api/crm/pipelines")).Data.EnumerateArray().ToList();

        active.Should().ContainSingle(p => p.GetProperty("isDefault").GetBoolean()).Which.GetProperty("id").GetString().Should().Be(sales);
    }

    [Fact]
    public async Task Stages_that_are_removed_into_each_other_take_no_lead_with_them()
    {
        for (var round = 0; round < 5; round++)
        {
            var tenant = await app.TenantAsync();
            var (pipeline, stages) = await tenant.PipelineAsync();
            foreach (var (at, stage) in ((string[])["New", "Contacted"]).Index())
            {
                await tenant.LeadAsync($"987650000{at}", new { stageId = stages[stage] });
            }

            await Task.WhenAll(
                tenant.DeleteAsync($"/api/crm/stages/{stages["New"]}", new { moveLeadsToStageId = stages["Contacted"] }),
                tenant.DeleteAsync($"/api/crm/stages/{stages["Contacted"]}", new { moveLeadsToStageId = stages["New"] }));
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await app.RunDueAsync();

            var board = (await tenant.GetAsync($"/api/crm/pipelines/{pipeline}/board")).Data.GetProperty("stages").EnumerateArray().ToList();
            board.Sum(s => s.GetProperty("count").GetInt32()).Should().Be(2);
        }
    }

    [Fact]
    public async Task The_last_stage_stays_and_an_archived_pipeline_takes_no_new_leads()
    {
        var tenant = await app.TenantAsync();
        await tenant.PipelineAsync();
        var made = (await tenant.PostAsync("/api/crm/pipelines", new { name = "Short", stages = new[] { new { name = "First" }, new { name = "Second" } } })).Data;
        var (id, stages) = (made.GetProperty("id").GetString(), made.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()).ToList());

        await tenant.DeleteAsync($"/api/crm/pipelines/{id}");
        (await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = "+919876543210", stageId = stages[0] })).Code.Should().Be("STAGE_NOT_FOUND");
        (await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = "+919876543210", pipelineId = id })).Code.Should().Be("PIPELINE_NOT_FOUND");

        (await tenant.DeleteAsync($"/api/crm/stages/{stages[1]}")).Data.GetProperty("stages").GetArrayLength().Should().Be(1);
        (await tenant.DeleteAsync($"/api/crm/stages/{stages[0]}")).Code.Should().Be("LAST_STAGE");
    }
}
