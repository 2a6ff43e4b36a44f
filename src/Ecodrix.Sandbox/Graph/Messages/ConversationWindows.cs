using System.Collections.Concurrent;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>Remembers when each customer last wrote to each number, for the 24 hours in which free-form answers are allowed.</summary>
internal sealed class ConversationWindows(TimeProvider clock)
{
    private const int MostWindows = 200_000;

    private static readonly TimeSpan Length = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<(string Number, string Contact), DateTimeOffset> _lastInbound = new();

    public void Open(string numberId, string contact) => Open(numberId, contact, clock.GetUtcNow());

    public void Open(string numberId, string contact, DateTimeOffset at)
    {
        if (_lastInbound.Count >= MostWindows)
        {
            Forget();
        }

        _lastInbound[(numberId, contact)] = at;
    }

    public bool IsOpen(string numberId, string contact) =>
        _lastInbound.TryGetValue((numberId, contact), out var at) && clock.GetUtcNow() - at < Length;

    public void Clear() => _lastInbound.Clear();

    private void Forget()
    {
        foreach (var (key, at) in _lastInbound)
        {
            if (clock.GetUtcNow() - at >= Length)
            {
                _lastInbound.TryRemove(key, out _);
            }
        }
    }
}
