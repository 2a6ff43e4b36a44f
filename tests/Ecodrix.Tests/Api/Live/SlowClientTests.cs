using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Ecodrix.App.Live;
using Ecodrix.Engine.Live;
using Ecodrix.Tests.Api.Leads;
using Ecodrix.Tests.Api.Withstand;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Live;

/// <summary>A client of the hub that does not read what it is sent.</summary>
public sealed class SlowClientTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const char End = '\u001e';

    [Fact]
    public async Task It_holds_up_nobody_and_is_cut_off_rather_than_told_with_a_gap()
    {
        var (slow, quick) = (await app.TenantAsync(), await app.TenantAsync());
        var bus = app.Services.GetRequiredService<ILiveBus>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var open = app.Services.GetRequiredService<LiveConnections>();
        using var deaf = new ClientWebSocket();
        var id = await ConnectAsync(deaf, slow, limit.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(open.Hears(id)), TimeSpan.FromSeconds(20));
        await using var same = await app.HearAsync(slow);
        await using var other = await app.HearAsync(quick);

        // More than the wire and all buffers on the way hold.
        for (var n = 0; n < 400; n++)
        {
            bus.Publish(slow.Code, "lead.updated", new { n, filler = new string('x', 64 * 1024) });
        }

        await quick.LeadAsync("9876500081");
        await other.NextAsync("lead.updated");
        open.Hears(id).Should().BeTrue("the others did not have to wait until it was given up");
        (await same.NextAsync("lead.updated", skip: 399)).GetProperty("data").GetProperty("n").GetInt32().Should().Be(399);
        for (var n = 400; n < 10_500; n++)
        {
            bus.Publish(slow.Code, "lead.updated", new { n });
        }

        await Eventually.IsTrueAsync(() => Task.FromResult(!open.Hears(id)), TimeSpan.FromSeconds(20));
        var heard = await ReadAsync(deaf, limit.Token);
        heard.Count.Should().BeLessThan(10_500);
        heard.Select(e => e.GetProperty("data").GetProperty("n").GetInt32()).Should().Equal(Enumerable.Range(0, heard.Count), "what it got has no gap");
    }

    private async Task<string> ConnectAsync(ClientWebSocket socket, TestTenant tenant, CancellationToken ct)
    {
        var query = $"clientCode={tenant.Code}&access_token={tenant.Key}";
        using var negotiated = await app.Http.PostAsync($"/hubs/live/negotiate?negotiateVersion=1&{query}", null, ct);
        var made = JsonSerializer.Deserialize<JsonElement>(await negotiated.Content.ReadAsStringAsync(ct));
        await socket.ConnectAsync(new Uri($"ws://{app.Http.BaseAddress!.Authority}/hubs/live?id={made.GetProperty("connectionToken").GetString()}&{query}"), ct);
        await socket.SendAsync(Encoding.UTF8.GetBytes($$"""{"protocol":"json","version":1}{{End}}"""), WebSocketMessageType.Text, true, ct);
        return made.GetProperty("connectionId").GetString()!;
    }

    /// <summary>All events that come until the server ends it.</summary>
    private static async Task<List<JsonElement>> ReadAsync(ClientWebSocket socket, CancellationToken ct)
    {
        var (text, buffer) = (new MemoryStream(), new byte[256 * 1024]);
        try
        {
            while (await socket.ReceiveAsync(buffer, ct) is { MessageType: not WebSocketMessageType.Close } part)
            {
                text.Write(buffer, 0, part.Count);
            }
        }
        catch (WebSocketException)
        {
            // It was cut off.
        }

        // What comes after the last end is the beginning of what did not arrive.
        return [.. Encoding.UTF8.GetString(text.ToArray()).Split(End)[..^1].Select(m => JsonSerializer.Deserialize<JsonElement>(m))
            .Where(m => m.TryGetProperty("target", out var target) && target.GetString() == "lead.updated").Select(m => m.GetProperty("arguments")[0])];
    }
}
