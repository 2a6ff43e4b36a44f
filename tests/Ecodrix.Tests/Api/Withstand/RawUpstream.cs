using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>A server that says to each connection exactly what a test wants, and then holds it or hangs up.</summary>
internal sealed class RawUpstream : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<StreamReader, Stream, RawUpstream, Task> _talk;
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _silent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _spoken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _mails;
    private int _unanswered;

    private RawUpstream(Func<StreamReader, Stream, RawUpstream, Task> talk)
    {
        _talk = talk;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Done once somebody waits for what never comes.</summary>
    public Task Silent => _silent.Task;

    /// <summary>Answers every request with these words, as they are, and hangs up.</summary>
    public static RawUpstream Saying(string answer) => new(async (reader, wire, _) =>
    {
        await RequestAsync(reader);
        await wire.WriteAsync(Encoding.UTF8.GetBytes(answer));
    });

    /// <summary>Answers every request with these words once it is told to.</summary>
    public static RawUpstream Hesitating(string answer) => new(async (reader, wire, self) =>
    {
        await RequestAsync(reader);
        await self.FallSilentAsync();
        await wire.WriteAsync(Encoding.UTF8.GetBytes(answer));
    });

    /// <summary>Answers every request with 200 and the beginning of a body that never ends.</summary>
    public static RawUpstream Dripping() => new(async (reader, wire, self) =>
    {
        await RequestAsync(reader);
        await wire.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 60000\r\n\r\ndrip"u8.ToArray());
        await self.FallSilentAsync();
    });

    /// <summary>Passes requests on to a server, and answers with what it says; but those whose first line holds a word are taken and never answered.</summary>
    public static RawUpstream MuteTo(string word, Uri server) => new(async (reader, wire, self) =>
    {
        var (first, request) = await WholeRequestAsync(reader);
        if (first.Contains(word, StringComparison.Ordinal))
        {
            Interlocked.Increment(ref self._unanswered);
            await self.FallSilentAsync();
        }

        using var onward = new TcpClient(server.Host, server.Port);
        await onward.GetStream().WriteAsync(request);
        await onward.GetStream().CopyToAsync(wire);
    });

    /// <summary>How many requests were taken and not answered.</summary>
    public int Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>How many mails came, each with its whole text.</summary>
    public int Mails => Volatile.Read(ref _mails);

    /// <summary>A mail server that agrees to everything up to a word (a dot ends a mail's text), and then says nothing before it is told to.</summary>
    public static RawUpstream MailSilentAfter(string word) => new(async (reader, wire, self) =>
    {
        await wire.WriteAsync("220 raw.example ESMTP\r\n"u8.ToArray());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line == "DATA")
            {
                await wire.WriteAsync("354 Go on\r\n"u8.ToArray());
                while (line is not (null or "."))
                {
                    line = await reader.ReadLineAsync();
                }

                Interlocked.Increment(ref self._mails);
            }

            if (line?.StartsWith(word, StringComparison.OrdinalIgnoreCase) == true)
            {
                await self.FallSilentAsync();
            }

            await wire.WriteAsync("250 raw.example\r\n"u8.ToArray());
        }
    });

    /// <summary>Ends its silence.</summary>
    public void Speak() => _spoken.TrySetResult();

    public void Dispose()
    {
        _over.Cancel();
        _listener.Stop();
        _over.Dispose();
    }

    private static async Task RequestAsync(StreamReader reader)
    {
        var length = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            length = line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase) ? int.Parse(line["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture) : length;
        }

        await reader.ReadBlockAsync(new char[length]);
    }

    /// <summary>A request to its end, as it came but for its wish to keep the connection.</summary>
    private static async Task<(string First, byte[] Request)> WholeRequestAsync(StreamReader reader)
    {
        var (head, length) = (new StringBuilder(), 0);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            length = line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase) ? int.Parse(line["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture) : length;
            head.Append(line).Append("\r\n");
        }

        var body = new char[length];
        if (length > 0)
        {
            // Of nothing it would wait for more to come.
            await reader.ReadBlockAsync(body);
        }

        return (head.ToString().Split('\r')[0], Encoding.Latin1.GetBytes($"{head}Connection: close\r\n\r\n{new string(body)}"));
    }

    private Task FallSilentAsync()
    {
        _silent.TrySetResult();
        return _spoken.Task.WaitAsync(_over.Token);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = TalkAsync(await _listener.AcceptTcpClientAsync(_over.Token));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var wire = client.GetStream();
                // Latin-1: a byte is a character, so that lengths are right.
                using var reader = new StreamReader(wire, Encoding.Latin1);
                await _talk(reader, wire, this);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The caller hung up, or the test is over.
            }
        }
    }
}
