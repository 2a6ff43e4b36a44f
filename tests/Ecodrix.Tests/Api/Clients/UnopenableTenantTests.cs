using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Clients;

/// <summary>What is done for every client in turn goes past one whose database cannot be opened.</summary>
public sealed class UnopenableTenantTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_client_that_cannot_be_opened_keeps_no_other_from_its_scan_and_its_templates()
    {
        var made = new List<TestTenant> { await app.TenantAsync(), await app.TenantAsync(), await app.TenantAsync() };
        made.Sort((one, other) => string.CompareOrdinal(one.Code, other.Code));
        // Its address was sealed with keys that are lost.
        await app.Looking.GetDatabase("ecodrix").GetCollection<Tenant>(Tenant.Collection)
            .UpdateOneAsync(t => t.Code == made[0].Code, Builders<Tenant>.Update.Set(t => t.DatasourceUri, "unreadable"));
        // A client's morning is from nine to twelve, and this is another day than the one the tests began on.
        var morning = TimeZoneInfo.ConvertTime(app.Clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata")).Date.AddDays(1).AddHours(10);
        app.Clock.Advance(TimeZoneInfo.ConvertTimeToUtc(morning, TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata")) - app.Clock.GetUtcNow().UtcDateTime);

        var scanned = await app.Services.GetRequiredService<SilenceScan>().EnqueueDueAsync(CancellationToken.None);
        await app.Services.GetRequiredService<TemplateSyncRound>().EnqueueAsync(CancellationToken.None);

        scanned.Should().Be(2);
        foreach (var sound in made[1..])
        {
            (await sound.GetAsync("/api/saas/jobs?kind=leads.silence")).Json.GetProperty("total").GetInt32().Should().Be(1);
            (await sound.GetAsync("/api/saas/jobs?kind=templates.sync")).Json.GetProperty("total").GetInt32().Should().Be(1);
        }
    }
}
