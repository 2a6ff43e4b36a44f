using System.Net;
using System.Net.Sockets;

namespace Ecodrix.Engine.Callbacks;

/// <summary>
/// Learns which address a call's connection leads to. Connections are kept and shared between calls, and a call may get one that another
/// has opened: only whoever writes on it tells which serves which.
/// </summary>
internal sealed class OutboundPeer
{
    private static readonly AsyncLocal<OutboundPeer?> Current = new();

    private volatile string? _address;

    private OutboundPeer()
    {
    }

    /// <summary>The address, once something was written to it; null while nothing was.</summary>
    public string? Address => _address;

    /// <summary>Listens for what the caller's own flow writes from here on.</summary>
    public static OutboundPeer Listen() => Current.Value = new OutboundPeer();

    /// <summary>A connection whose writers learn where it leads.</summary>
    public static NetworkStream Over(Socket connected) => new ToldStream(connected);

    private sealed class ToldStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private readonly string? _peer = socket.RemoteEndPoint is IPEndPoint { Address: var address } ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : null;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Tell();
            return base.WriteAsync(buffer, cancellationToken);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Tell();
            base.Write(buffer);
        }

        private void Tell()
        {
            if (Current.Value is { } asking)
            {
                asking._address = _peer;
            }
        }
    }
}
