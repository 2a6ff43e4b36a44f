using Ecodrix.Tests.Api.Chat;
using Microsoft.AspNetCore.SignalR.Client;

namespace Ecodrix.Tests.Api.Live;

public sealed class LiveHubTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_client_hears_of_its_own_tenants_messages_and_of_nobody_elses()
    {
        var (mine, theirs) = (await app.TenantAsync(), await app.TenantAsync());
        await using var listening = await app.HearAsync(mine);

        await theirs.WritesAsync(ChatSteps.NewPhone(), "Not for you");
        await mine.WritesAsync(ChatSteps.NewPhone(), "For you");

        var received = await listening.NextAsync("message.received");
        received.GetProperty("data").Text("text").Should().Be("For you");
        listening.Seen.Should().NotContain(e => e.Data.GetRawText().Contains("Not for you"));
    }

    [Fact]
    public async Task A_client_that_was_away_gets_what_it_missed_in_order_and_then_resumed()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        string cursor;
        await using (var first = await app.HearAsync(tenant))
        {
            await tenant.WritesAsync(phone, "One");
            cursor = (await first.NextAsync("message.received")).Text("cursor")!;
        }

        foreach (var text in new[] { "Two", "Three" })
        {
            await tenant.WritesAsync(phone, text);
        }

        await using var again = await app.HearAsync(tenant);
        await again.Connection.InvokeAsync("Resume", cursor);

        var resumed = await again.NextAsync("resumed");
        resumed.GetProperty("complete").GetBoolean().Should().BeTrue();
        again.Seen.Where(e => e.Name == "message.received").Select(e => e.Data.GetProperty("data").Text("text")).Should().Equal("Two", "Three");
        var cursors = again.Seen.Where(e => e.Name != "resumed").Select(e => e.Data.Text("cursor")!).ToList();
        cursors.Should().BeInAscendingOrder(StringComparer.Ordinal).And.OnlyHaveUniqueItems();
        string.CompareOrdinal(cursors[0], cursor).Should().BePositive();

        await again.Connection.InvokeAsync("Resume", "not-a-cursor");
        await again.NextAsync("resumed", skip: 1);
        again.Seen.Last(e => e.Name == "resumed").Data.GetProperty("complete").GetBoolean().Should().BeFalse("the client had better read anew");
    }

    [Fact]
    public async Task A_wrong_key_hears_nothing()
    {
        var tenant = await app.TenantAsync();
        await using var refused = await app.HearAsync(tenant with { Key = "eck_wrong" });

        (await refused.NextAsync("refused")).Text("code").Should().Be("INVALID_CREDENTIALS");
        await tenant.WritesAsync(ChatSteps.NewPhone(), "Secret");
        refused.Seen.Should().NotContain(e => e.Name == "message.received");
    }
}
