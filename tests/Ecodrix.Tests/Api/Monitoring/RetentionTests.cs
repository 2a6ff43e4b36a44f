using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Monitoring;

public sealed class RetentionTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const int Day = 24 * 60 * 60;

    [Fact]
    public async Task Ended_events_and_callbacks_are_kept_for_90_days_unless_the_tenant_says_otherwise()
    {
        var tenant = await app.TenantAsync();
        await tenant.GetAsync("/api/saas/events/logs");
        (await ExpiryAsync(tenant, "eventLogs"), await ExpiryAsync(tenant, "callbacks")).Should().Be((90 * Day, 90 * Day));

        var changed = await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { retention = new { eventDays = 30 } }, ("x-admin-key", AppFixture.AdminKey));
        await tenant.GetAsync("/api/saas/events/logs");

        changed.Data.GetProperty("retention").GetProperty("eventDays").GetInt32().Should().Be(30);
        (await ExpiryAsync(tenant, "eventLogs"), await ExpiryAsync(tenant, "callbacks")).Should().Be((30 * Day, 90 * Day));
    }

    [Fact]
    public async Task An_event_that_has_not_ended_carries_no_date_to_expire_by()
    {
        var tenant = await app.TenantAsync();
        var waiting = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210", delayMinutes = 525_600 });
        var ended = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543210" });

        (await EventAsync(tenant, waiting)).GetValue("finishedAt", BsonNull.Value).Should().Be(BsonNull.Value);
        (await EventAsync(tenant, ended))["finishedAt"].BsonType.Should().Be(BsonType.DateTime);
    }

    [Fact]
    public async Task Days_out_of_range_are_refused()
    {
        var tenant = await app.TenantAsync();

        var answer = await app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { retention = new { eventDays = 0 } }, ("x-admin-key", AppFixture.AdminKey));

        (answer.Status, answer.Code).Should().Be((400, "VALIDATION_ERROR"));
    }

    private async Task<BsonDocument> EventAsync(TestTenant tenant, TestAnswer fired) =>
        await app.Database(tenant).GetCollection<BsonDocument>("eventLogs").Find(new BsonDocument("_id", ObjectId.Parse(fired.Data.GetProperty("eventLogId").GetString()))).SingleAsync();

    private async Task<int> ExpiryAsync(TestTenant tenant, string collection)
    {
        var indexes = await (await app.Database(tenant).GetCollection<BsonDocument>(collection).Indexes.ListAsync()).ToListAsync();
        return indexes.Single(i => i["key"] == new BsonDocument("finishedAt", 1))["expireAfterSeconds"].ToInt32();
    }
}
