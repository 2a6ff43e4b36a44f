using System.Diagnostics;
using System.Net.Sockets;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Tenants;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Telemetry = Ecodrix.Engine.Kernel.Telemetry;

namespace Ecodrix.Engine.Email;

/// <summary>Sends by SMTP, and says in words what stood in the way.</summary>
internal sealed class SmtpMailer(SmtpConnections connections, TimeProvider clock) : IMailer
{
    public async Task<MailAnswer> SendAsync(TenantScope scope, Mail mail, CancellationToken ct)
    {
        var settings = SmtpSettings.Of(scope);
        using var message = Compose(mail, settings);
        return await UseAsync(scope, settings, mail.To, async (client, limit, text) => new MailAnswer.Accepted(message.MessageId!, (await client.SendAsync(message, limit, text)).Trim()), ct);
    }

    public Task<MailAnswer> SignInAsync(TenantScope scope, CancellationToken ct)
    {
        var settings = SmtpSettings.Of(scope);
        return UseAsync(scope, settings, settings.From.Address, async (client, limit, _) =>
        {
            await client.NoOpAsync(limit);
            return new MailAnswer.Accepted("", settings.User is null ? "Connected; no user is set, so nobody signed in." : "Signed in.");
        }, ct);
    }

    private async Task<MailAnswer> UseAsync(TenantScope scope, SmtpSettings settings, string about, Func<SmtpClient, CancellationToken, ITransferProgress, Task<MailAnswer.Accepted>> use, CancellationToken ct)
    {
        using var activity = Telemetry.Activities.StartActivity("smtp", ActivityKind.Client)?.SetTag("server.address", settings.Host).SetTag("server.port", settings.Port);
        var answer = await TryAsync(scope, settings, about, use, ct);
        if (answer is not MailAnswer.Accepted)
        {
            activity?.SetStatus(ActivityStatusCode.Error);
        }

        return answer;
    }

    private async Task<MailAnswer> TryAsync(
        TenantScope scope, SmtpSettings settings, string about, Func<SmtpClient, CancellationToken, ITransferProgress, Task<MailAnswer.Accepted>> use, CancellationToken ct)
    {
        SmtpClient? client = null;
        try
        {
            client = await connections.TakeAsync(scope.Code, settings, ct);
            var taken = client;
            var answer = await connections.InTimeAsync((limit, text) => use(taken, limit, text), ct);
            connections.Return(scope.Code, settings, client);
            client = null;
            return answer;
        }
        catch (SmtpCommandException e)
        {
            // The server said no to this mail; the connection is as good as before.
            if (client is not null)
            {
                connections.Return(scope.Code, settings, client);
                client = null;
            }

            return Said(e, about);
        }
        catch (Exception e) when (Verdict(e, settings) is not null)
        {
            return Verdict(e, settings)!;
        }
        finally
        {
            client?.Dispose();
        }
    }

    private MimeMessage Compose(Mail mail, SmtpSettings settings)
    {
        var domain = settings.From.Domain is { Length: > 0 } own ? own : settings.Host;
        var message = new MimeMessage
        {
            MessageId = $"{mail.Id}@{domain}",
            Date = clock.GetUtcNow(),
            Subject = mail.Subject,
            Body = new BodyBuilder { HtmlBody = mail.Html, TextBody = mail.Text }.ToMessageBody(),
        };
        message.From.Add(settings.From);
        message.To.Add(MailboxAddress.Parse(mail.To));
        // RFC 3834: an out-of-office robot must not answer a robot.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return message;
    }

    private static MailAnswer Said(SmtpCommandException e, string about)
    {
        var code = (int)e.StatusCode;
        var said = $"{code} {e.Message.Trim()}";
        if (code is < 500 or > 599)
        {
            return new MailAnswer.Later($"The mail server put it off: {said}");
        }

        return e.ErrorCode switch
        {
            SmtpErrorCode.RecipientNotAccepted => new MailAnswer.Refused($"The mail server refused the address {about}: {said}", "Check the address; it may be misspelt or no longer exist.") { Code = "EMAIL_REFUSED" },
            SmtpErrorCode.SenderNotAccepted => new MailAnswer.Refused($"The mail server refused the sender: {said}", "Set smtpFrom to an address that this account may send from.") { Code = "SMTP_SENDER_REFUSED" },
            _ => new MailAnswer.Refused($"The mail server refused the mail: {said}", "Its text says why; usual causes are its size, its content, or a sender domain without SPF and DKIM."),
        };
    }

    private static MailAnswer? Verdict(Exception e, SmtpSettings settings) => e switch
    {
        OutboundRefusedException => new MailAnswer.Refused(
            $"The mail server {settings.Host} has a private address.", "Use a public mail server, or have whoever runs the platform add the host to Ecodrix:Callbacks:AllowedPrivateHosts.")
        { Code = "SMTP_SETTINGS_WRONG" },
        AuthenticationException { InnerException: SmtpCommandException { StatusCode: var code } inner } when (int)code is >= 400 and < 500 =>
            new MailAnswer.Later($"The mail server put the sign-in off: {(int)code} {inner.Message}"),
        AuthenticationException => new MailAnswer.Refused($"The mail server refused the sign-in of {settings.User}: {e.Message.Trim()}", "Check smtpUser and smtpPass; many providers want an app password here.") { Code = "SMTP_SIGN_IN_REFUSED" },
        SslHandshakeException { InnerException: System.Security.Authentication.AuthenticationException } => new MailAnswer.Refused(
            $"The certificate of {settings.Host} is not trusted for that name.", "Use the name in the certificate, or have whoever runs the platform add its fingerprint to Ecodrix:Email:TrustedCertificates.")
        { Code = "SMTP_SETTINGS_WRONG" },
        NotSupportedException when settings.Security == SecureSocketOptions.StartTls => new MailAnswer.Refused(
            $"{settings.Host}:{settings.Port} does not offer STARTTLS.", "Use port 465 with TLS, or set smtpSecurity to tls or none.")
        { Code = "SMTP_SETTINGS_WRONG" },
        NotSupportedException => new MailAnswer.Refused($"{settings.Host} does not take a sign-in: {e.Message}", "Remove smtpUser and smtpPass, or use the server's submission port.") { Code = "SMTP_SETTINGS_WRONG" },
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } => new MailAnswer.Later($"The name {settings.Host} could not be resolved. Check smtpHost."),
        SocketException => new MailAnswer.Later($"{settings.Host}:{settings.Port} could not be reached ({e.Message}). Check smtpHost and smtpPort."),
        TimeoutException => new MailAnswer.Later($"{settings.Host}:{settings.Port} did not answer in time. If it never does, the port or its security may be wrong: 465 is TLS, 587 is STARTTLS."),
        SslHandshakeException => new MailAnswer.Later($"TLS with {settings.Host}:{settings.Port} could not be agreed. If it never can, the port and smtpSecurity may not belong together: 465 is TLS, 587 is STARTTLS."),
        ProtocolException or IOException or ServiceNotConnectedException => new MailAnswer.Later($"The connection to {settings.Host} broke off."),
        _ => null,
    };
}
