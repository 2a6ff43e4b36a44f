using Ecodrix.Tests.Api.Automations;

namespace Ecodrix.Tests.Api.Monitoring;

public sealed class EventFilterTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task All_events_of_one_appointment_are_found_by_its_correlation_key()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var booked = await tenant.FireAsync("appointment_confirmed", "9876543231", new { correlationKey = "visit 7/a" });
        var cancelled = await tenant.FireAsync("appointment_cancelled", "9876543231", new { correlationKey = "visit 7/a" });
        await tenant.FireAsync("appointment_confirmed", "9876543232", new { correlationKey = "visit 7" });
        await tenant.FireAsync("appointment_confirmed", "9876543233");
        await other.FireAsync("appointment_confirmed", "9876543231", new { correlationKey = "visit 7/a" });

        (await FoundAsync("correlationKey=visit%207%2Fa")).Should().BeEquivalentTo([booked, cancelled]);
        (await FoundAsync("correlationKey=visit%207%2Fa&trigger=appointment_cancelled")).Should().Equal(cancelled);
        (await FoundAsync("correlationKey=visit%208")).Should().BeEmpty();
        (await tenant.GetAsync($"/api/saas/events/logs?correlationKey={new string('x', 201)}")).Code.Should().Be("VALIDATION_ERROR");

        async Task<IEnumerable<string>> FoundAsync(string query) =>
            (await tenant.GetAsync($"/api/saas/events/logs?{query}")).Data.EnumerateArray().Select(e => e.Text("id"));
    }
}
