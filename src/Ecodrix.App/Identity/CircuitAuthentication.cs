using System.Security.Claims;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Ecodrix.App.Identity;

/// <summary>Looks every half minute whether the person of an open page is still let in: a circuit lives longer than a request.</summary>
internal sealed class CircuitAuthentication(ILoggerFactory logs, MemberAccess members) : RevalidatingServerAuthenticationStateProvider(logs)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(30);

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        MayStayAsync(authenticationState.User, cancellationToken);

    /// <summary>Whether a person is still let in. A new role ends every session.</summary>
    internal async Task<bool> MayStayAsync(ClaimsPrincipal person, CancellationToken ct) =>
        SessionTickets.Of(person) is var (account, session)
        && await members.MayStayAsync(account, session, person.FindFirstValue("AspNet.Identity.SecurityStamp"), ct);
}
