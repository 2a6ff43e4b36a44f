using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Leads;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>A request with an Idempotency-Key that is repeated after the process ended between what it did and its answer.</summary>
public sealed class RepeatedRequestTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_lead_is_found_again_and_answered_as_made()
    {
        var tenant = await app.TenantAsync();
        var body = new { firstName = "Ravi", phone = ChatSteps.NewPhone() };

        var again = await TwiceAsync(tenant, "/api/crm/leads", body);

        again.Status.Should().Be(201, again.Json.ToString());
        (await tenant.GetAsync("/api/crm/leads")).Texts("id").Should().Equal(again.Data.GetProperty("id").GetString());
        (await tenant.PostAsync("/api/crm/leads", body)).Code.Should().Be("DUPLICATE_PHONE", "another request is another matter");
    }

    [Fact]
    public async Task A_message_goes_out_once()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");

        var again = await TwiceAsync(tenant, "/api/saas/chat/send", new { to = phone, text = "Hello to you" });
        await app.RunDueAsync();

        again.Status.Should().Be(201, again.Json.ToString());
        app.SentTo(phone).Should().ContainSingle();
        (await tenant.MessagesAsync(phone)).Count(m => m.Text("direction") == "out").Should().Be(1);
    }

    [Theory]
    [InlineData("idempotency")]
    [InlineData("broadcasts")]
    public async Task A_broadcast_is_made_once_and_reaches_each_once_wherever_it_was_cut_off(string before)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.PostAsync("/api/saas/chat/templates/sync", "{}");

        var again = await TwiceAsync(
            tenant, "/api/saas/chat/broadcast",
            new { name = "Camp", templateName = "hello_world", recipients = new[] { new { phone }, new { phone = "12" } } }, before);
        await app.RunDueAsync();

        again.Status.Should().Be(201, again.Json.ToString());
        (await tenant.GetAsync("/api/saas/chat/broadcasts")).Data.GetArrayLength().Should().Be(1);
        app.SentTo(phone).Should().ContainSingle();
    }

    /// <summary>The first time it is cut off before the command that writes to a collection; the second comes once the key is free.</summary>
    private async Task<TestAnswer> TwiceAsync(TestTenant tenant, string path, object body, string before = "idempotency")
    {
        var cut = await app.CutOffAsync(
            c => c.GetElement(0) is { Name: "update" or "insert" } write && write.Value == before && (before != "idempotency" || write.Name == "update"),
            () => tenant.PostAsync(path, body, ("Idempotency-Key", "once")));
        cut.Status.Should().Be(500, cut.Json.ToString());
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        return await tenant.PostAsync(path, body, ("Idempotency-Key", "once"));
    }
}
