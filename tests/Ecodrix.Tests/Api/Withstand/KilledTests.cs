using System.Collections.Concurrent;
using Ecodrix.Sandbox;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>A process that is killed at any moment loses nothing it accepted and does nothing twice.</summary>
public sealed class KilledTests : IAsyncLifetime
{
    private const int Triggers = 200;
    private const int Kills = 4;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecodrix-killed-");
    private SandboxHost _sandbox = null!;

    public async Task InitializeAsync() => _sandbox = await SandboxHost.StartAsync(new SandboxOptions { MagicNumbers = false, CallbackHistory = 10_000 }, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Two_hundred_accepted_triggers_survive_kills_each_with_one_message_and_its_callback()
    {
        await using var app = new ChildApp(Path.Combine(_folder.FullName, "data"), new Dictionary<string, string>
        {
            ["Ecodrix__WhatsApp__GraphUrl"] = _sandbox.GraphUrl,
            ["Ecodrix__WhatsApp__ReconcileAfter"] = "00:00:25",
            ["Ecodrix__Callbacks__AllowedPrivateHosts__0"] = "127.0.0.1",
        });
        await app.StartAsync();
        var clinic = await Clinic.SetUpAsync(app, _sandbox);
        var accepted = new ConcurrentDictionary<string, string>();

        var kills = KillAtRandomAsync(app, accepted);
        await Parallel.ForEachAsync(Enumerable.Range(0, Triggers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, ct) =>
        {
            // A client server whose call breaks off repeats it with the same key, as clients do.
            var phone = $"+9198765{i:00000}";
            await Eventually.IsTrueAsync(async () =>
            {
                if (await clinic.FireAsync(app, phone, $"trigger-{i}") is not { } id)
                {
                    return false;
                }

                accepted[phone] = id;
                return true;
            }, TimeSpan.FromMinutes(4));
        });
        await kills;

        await Eventually.IsTrueAsync(async () => await clinic.UnfinishedAsync(app) == 0, TimeSpan.FromMinutes(3));
        await Eventually.IsTrueAsync(() => Task.FromResult(accepted.Values.All(id => _sandbox.Callbacks.Of("killed").Any(c => c.Body.Contains(id, StringComparison.Ordinal)))), TimeSpan.FromMinutes(2));

        accepted.Should().HaveCount(Triggers);
        var twice = _sandbox.Graph.Messages.GroupBy(m => m.To).Where(g => g.Count() != 1).Select(g => $"{g.Key} got {g.Count()}");
        twice.Should().BeEmpty("nobody gets a message twice");
        _sandbox.Graph.Messages.Should().HaveCount(Triggers);
        _sandbox.Callbacks.Of("killed").Should().OnlyContain(c => c.Signature.IsValid);
    }

    private static async Task KillAtRandomAsync(ChildApp app, ConcurrentDictionary<string, string> accepted)
    {
        for (var kill = 1; kill <= Kills; kill++)
        {
            // At a random point of the work, not at a time: on a slow machine as in the midst of it as on a fast one.
            var point = (kill * Triggers / (Kills + 1)) + Random.Shared.Next(-10, 10);
            await Eventually.IsTrueAsync(() => Task.FromResult(accepted.Count >= point), TimeSpan.FromMinutes(4));
            await app.KillAsync();
            await app.StartAsync();
        }
    }
}
