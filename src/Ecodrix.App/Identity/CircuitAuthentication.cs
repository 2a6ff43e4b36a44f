using System.Security.Claims;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Ecodrix.App.Identity;

/// <summary>Looks every half minute whether the person of an open page is still let in: a circuit lives longer than a request.</summary>
internal sealed class CircuitAuthentication(ILoggerFactory logs, IServiceScopeFactory scopes) : RevalidatingServerAuthenticationStateProvider(logs)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(30);

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        MayStayAsync(authenticationState.User, cancellationToken);

    /// <summary>Whether a person is still let in: the account works as it did, and the session has not ended. A new role ends every session.</summary>
    internal async Task<bool> MayStayAsync(ClaimsPrincipal person, CancellationToken ct)
    {
        if (person.FindFirstValue(ClaimTypes.NameIdentifier) is not { } id || person.FindFirstValue(SessionTickets.SessionClaim) is not { } session)
        {
            return false;
        }

        await using var scope = scopes.CreateAsyncScope();
        var account = await scope.ServiceProvider.GetRequiredService<AccountStore>().FindAsync(id, ct);
        return account is { Deactivated: false } && account.SecurityStamp == person.FindFirstValue("AspNet.Identity.SecurityStamp")
            && await scope.ServiceProvider.GetRequiredService<Sessions>().IsOpenAsync(id, session, ct);
    }
}
