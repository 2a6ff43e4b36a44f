using System.Security.Claims;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace Ecodrix.App.Identity;

/// <summary>Looks every half minute whether the person of an open page is still let in: a circuit lives longer than a request.</summary>
internal sealed class CircuitAuthentication(ILoggerFactory logs, IServiceScopeFactory scopes) : RevalidatingServerAuthenticationStateProvider(logs)
{
    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(30);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        if (authenticationState.User.FindFirstValue(ClaimTypes.NameIdentifier) is not { } id)
        {
            return false;
        }

        await using var scope = scopes.CreateAsyncScope();
        var account = await scope.ServiceProvider.GetRequiredService<AccountStore>().FindAsync(id, cancellationToken);
        return account is { Deactivated: false } && account.SecurityStamp == authenticationState.User.FindFirstValue("AspNet.Identity.SecurityStamp");
    }
}
