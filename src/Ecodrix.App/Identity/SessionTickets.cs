using System.Security.Claims;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;

namespace Ecodrix.App.Identity;

/// <summary>Keeps cookie sign-ins on the server, where their owner can see and end them.</summary>
internal sealed class SessionTickets(Sessions sessions, IDataProtectionProvider protection, TimeProvider clock) : ITicketStore
{
    /// <summary>The claim that names the session somebody is signed in by.</summary>
    public const string SessionClaim = "ecodrix:session";

    private static readonly TimeSpan DefaultLife = TimeSpan.FromHours(12);

    private readonly IDataProtector _protector = protection.CreateProtector("Ecodrix.Sessions");

    /// <summary>Whose sign-in this is, and by which session; null for somebody who has not signed in.</summary>
    public static (string Account, string Session)? Of(ClaimsPrincipal person) =>
        person.FindFirstValue(ClaimTypes.NameIdentifier) is { } account && person.FindFirstValue(SessionClaim) is { } session ? (account, session) : null;

    public Task<string> StoreAsync(AuthenticationTicket ticket) => KeepAsync(ticket, null, CancellationToken.None);

    public Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        KeepAsync(ticket, httpContext, cancellationToken);

    public Task RenewAsync(string key, AuthenticationTicket ticket) => sessions.RenewAsync(key, Protect(ticket), Until(ticket), CancellationToken.None);

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        if (await sessions.OpenAsync(key, CancellationToken.None) is not { } opened || TicketSerializer.Default.Deserialize(_protector.Unprotect(opened.Ticket)) is not { } ticket)
        {
            return null;
        }

        // What stays open longer than a request asks by it whether this very session has ended.
        if (ticket.Principal.Identity is ClaimsIdentity person && !person.HasClaim(c => c.Type == SessionClaim))
        {
            person.AddClaim(new Claim(SessionClaim, opened.Id));
        }

        return ticket;
    }

    public Task RemoveAsync(string key) => sessions.EndAsync(key, CancellationToken.None);

    private Task<string> KeepAsync(AuthenticationTicket ticket, HttpContext? context, CancellationToken ct) => sessions.BeginAsync(
        ticket.Principal.FindFirstValue(ClaimTypes.NameIdentifier)!,
        Protect(ticket),
        context?.Request.Headers.UserAgent.ToString() ?? "",
        context?.Connection.RemoteIpAddress?.ToString() ?? "",
        Until(ticket),
        ct);

    private byte[] Protect(AuthenticationTicket ticket) => _protector.Protect(TicketSerializer.Default.Serialize(ticket));

    private DateTime Until(AuthenticationTicket ticket) => (ticket.Properties.ExpiresUtc ?? clock.GetUtcNow() + DefaultLife).UtcDateTime;
}
