using System.Globalization;
using Ecodrix.Engine.Tenants;
using MailKit.Security;
using MimeKit;

namespace Ecodrix.Engine.Email;

/// <summary>A tenant's mail server, as its secrets say.</summary>
internal sealed record SmtpSettings(string Host, int Port, SecureSocketOptions Security, string? User, string? Password, string FromName, string FromAddress)
{
    /// <summary>The sender. A bare address in an inbox looks like a machine, so it gets the business's name.</summary>
    public MailboxAddress From => new(FromName, FromAddress);

    /// <exception cref="Kernel.RefusedException">SECRET_MISSING.</exception>
    public static SmtpSettings Of(TenantScope scope)
    {
        var port = int.Parse(scope.RequireSecret(SecretCatalogue.SmtpPort), CultureInfo.InvariantCulture);
        var from = MailboxAddress.Parse(scope.RequireSecret(SecretCatalogue.SmtpFrom));
        return new SmtpSettings(
            scope.RequireSecret(SecretCatalogue.SmtpHost), port, SecurityOf(scope.Secret(SecretCatalogue.SmtpSecurity), port),
            scope.Secret(SecretCatalogue.SmtpUser), scope.Secret(SecretCatalogue.SmtpPass),
            string.IsNullOrWhiteSpace(from.Name) ? scope.Name : from.Name, from.Address);
    }

    // 465 is TLS from the first byte (RFC 8314); every other port must agree on STARTTLS. TLS only where the server offers it would hand the
    // password to whoever strips the offer, so a connection in clear has to be asked for by name.
    private static SecureSocketOptions SecurityOf(string? said, int port) => said switch
    {
        "tls" => SecureSocketOptions.SslOnConnect,
        "starttls" => SecureSocketOptions.StartTls,
        "none" => SecureSocketOptions.None,
        _ => port == 465 ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls,
    };
}
