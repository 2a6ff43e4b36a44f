using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.Callbacks;

/// <summary>What tenants may have called (<c>Ecodrix:Callbacks</c>).</summary>
public sealed record CallbackOptions
{
    /// <summary>Hosts that may be called although they are private, and over http: for development and for services of one's own network.</summary>
    public IList<string> AllowedPrivateHosts { get; init; } = [];
}

/// <summary>
/// Keeps what tenants have called away from the inside of the network (server-side request forgery): https only, and never a
/// private, loopback, link-local or metadata address. A name is judged by the addresses it resolves to at the moment of connecting,
/// and the judged address is the one connected to.
/// </summary>
public sealed class OutboundAddresses
{
    /// <summary>Ranges no callback may reach: the special-purpose registries of IANA (RFC 6890) and what leads back into them.</summary>
    private static readonly IPNetwork[] Inside =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
            "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(IPNetwork.Parse),
    ];

    private readonly HashSet<string> _allowed;

    internal OutboundAddresses(IOptions<CallbackOptions> options) =>
        _allowed = new HashSet<string>(options.Value.AllowedPrivateHosts, StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a URL before it is called, as the rest of a sentence; null when nothing is.</summary>
    internal string? Fault(string? url)
    {
        if (url is null)
        {
            return null;
        }

        if (url.Length > 2048 || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
        {
            return "must be an https URL of at most 2,048 characters.";
        }

        if (uri.UserInfo.Length > 0)
        {
            return "may not hold a user name or password.";
        }

        if (_allowed.Contains(uri.Host))
        {
            return null;
        }

        if (uri.Scheme != Uri.UriSchemeHttps)
        {
            return "must be https.";
        }

        var literal = IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address);
        return (literal && IsInside(address!)) || uri.IsLoopback || uri.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            ? "names a private address, which callbacks may not reach."
            : null;
    }

    /// <summary>Whether an address is one that callbacks may not reach.</summary>
    internal static bool IsInside(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(Inside, network => network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }

    /// <summary>A handler that connects to checked addresses only, follows no redirects and keeps nothing between calls.</summary>
    internal SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // Short, so that a name is looked up anew before long.
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        MaxResponseHeadersLength = 32,
        ConnectCallback = ConnectAsync,
    };

    /// <summary>Connects to a host whose addresses have been checked.</summary>
    /// <exception cref="OutboundRefusedException">It resolves to a private address.</exception>
    /// <exception cref="SocketException">It could not be resolved or reached.</exception>
    internal async ValueTask<Stream> OpenAsync(string host, int port, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(host, ct);
        // One inside address among many is how rebinding attacks look: all must be public.
        if (!_allowed.Contains(host) && Array.Exists(addresses, IsInside))
        {
            throw new OutboundRefusedException($"{host} resolves to a private address, which callbacks may not reach.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return OutboundPeer.Over(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct) =>
        OpenAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ct);
}

/// <summary>An address was refused when it was about to be connected to.</summary>
internal sealed class OutboundRefusedException(string message) : HttpRequestException(message);
