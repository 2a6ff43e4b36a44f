using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Email;

/// <summary>A mail ready to be sent.</summary>
/// <param name="Id">What its Message-ID is made from: a repeat of the same mail has the same.</param>
/// <param name="To">One address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Html">The body.</param>
/// <param name="Text">The body for readers without HTML.</param>
internal sealed record Mail(string Id, string To, string Subject, string Html, string Text);

/// <summary>The wire to a tenant's mail server.</summary>
internal interface IMailer
{
    /// <summary>Hands a mail over.</summary>
    /// <exception cref="RefusedException">SECRET_MISSING.</exception>
    Task<MailAnswer> SendAsync(TenantScope scope, Mail mail, CancellationToken ct);

    /// <summary>Connects and signs in, and sends nothing.</summary>
    /// <exception cref="RefusedException">SECRET_MISSING.</exception>
    Task<MailAnswer> SignInAsync(TenantScope scope, CancellationToken ct);
}

/// <summary>What a mail server said.</summary>
internal abstract record MailAnswer
{
    private MailAnswer()
    {
    }

    /// <summary>Taken: the server has it now.</summary>
    internal sealed record Accepted(string MessageId, string Response) : MailAnswer;

    /// <summary>Refused for good; trying again would not help.</summary>
    /// <param name="Why">What happened.</param>
    /// <param name="Remedy">What to do about it.</param>
    internal sealed record Refused(string Why, string Remedy) : MailAnswer
    {
        /// <summary>A stable code of the cause.</summary>
        public string Code { get; init; } = "MAIL_REFUSED";
    }

    /// <summary>Not now.</summary>
    internal sealed record Later(string Why) : MailAnswer;
}
