using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ecodrix.Sandbox.Mail;

/// <summary>
/// A mail server over real sockets of the loopback, with a port that offers STARTTLS and one that is TLS from the first byte. Its
/// certificate is made at start and signed by nobody: whoever is to trust it is told its fingerprint.
/// </summary>
public sealed class MailSandbox : IAsyncDisposable
{
    /// <summary>The password of every user.</summary>
    public const string Password = "sandbox-mail-password";

    private const int Kept = 500;

    private readonly ConcurrentQueue<CaughtMail> _mails = new();
    private readonly List<MailFailure> _failures = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _listening = [];
    private readonly List<TcpListener> _listeners = [];
    private readonly LiveFeed _live;
    private readonly TimeProvider _clock;
    private int _connections;
    private long _taken;

    internal MailSandbox(SandboxOptions options, LiveFeed live)
    {
        _live = live;
        _clock = options.TimeProvider;
    }

    /// <summary>The port that begins in clear and offers STARTTLS.</summary>
    public int Port { get; private set; }

    /// <summary>The port that is TLS from the first byte.</summary>
    public int TlsPort { get; private set; }

    /// <summary>The SHA-256 fingerprint of the certificate, in hexadecimal.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>Whether the first port offers STARTTLS.</summary>
    public bool OffersStartTls { get; set; } = true;

    /// <summary>What was delivered, oldest first.</summary>
    public IReadOnlyList<CaughtMail> All => [.. _mails];

    /// <summary>How many connections were made so far.</summary>
    public int Connections => _connections;

    internal X509Certificate2? Certificate { get; private set; }

    /// <summary>Starts to listen, once.</summary>
    public void Start()
    {
        if (Certificate is not null)
        {
            return;
        }

        Certificate = MakeCertificate();
        Fingerprint = Certificate.GetCertHashString(HashAlgorithmName.SHA256);
        Port = Listen(tls: false);
        TlsPort = Listen(tls: true);
    }

    /// <summary>Lets the next mails fail, in this order.</summary>
    public void Fail(params IReadOnlyList<MailFailure> failures)
    {
        lock (_failures)
        {
            _failures.AddRange(failures);
        }
    }

    /// <summary>Forgets mails and what was to fail.</summary>
    public void Clear()
    {
        _mails.Clear();
        lock (_failures)
        {
            _failures.Clear();
        }

        _live.Hint("mail");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listeners.ForEach(l => l.Dispose());
        await Task.WhenAll(_listening);
        Certificate?.Dispose();
        _stop.Dispose();
    }

    internal MailFailure? FailureAt(string step)
    {
        lock (_failures)
        {
            if (_failures.Count == 0 || _failures[0].At != step)
            {
                return null;
            }

            var failure = _failures[0];
            _failures.RemoveAt(0);
            return failure;
        }
    }

    internal void Take(Func<long, DateTimeOffset, CaughtMail> make)
    {
        _mails.Enqueue(make(Interlocked.Increment(ref _taken), _clock.GetUtcNow()));
        while (_mails.Count > Kept)
        {
            _mails.TryDequeue(out _);
        }

        _live.Hint("mail");
    }

    private int Listen(bool tls)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _listeners.Add(listener);
        _listening.Add(AcceptAsync(listener, tls));
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task AcceptAsync(TcpListener listener, bool tls)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client, Interlocked.Increment(ref _connections), tls);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The sandbox stops.
        }
    }

    private async Task ServeAsync(TcpClient client, int number, bool tls)
    {
        using (client)
        {
            try
            {
                await using var session = new MailSession(this, client.GetStream(), number);
                await session.RunAsync(tls, _stop.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
            {
                // The other end hung up, or does not trust the certificate.
            }
        }
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Ecodrix sandbox", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        // Certificates are judged by the machine's clock, whatever the sandbox's says.
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
