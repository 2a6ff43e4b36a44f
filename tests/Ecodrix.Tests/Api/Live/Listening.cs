using System.Collections.Concurrent;
using System.Text.Json;
using Ecodrix.App.Live;
using Ecodrix.Engine.People;
using Ecodrix.Tests.Api.Withstand;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Live;

/// <summary>A client of the live hub that remembers what it heard.</summary>
internal sealed class Listening : IAsyncDisposable
{
    private static readonly string[] Names = ["message.received", "message.status", "conversation.updated", "lead.updated", "pipeline.updated", "resumed", "refused"];

    private readonly ConcurrentQueue<(string Name, JsonElement Data)> _seen = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Listening(HubConnection connection)
    {
        Connection = connection;
        connection.Closed += _ =>
        {
            _closed.TrySetResult();
            return Task.CompletedTask;
        };
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

    /// <summary>Waits until the server has ended the connection.</summary>
    public Task ClosedAsync() => _closed.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}

internal static class LiveSteps
{
    public static Task<Listening> HearAsync(this AppFixture app, TestTenant tenant, string? origin = null) =>
        app.HearAsync(("x-api-key", tenant.Key), ("x-client-code", tenant.Code), ("Origin", origin));

    /// <summary>As a page does for somebody who is signed in: it cannot set headers, so the code is in the address.</summary>
    public static Task<Listening> HearSignedInAsync(this AppFixture app, TestTenant tenant, string cookie, string? origin = null) =>
        app.HearAsync($"?clientCode={tenant.Code}", ("Cookie", cookie), ("Origin", origin));

    /// <summary>The cookie of a sign-in.</summary>
    public static async Task<string> CookieAsync(this AppFixture app, string email)
    {
        await using var services = app.Services.CreateAsyncScope();
        var signIn = services.ServiceProvider.GetRequiredService<SignInManager<Account>>();
        signIn.Context = new DefaultHttpContext { RequestServices = services.ServiceProvider };
        signIn.Context.Request.Scheme = "http";
        signIn.Context.Request.Host = new HostString(app.Http.BaseAddress!.Authority);
        await signIn.SignInAsync((await services.ServiceProvider.GetRequiredService<AccountStore>().FindByEmailAsync(email, default))!, isPersistent: false);
        return signIn.Context.Response.Headers.SetCookie.ToString().Split(';')[0];
    }

    private static Task<Listening> HearAsync(this AppFixture app, params (string Name, string? Value)[] headers) => app.HearAsync("", headers);

    private static async Task<Listening> HearAsync(this AppFixture app, string query, params (string Name, string? Value)[] headers)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(app.Http.BaseAddress!, $"/hubs/live{query}"), options =>
        {
            foreach (var (name, value) in headers.Where(h => h.Value is not null))
            {
                options.Headers[name] = value!;
            }
        }).Build();
        var listening = new Listening(connection);
        await connection.StartAsync();
        // It is made before it is admitted: what happens in between is for Resume, and not what tests are about.
        var open = app.Services.GetRequiredService<LiveConnections>();
        await Eventually.IsTrueAsync(
            () => Task.FromResult(connection.ConnectionId is not { } id || open.Hears(id) || listening.Seen.Any(s => s.Name == "refused")), TimeSpan.FromSeconds(20));
        return listening;
    }
}
