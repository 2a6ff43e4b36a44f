using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Ecodrix.Sandbox;

/// <summary>Tells listening pages that something changed. A slow page misses hints, never content: it reads the state itself.</summary>
internal sealed class LiveFeed
{
    private readonly ConcurrentDictionary<Channel<string>, byte> _listeners = new();

    public void Hint(string what)
    {
        foreach (var listener in _listeners.Keys)
        {
            listener.Writer.TryWrite(what);
        }
    }

    public Channel<string> Open()
    {
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        _listeners[channel] = 0;
        return channel;
    }

    public void Close(Channel<string> channel) => _listeners.TryRemove(channel, out _);
}
