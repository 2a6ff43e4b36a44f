using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;

namespace Ecodrix.Tests.Api.Live;

/// <summary>A client of the live hub that remembers what it heard.</summary>
internal sealed class Listening : IAsyncDisposable
{
    private static readonly string[] Names = ["message.received", "message.status", "conversation.updated", "lead.updated", "pipeline.updated", "resumed", "refused"];

    private readonly ConcurrentQueue<(string Name, JsonElement Data)> _seen = new();
    private readonly SemaphoreSlim _arrived = new(0);

    public Listening(HubConnection connection)
    {
        Connection = connection;
        foreach (var name in Names)
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

internal static class LiveSteps
{
    public static async Task<Listening> HearAsync(this AppFixture app, TestTenant tenant)
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
}
