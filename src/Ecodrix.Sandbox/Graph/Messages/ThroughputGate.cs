using System.Collections.Concurrent;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>Lets so many messages per second and number through, when a limit is set.</summary>
internal sealed class ThroughputGate(SandboxOptions options)
{
    private readonly ConcurrentDictionary<string, (long Second, int Count)> _counts = new(StringComparer.Ordinal);

    public bool Admits(string numberId)
    {
        if (options.MessagesPerSecond is not { } limit)
        {
            return true;
        }

        var second = options.TimeProvider.GetUtcNow().ToUnixTimeSeconds();
        var now = _counts.AddOrUpdate(
            numberId, (second, 1), (_, old) => old.Second == second ? (second, Math.Min(old.Count + 1, limit + 1)) : (second, 1));
        return now.Count <= limit;
    }
}
