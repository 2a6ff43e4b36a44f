using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ecodrix.Engine.Callbacks;
using MailKit;
using MailKit.Net.Smtp;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.Email;

/// <summary>
/// Keeps signed-in connections to mail servers for reuse, each to one tenant's own. Idle ones are closed. A mail server is called under
/// the same address rules as a callback: a tenant's settings must not reach into this network.
/// </summary>
internal sealed class SmtpConnections : IAsyncDisposable
{
    private const int MostIdle = 2;
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ProvedFor = TimeSpan.FromSeconds(5);

    /// <summary>For the text of a mail and the answer to it; RFC 5321 would have a client wait even longer.</summary>
    private static readonly TimeSpan LongestText = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<(string Tenant, SmtpSettings Settings), ConcurrentStack<Idle>> _idle = new();
    private readonly OutboundAddresses _addresses;
    private readonly EmailOptions _options;
    private readonly TimeProvider _clock;
    private readonly ITimer _sweep;

    public SmtpConnections(OutboundAddresses addresses, IOptions<EmailOptions> options, TimeProvider clock)
    {
        _addresses = addresses;
        _options = options.Value;
        _clock = clock;
        _sweep = clock.CreateTimer(_ => Sweep(_clock.GetUtcNow() - IdleFor), null, IdleFor / 2, IdleFor / 2);
    }

    private TimeSpan ForText => _options.Timeout > LongestText ? _options.Timeout : LongestText;

    /// <summary>A connection that is open and signed in.</summary>
    public async Task<SmtpClient> TakeAsync(string tenant, SmtpSettings settings, CancellationToken ct)
    {
        while (_idle.TryGetValue((tenant, settings), out var stack) && stack.TryPop(out var idle))
        {
            if (await StillWorksAsync(idle, ct))
            {
                return idle.Client;
            }

            idle.Client.Dispose();
        }

        return await OpenAsync(settings, ct);
    }

    /// <summary>
    /// Does something with a mail server within the time that is set for it: a server may fall silent at any word. From where the text of
    /// a mail goes out it has longer: whoever gives up then sends again what the server may be about to accept.
    /// </summary>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public async Task<T> InTimeAsync<T>(Func<CancellationToken, ITransferProgress, Task<T>> use, CancellationToken ct)
    {
        using var time = new CancellationTokenSource(_options.Timeout, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        try
        {
            return await use(limit.Token, new TextBegun(() => time.CancelAfter(ForText)));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException("The mail server did not answer in time.");
        }
    }

    /// <summary>As above, for what sends no mail.</summary>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> use, CancellationToken ct) => InTimeAsync((limit, _) => use(limit), ct);

    /// <summary>Gives a connection back that is still in order.</summary>
    public void Return(string tenant, SmtpSettings settings, SmtpClient client)
    {
        var stack = _idle.GetOrAdd((tenant, settings), _ => new ConcurrentStack<Idle>());
        if (stack.Count < MostIdle && client.IsConnected)
        {
            stack.Push(new Idle(client, _clock.GetUtcNow()));
        }
        else
        {
            client.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        Sweep(DateTimeOffset.MaxValue);
    }

    private async Task<bool> StillWorksAsync(Idle idle, CancellationToken ct)
    {
        var idleFor = _clock.GetUtcNow() - idle.Since;
        if (idleFor > IdleFor || !idle.Client.IsConnected)
        {
            return false;
        }

        try
        {
            if (idleFor > ProvedFor)
            {
                await InTimeAsync(
                    async limit =>
                    {
                        await idle.Client.NoOpAsync(limit);
                        return true;
                    },
                    ct);
            }

            return true;
        }
        catch (Exception e) when (e is TimeoutException or IOException or ProtocolException or CommandException or ServiceNotConnectedException)
        {
            return false;
        }
    }

    private async Task<SmtpClient> OpenAsync(SmtpSettings settings, CancellationToken ct)
    {
        var client = new SmtpClient
        {
            // A backstop only: each use has its own limit.
            Timeout = (int)ForText.TotalMilliseconds,
            // As the HTTP stack does: a responder that is away must not stop mail.
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = IsTrusted,
        };
        try
        {
            return await InTimeAsync(
                async limit =>
                {
                    var stream = await _addresses.OpenAsync(settings.Host, settings.Port, limit);
                    await client.ConnectAsync(stream, settings.Host, settings.Port, settings.Security, limit);
                    if (settings.User is { } user && settings.Password is { } password)
                    {
                        await client.AuthenticateAsync(user, password, limit);
                    }

                    return client;
                },
                ct);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None
        || (certificate is not null && _options.TrustedCertificates.Contains(certificate.GetCertHashString(HashAlgorithmName.SHA256), StringComparer.OrdinalIgnoreCase));

    private void Sweep(DateTimeOffset before)
    {
        foreach (var (key, stack) in _idle)
        {
            var all = new Idle[Math.Max(1, stack.Count)];
            var count = stack.TryPopRange(all);
            foreach (var idle in all.Take(count))
            {
                if (idle.Since <= before)
                {
                    idle.Client.Dispose();
                }
                else
                {
                    stack.Push(idle);
                }
            }

            if (stack.IsEmpty)
            {
                _idle.TryRemove(key, out _);
            }
        }
    }

    /// <summary>Tells once that the text of a mail has begun to go out.</summary>
    private sealed class TextBegun(Action tell) : ITransferProgress
    {
        private bool _told;

        public void Report(long bytesTransferred, long totalSize) => Report(bytesTransferred);

        public void Report(long bytesTransferred)
        {
            if (!_told)
            {
                _told = true;
                tell();
            }
        }
    }

    private sealed record Idle(SmtpClient Client, DateTimeOffset Since);
}
