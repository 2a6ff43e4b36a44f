using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Email;

/// <summary>Settings of mail (<c>Ecodrix:Email</c>).</summary>
public sealed record EmailOptions
{
    /// <summary>
    /// SHA-256 fingerprints, in hexadecimal, of certificates that are trusted although no authority vouches for them: a mail server of
    /// one's own network. Every other certificate is checked as usual; there is no way to turn the check off.
    /// </summary>
    public IList<string> TrustedCertificates { get; init; } = [];

    /// <summary>How long one step with a mail server may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);
}

internal static class EmailSetup
{
    public static IServiceCollection AddEmail(this IServiceCollection services)
    {
        services.AddOptions<EmailOptions>().BindConfiguration("Ecodrix:Email")
            .Validate(o => o.Timeout > TimeSpan.Zero && o.Timeout <= TimeSpan.FromMinutes(5), "Ecodrix:Email:Timeout must be more than nothing and 5 minutes at most.")
            .ValidateOnStart();
        services.AddSingleton<SmtpConnections>();
        services.AddSingleton<IMailer, SmtpMailer>();
        return services.AddOperation<EmailPreview>();
    }
}
