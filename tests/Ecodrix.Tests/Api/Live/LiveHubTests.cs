using System.Collections.Concurrent;
using System.Text.Json;
using Ecodrix.Tests.Api.Chat;
using Microsoft.AspNetCore.SignalR.Client;

namespace Ecodrix.Tests.Api.Live;

public sealed class LiveHubTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_client_hears_of_its_own_tenants_messages_and_of_nobody_elses()
    {
        var (mine, theirs) = (await app.TenantAsync(), await app.TenantAsync());
        await using var listening = await ListenAsync(mine);

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
        await using (var first = await ListenAsync(tenant))
        {
            await tenant.WritesAsync(phone, "One");
            cursor = (await first.NextAsync("message.received")).Text("cursor")!;
        }

        foreach (var text in new[] { "Two", "Three" })
        {
            await tenant.WritesAsync(phone, text);
        }

        await using var again = await ListenAsync(tenant);
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
        await using var refused = await ListenAsync(tenant with { Key = "eck_wrong" });

        (await refused.NextAsync("refused")).Text("code").Should().Be("INVALID_CREDENTIALS");
        await tenant.WritesAsync(ChatSteps.NewPhone(), "Secret");
        refused.Seen.Should().NotContain(e => e.Name == "message.received");
    }

    private async Task<Listening> ListenAsync(TestTenant tenant)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(app.Http.BaseAddress!, "/hubs/live"), options =>
        {
            options.Headers["x-api-key"] = tenant.Key;
            options.Headers["x-client-code"] = tenant.Code;
        }).Build();
        var listening = new Listening(connection);
        await connection.StartAsync();
        return listening;
    }

    private sealed class Listening : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(string Name, JsonElement Data)> _seen = new();
        private readonly SemaphoreSlim _arrived = new(0);

        public Listening(HubConnection connection)
        {
            Connection = connection;
            foreach (var name in new[] { "message.received", "message.status", "conversation.updated", "resumed", "refused" })
            {
                connection.On<JsonElement>(name, data =>
                {
                    _seen.Enqueue((name, data));
                    _arrived.Release();
                });
            }
        }

        public HubConnection Connection { get; }

        public IReadOnlyList<(string Name, JsonElement Data)> Seen => [.. _seen];

        public async Task<JsonElement> NextAsync(string name, int skip = 0)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (true)
            {
                var found = _seen.Where(e => e.Name == name).Skip(skip).ToList();
                if (found.Count > 0)
                {
                    return found[0].Data;
                }

                await _arrived.WaitAsync(limit.Token);
            }
        }

        public ValueTask DisposeAsync() => Connection.DisposeAsync();
    }
}
