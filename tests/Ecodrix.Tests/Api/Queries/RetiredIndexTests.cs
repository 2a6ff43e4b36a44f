using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Queries;

/// <summary>Data folders of before lose the indexes that serve nothing any more, and nothing else.</summary>
public sealed class RetiredIndexTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_tenant_that_is_opened_loses_retired_indexes_and_keeps_those_of_others()
    {
        var tenant = await app.TenantAsync();
        var before = await NamesAsync(tenant, "activities");
        var activities = app.Database(tenant).GetCollection<BsonDocument>("activities").Indexes;
        await activities.CreateManyAsync([Of("at"), Of("pipelineId", "at"), Of("title")]);
        await app.Looking.GetDatabase("ecodrix").GetCollection<BsonDocument>("tenants").UpdateOneAsync(new BsonDocument("code", tenant.Code), new BsonDocument("$set", new BsonDocument("indexStamp", "of before")));
        app.Services.GetRequiredService<TenantDirectory>().Forget(tenant.Code);

        (await tenant.GetAsync("/api/crm/leads")).Status.Should().Be(200);

        (await NamesAsync(tenant, "activities")).Should().BeEquivalentTo([.. before, "title_1"], "that one was made by somebody else");
    }

    [Fact]
    public async Task A_number_stays_one_leads_alone_while_its_index_is_replaced()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = "9876500011" });
        var leads = app.Database(tenant).GetCollection<BsonDocument>("leads").Indexes;
        await leads.DropOneAsync("phone_text");
        await leads.CreateOneAsync(new CreateIndexModel<BsonDocument>(
            new BsonDocument("phone", 1), new CreateIndexOptions<BsonDocument> { Unique = true, PartialFilterExpression = new BsonDocument("phone", new BsonDocument("$type", "string")) }));
        await app.Looking.GetDatabase("ecodrix").GetCollection<BsonDocument>("tenants").UpdateOneAsync(new BsonDocument("code", tenant.Code), new BsonDocument("$set", new BsonDocument("indexStamp", "of before")));
        app.Services.GetRequiredService<TenantDirectory>().Forget(tenant.Code);

        (await tenant.PostAsync("/api/crm/leads", new { firstName = "Priya", phone = "9876500011" })).Code.Should().Be("DUPLICATE_PHONE");

        (await NamesAsync(tenant, "leads")).Should().Contain("phone_text").And.NotContain("phone_1");
    }

    [Fact]
    public async Task The_control_database_loses_them_at_the_start()
    {
        var jobs = app.Looking.GetDatabase("ecodrix").GetCollection<BsonDocument>("jobs").Indexes;
        await jobs.CreateOneAsync(new CreateIndexModel<BsonDocument>(new BsonDocument { ["tenant"] = 1, ["status"] = 1, ["_id"] = -1 }));

        await app.Services.GetRequiredService<ControlDatabase>().EnsureIndexesAsync(default);

        (await (await jobs.ListAsync()).ToListAsync()).Select(i => i["name"].AsString).Should().NotContain("tenant_1_status_1__id_-1").And.HaveCountGreaterThan(5);
    }

    [Fact]
    public void Nothing_is_declared_and_retired_at_once()
    {
        var tenants = app.Services.GetServices<CollectionIndexes>().Select(i => (i.Collection, i.Models, i.Retired));
        var declared = tenants.Concat(app.Services.GetServices<ControlIndexes>().Select(i => (i.Collection, i.Models, i.Retired))).ToList();

        declared.Sum(d => d.Retired.Count).Should().BeGreaterThan(3);
        declared.Where(d => d.Retired.Select(IndexModel.NameOf).Intersect(d.Models.Select(IndexModel.NameOf)).Any()).Select(d => d.Collection).Should().BeEmpty();
    }

    private async Task<IReadOnlyList<string>> NamesAsync(TestTenant tenant, string collection) =>
        [.. (await (await app.Database(tenant).GetCollection<BsonDocument>(collection).Indexes.ListAsync()).ToListAsync()).Select(i => i["name"].AsString)];

    private static CreateIndexModel<BsonDocument> Of(params string[] fields) => new(new BsonDocument(fields.Select(f => new BsonElement(f, 1))));
}
