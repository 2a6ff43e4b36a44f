using System.Collections.Concurrent;
using System.Text.Json;
using Ecodrix.EmbeddedMongo;
using Ecodrix.Sandbox;
using Ecodrix.Tests.Api.Live;
using Microsoft.AspNetCore.SignalR.Client;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>Two nodes on one database and one Redis: either may die at any moment.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private const int Triggers = 120;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecodrix-nodes-");
    private SandboxHost _sandbox = null!;

    public async Task InitializeAsync() => _sandbox = await SandboxHost.StartAsync(new SandboxOptions { MagicNumbers = false, CallbackHistory = 10_000 }, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [RedisFact]
    public async Task What_two_nodes_accept_is_done_once_whichever_dies_and_both_tell_of_it()
    {
        await using var store = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = Path.Combine(_folder.FullName, "mongo") }, CancellationToken.None);
        await using var redis = await RedisServer.StartAsync();
        await using var one = Node(store, redis);
        await using var two = Node(store, redis);
        await one.StartAsync();
        await two.StartAsync();
        var clinic = await Clinic.SetUpAsync(one, _sandbox);
        await HearsAcrossAsync(clinic, at: two, firedAt: one);
        await HearsAcrossAsync(clinic, at: one, firedAt: two);

        var accepted = new ConcurrentDictionary<string, string>();
        var kills = KillBothInTurnAsync(one, two, accepted);
        await Parallel.ForEachAsync(Enumerable.Range(0, Triggers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, ct) =>
        {
            var phone = $"+9198766{i:00000}";
            var attempt = i;
            await Eventually.IsTrueAsync(async () =>
            {
                // A client server whose call breaks off repeats it, and its balancer may send it to the other node.
                if (await clinic.FireAsync(attempt++ % 2 == 0 ? one : two, phone, $"trigger-{i}") is not { } id)
                {
                    return false;
                }

                accepted[phone] = id;
                return true;
            }, TimeSpan.FromMinutes(4));
        });
        await kills;
        await Eventually.IsTrueAsync(async () => await clinic.UnfinishedAsync(one) == 0, TimeSpan.FromMinutes(4));

        accepted.Values.Should().OnlyHaveUniqueItems().And.HaveCount(Triggers);
        var sent = _sandbox.Graph.Messages.Where(m => m.To.StartsWith("+9198766", StringComparison.Ordinal) || m.To.StartsWith("9198766", StringComparison.Ordinal)).ToList();
        sent.GroupBy(m => m.To).Where(g => g.Count() != 1).Select(g => $"{g.Key} got {g.Count()}").Should().BeEmpty("no job runs twice");
        sent.Should().HaveCount(Triggers, "nothing is lost");
    }

    [RedisFact]
    public async Task Two_nodes_send_for_one_number_no_faster_than_the_number_may()
    {
        const int Sends = 40;
        const int PerSecond = 5;
        await using var store = await EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = Path.Combine(_folder.FullName, "mongo") }, CancellationToken.None);
        await using var redis = await RedisServer.StartAsync();
        await using var one = Node(store, redis);
        await using var two = Node(store, redis);
        await one.StartAsync();
        await two.StartAsync();
        var clinic = await Clinic.SetUpAsync(one, _sandbox);
        await clinic.PaceAsync(one, PerSecond);

        await Parallel.ForEachAsync(Enumerable.Range(0, Sends), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
            (await clinic.FireAsync(i % 2 == 0 ? one : two, $"+9198767{i:00000}", $"paced-{i}")).Should().NotBeNull());
        await Eventually.IsTrueAsync(() => Task.FromResult(_sandbox.Graph.Messages.Count(m => m.To.Contains("98767", StringComparison.Ordinal)) == Sends), TimeSpan.FromMinutes(2));

        var times = _sandbox.Graph.Messages.Where(m => m.To.Contains("98767", StringComparison.Ordinal)).Select(m => m.AcceptedAt).Order().ToList();
        // Half a second's worth may come at once; each of two nodes for itself would be done in about half the time.
        (times[^1] - times[0]).TotalSeconds.Should().BeGreaterThan((double)(Sends - PerSecond) / PerSecond);
    }

    private ChildApp Node(EmbeddedMongoServer store, RedisServer redis) => new(Path.Combine(_folder.FullName, "data"), new Dictionary<string, string>
    {
        ["Ecodrix__Mongo__Uri"] = store.ConnectionString,
        ["Ecodrix__Redis"] = redis.Configuration,
        ["Ecodrix__WhatsApp__GraphUrl"] = _sandbox.GraphUrl,
        ["Ecodrix__WhatsApp__ReconcileAfter"] = "00:00:25",
        ["Ecodrix__Callbacks__AllowedPrivateHosts__0"] = "127.0.0.1",
    });

    private static async Task HearsAcrossAsync(Clinic clinic, ChildApp at, ChildApp firedAt)
    {
        var heard = new ConcurrentBag<string>();
        await using var hub = new HubConnectionBuilder().WithUrl($"{at.Url}/hubs/live", options =>
        {
            options.Headers["x-client-code"] = "killed";
            options.Headers["x-api-key"] = clinic.Key;
        }).Build();
        hub.On<JsonElement>("event.updated", e => heard.Add(e.GetRawText()));
        await hub.StartAsync();

        var id = await clinic.FireAsync(firedAt, $"+91987650{Random.Shared.Next(10_000):0000}", Guid.NewGuid().ToString("n"));

        await Eventually.IsTrueAsync(() => Task.FromResult(heard.Any(e => e.Contains(id!, StringComparison.Ordinal))), TimeSpan.FromSeconds(20));
    }

    private static async Task KillBothInTurnAsync(ChildApp one, ChildApp two, ConcurrentDictionary<string, string> accepted)
    {
        foreach (var (node, point) in new[] { (two, Triggers / 4), (one, Triggers / 2), (two, Triggers * 3 / 4) })
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(accepted.Count >= point), TimeSpan.FromMinutes(4));
            await node.KillAsync();
            await node.StartAsync();
        }
    }
}
