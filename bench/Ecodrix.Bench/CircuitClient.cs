using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Bench;

/// <summary>
/// One open page as the server sees it: it reads the page, begins a circuit with what the page names, acknowledges every render and answers
/// every call of JavaScript, as <c>blazor.web.js</c> does. A browser draws besides, which costs the machine and not the product.
/// </summary>
internal sealed partial class CircuitClient : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Answers = new()
    {
        ["ecodrix.begin"] = "true",
        ["ecodrix.isAtEnd"] = "true",
        ["ecodrix.isShown"] = "true",
        ["ecodrix.toFirst"] = "true",
        ["mudpopoverHelper.countProviders"] = "1",
        ["window.hasOwnProperty"] = "true",
    };

    private readonly HubConnection _connection;
    private readonly TaskCompletionSource _drawn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _awaited;
    private int _objects;

    private CircuitClient(HubConnection connection, string awaited) => (_connection, _awaited) = (connection, System.Text.Encoding.UTF8.GetBytes(awaited));

    /// <summary>Said by <see cref="HoldAsync"/> once all pages are open.</summary>
    public const string AllOpen = "open";

    /// <summary>Opens boards and inboxes in turn, for whom the cookies on the input's first lines are; says so, and holds them until the input ends.</summary>
    public static async Task HoldAsync(string url, string code, int pages)
    {
        var cookies = new CookieContainer();
        while (await Console.In.ReadLineAsync() is { Length: > 0 } cookie)
        {
            cookies.SetCookies(new Uri(url), cookie);
        }

        var open = new List<CircuitClient>();
        for (var n = 0; n < pages; n++)
        {
            open.Add(n % 2 == 0 ? await OpenAsync(url, $"/c/{code}/board", cookies, "data-card") : await OpenAsync(url, $"/c/{code}/inbox", cookies, "data-conversation"));
        }

        await Console.Out.WriteLineAsync(AllOpen);
        await Console.In.ReadToEndAsync();
        foreach (var client in open)
        {
            await client.DisposeAsync();
        }
    }

    /// <summary>Opens a page, and comes back when a render has held a text.</summary>
    /// <param name="url">The product's address.</param>
    /// <param name="path">The page.</param>
    /// <param name="cookies">Whose page it is.</param>
    /// <param name="awaited">What stands on the page once it is whole, by its letters.</param>
    public static async Task<CircuitClient> OpenAsync(string url, string path, CookieContainer cookies, string awaited)
    {
        using var http = new HttpClient(new HttpClientHandler { CookieContainer = cookies });
        var html = await http.GetStringAsync(new Uri($"{url}{path}"));
        var builder = new HubConnectionBuilder().WithUrl($"{url}/_blazor", options => options.Cookies = cookies);
        builder.Services.AddSingleton<IHubProtocol>(new BlazorPack());
        var client = new CircuitClient(builder.Build(), awaited);
        client.Listen();
        await client._connection.StartAsync();
        _ = await client._connection.InvokeAsync<string?>("StartCircuit", $"{url}/", $"{url}{path}", "[]", "")
            ?? throw new InvalidOperationException("The circuit did not begin.");
        await client._connection.SendAsync("UpdateRootComponents", Roots(html), State().Match(html).Groups[1].Value);
        await client._drawn.Task.WaitAsync(TimeSpan.FromMinutes(1));
        return client;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>What the page names as interactive, in the form the server takes it back.</summary>
    private static string Roots(string html)
    {
        var operations = new JsonArray();
        foreach (var marker in Marker().Matches(html).Select(m => JsonNode.Parse(m.Groups[1].Value)!).Where(m => m["descriptor"] is not null))
        {
            operations.Add(new JsonObject { ["type"] = "add", ["ssrComponentId"] = operations.Count + 1, ["marker"] = marker });
        }

        return new JsonObject { ["batchId"] = 1, ["operations"] = operations }.ToJsonString();
    }

    private void Listen()
    {
        _connection.On<long, byte[]>("JS.RenderBatch", async (id, batch) =>
        {
            if (batch.AsSpan().IndexOf(_awaited) >= 0)
            {
                _drawn.TrySetResult();
            }

            await _connection.SendAsync("OnRenderCompleted", id, null);
        });
        _connection.On<long, string, string, int, long, int>("JS.BeginInvokeJS", async (handle, name, _, result, _, _) =>
        {
            // What keeps something alive in the page wants an object to call; what asks wants its answer; nothing is kept in the browser.
            var answer = result == 1 ? $$"""{"__jsObjectId":{{Interlocked.Increment(ref _objects)}}}""" : Answers.GetValueOrDefault(name, "null");
            await _connection.SendAsync("EndInvokeJSFromDotNet", handle, true, $"[{handle},true,{answer}]");
        });
        _connection.On<int, string>("JS.AttachComponent", (_, _) => { });
        _connection.On<long>("JS.EndUpdateRootComponents", _ => { });
        _connection.On<string>("JS.Error", error => _drawn.TrySetException(new InvalidOperationException(error)));
        _connection.Closed += error =>
        {
            _drawn.TrySetException(error ?? new InvalidOperationException("The circuit was closed."));
            return Task.CompletedTask;
        };
    }

    [GeneratedRegex("<!--Blazor:(\\{.*?\\})-->")]
    private static partial Regex Marker();

    [GeneratedRegex("<!--Blazor-Server-Component-State:(.*?)-->")]
    private static partial Regex State();

    /// <summary>Blazor's own name for SignalR's MessagePack.</summary>
    private sealed class BlazorPack : IHubProtocol
    {
        private readonly MessagePackHubProtocol _pack = new();

        public string Name => "blazorpack";

        public int Version => 1;

        public TransferFormat TransferFormat => TransferFormat.Binary;

        public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message) => _pack.TryParseMessage(ref input, binder, out message);

        public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => _pack.WriteMessage(message, output);

        public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => _pack.GetMessageBytes(message);

        public bool IsVersionSupported(int version) => version == Version;
    }
}
