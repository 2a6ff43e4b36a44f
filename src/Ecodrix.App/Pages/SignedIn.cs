using System.Security.Claims;
using Ecodrix.App.Identity;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Components.Authorization;

namespace Ecodrix.App.Pages;

/// <summary>The person of this circuit, and what they may open. Each call asks the engine afresh.</summary>
internal sealed class SignedIn(AuthenticationStateProvider authentication, MemberAccess access)
{
    /// <summary>Who they are.</summary>
    public async Task<SignedInPerson> WhoAsync(CancellationToken ct) => await access.WhoAsync(await IdAsync(), ct);

    /// <summary>Opens a tenant on their behalf.</summary>
    public async Task<MemberScope> OpenAsync(string code, CancellationToken ct) => await access.OpenTenantAsync(await IdAsync(), code, ct);

    /// <summary>Opens the platform's administration on their behalf.</summary>
    public async Task<PlatformScope> PlatformAsync(Permission permission, CancellationToken ct) => await access.OpenPlatformAsync(await IdAsync(), permission, ct);

    /// <summary>The session they are signed in by; null where nobody is.</summary>
    public async Task<string?> SessionAsync() => SessionTickets.Of((await authentication.GetAuthenticationStateAsync()).User)?.Session;

    /// <summary>The account's id; empty when nobody is signed in, which opens nothing.</summary>
    public async Task<string> IdAsync() =>
        (await authentication.GetAuthenticationStateAsync()).User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
}
