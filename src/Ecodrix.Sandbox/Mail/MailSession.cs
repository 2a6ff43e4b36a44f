using System.Net.Security;
using System.Text;
using MimeKit;

namespace Ecodrix.Sandbox.Mail;

/// <summary>One SMTP conversation (RFC 5321, STARTTLS of RFC 3207, AUTH PLAIN and LOGIN of RFC 4954).</summary>
internal sealed class MailSession(MailSandbox mailbox, Stream wire, int number) : IAsyncDisposable
{
    private const int LongestMail = 25 * 1024 * 1024;

    private Stream _stream = wire;
    private bool _encrypted;
    private string? _user;
    private string? _from;
    private readonly List<string> _to = [];

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    public async Task RunAsync(bool tls, CancellationToken ct)
    {
        if (tls)
        {
            await EncryptAsync(ct);
        }

        if (!await StepAsync("connect", "220 sandbox ESMTP", ct))
        {
            return;
        }

        while (await ReadLineAsync(ct) is { } line && await AnswerAsync(line, ct))
        {
        }
    }

    private async Task<bool> AnswerAsync(string line, CancellationToken ct)
    {
        var word = line.Split(' ', 2)[0].ToUpperInvariant();
        switch (word)
        {
            case "EHLO":
                await SayAsync($"250-sandbox\r\n250-SIZE {LongestMail}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n{(mailbox.OffersStartTls && !_encrypted ? "250-STARTTLS\r\n" : "")}250 AUTH PLAIN LOGIN", ct);
                return true;
            case "HELO":
                await SayAsync("250 sandbox", ct);
                return true;
            case "STARTTLS":
                await SayAsync(_encrypted || !mailbox.OffersStartTls ? "503 Not now" : "220 Go ahead", ct);
                if (!_encrypted && mailbox.OffersStartTls)
                {
                    await EncryptAsync(ct);
                }

                return true;
            case "AUTH":
                return await SignInAsync(line, ct);
            case "MAIL":
                _from = Address(line);
                _to.Clear();
                return await StepAsync("mail", "250 Sender taken", ct);
            case "RCPT":
                return await RecipientAsync(Address(line), ct);
            case "DATA":
                return await TakeMailAsync(ct);
            case "RSET" or "NOOP":
                if (word == "RSET")
                {
                    _to.Clear();
                }

                await SayAsync("250 Fine", ct);
                return true;
            case "QUIT":
                await SayAsync("221 Bye", ct);
                return false;
            default:
                await SayAsync("502 Not known here", ct);
                return true;
        }
    }

    private async Task<bool> RecipientAsync(string address, CancellationToken ct)
    {
        // Whoever looks at failures by hand has no means to program them: these addresses always behave like this.
        var magic = address.Split('@')[0] switch
        {
            "bounce" => "550 5.1.1 There is nobody of that name here",
            "busy" => "450 4.2.1 The mailbox is busy, try again later",
            _ => null,
        };
        if (magic is not null)
        {
            await SayAsync(magic, ct);
            return true;
        }

        if (mailbox.FailureAt("rcpt") is { } failure)
        {
            return await FailAsync(failure, ct);
        }

        _to.Add(address);
        await SayAsync("250 Recipient taken", ct);
        return true;
    }

    private async Task<bool> TakeMailAsync(CancellationToken ct)
    {
        if (mailbox.FailureAt("data") is { } early)
        {
            return await FailAsync(early, ct);
        }

        await SayAsync(_to.Count == 0 ? "503 No recipient" : "354 End with a dot", ct);
        if (_to.Count == 0)
        {
            return true;
        }

        using var raw = new MemoryStream();
        while (await ReadLineAsync(ct) is { } line && line != ".")
        {
            raw.Write(Encoding.Latin1.GetBytes(line.StartsWith('.') ? line[1..] : line));
            raw.Write("\r\n"u8);
        }

        if (mailbox.FailureAt("end") is { } late)
        {
            return await FailAsync(late, ct);
        }

        Keep(raw);
        await SayAsync($"250 2.0.0 Taken as {number}", ct);
        return true;
    }

    private void Keep(MemoryStream raw)
    {
        raw.Position = 0;
        using var message = MimeMessage.Load(raw);
        var text = Encoding.UTF8.GetString(raw.ToArray());
        mailbox.Take((at, now) => new CaughtMail
        {
            Number = at,
            At = now,
            Connection = number,
            Encrypted = _encrypted,
            User = _user,
            EnvelopeFrom = _from ?? "",
            EnvelopeTo = [.. _to],
            From = message.From.ToString(),
            To = message.To.ToString(),
            Subject = message.Subject ?? "",
            MessageId = message.MessageId,
            Html = message.HtmlBody,
            Text = message.TextBody,
            Raw = text,
        });
    }

    private async Task<bool> SignInAsync(string line, CancellationToken ct)
    {
        if (mailbox.FailureAt("auth") is { } failure)
        {
            return await FailAsync(failure, ct);
        }

        var parts = line.Split(' ');
        string? user, password;
        if (parts is [_, var plain, ..] && plain.Equals("PLAIN", StringComparison.OrdinalIgnoreCase))
        {
            var fields = Decode(parts.Length > 2 ? parts[2] : await AskAsync("", ct)).Split('\0');
            (user, password) = fields is [_, var name, var secret] ? (name, secret) : (null, null);
        }
        else
        {
            user = Decode(parts.Length > 2 ? parts[2] : await AskAsync("VXNlcm5hbWU6", ct));
            password = Decode(await AskAsync("UGFzc3dvcmQ6", ct));
        }

        _user = password == MailSandbox.Password ? user : null;
        await SayAsync(_user is null ? "535 5.7.8 User name or password is wrong" : "235 2.7.0 Welcome", ct);
        return true;
    }

    private async Task<string> AskAsync(string question, CancellationToken ct)
    {
        await SayAsync($"334 {question}", ct);
        return await ReadLineAsync(ct) ?? "";
    }

    private async Task<bool> StepAsync(string step, string otherwise, CancellationToken ct)
    {
        if (mailbox.FailureAt(step) is { } failure)
        {
            return await FailAsync(failure, ct) && step != "connect";
        }

        await SayAsync(otherwise, ct);
        return true;
    }

    /// <summary>Whether the conversation goes on.</summary>
    private async Task<bool> FailAsync(MailFailure failure, CancellationToken ct)
    {
        if (failure.Code is not { } code)
        {
            return false;
        }

        await SayAsync($"{code} {failure.Text}", ct);
        return true;
    }

    private async Task EncryptAsync(CancellationToken ct)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = mailbox.Certificate! }, ct);
        _encrypted = true;
    }

    private async Task SayAsync(string line, CancellationToken ct) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"), ct);

    // One byte at a time: what follows STARTTLS must not be taken out of the stream in clear.
    private async Task<string?> ReadLineAsync(CancellationToken ct)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await _stream.ReadAsync(one, ct) == 1)
        {
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            if (line.Length > LongestMail)
            {
                return null;
            }

            line.Append((char)one[0]);
        }

        return null;
    }

    private static string Address(string line)
    {
        var (start, end) = (line.IndexOf('<', StringComparison.Ordinal), line.IndexOf('>', StringComparison.Ordinal));
        return start >= 0 && end > start ? line[(start + 1)..end] : "";
    }

    private static string Decode(string base64)
    {
        var buffer = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, buffer, out var length) ? Encoding.UTF8.GetString(buffer, 0, length) : "";
    }
}
