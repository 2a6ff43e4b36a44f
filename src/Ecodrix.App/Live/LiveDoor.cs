using Ecodrix.App.Hosting;
using Ecodrix.App.Identity;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.App.Live;

/// <summary>How somebody was let in to the live events.</summary>
/// <param name="Scope">The tenant, on their behalf.</param>
/// <param name="Credential">What they showed, by its name: connections of one credential are asked after once.</param>
/// <param name="AskAgain">Refuses what would not be let in any more.</param>
internal sealed record LiveAdmission(TenantScope Scope, string Credential, Func<CancellationToken, Task> AskAgain);

/// <summary>Decides who may listen: a client server by its key, a person by the session of their cookie.</summary>
internal sealed class LiveDoor(TenantDirectory directory, MemberAccess members, HostSettings host)
{
    /// <exception cref="RefusedException">Nothing that lets in was shown, or not from a page that may.</exception>
    public async Task<LiveAdmission> OpenAsync(HttpContext http, CancellationToken ct)
    {
        // Browsers cannot set headers on a WebSocket; SignalR's clients put the token into the query then.
        var code = http.Request.Headers["x-client-code"].FirstOrDefault() ?? http.Request.Query["clientCode"].FirstOrDefault();
        var foreign = ForeignOrigin(http);
        if (code is not null && SessionTickets.Of(http.User) is var (person, session))
        {
            // A browser shows the cookie whoever's page it is that connects, and a WebSocket knows no preflight.
            if (foreign is not null)
            {
                throw new RefusedException(RefusalKind.Forbidden, "ORIGIN_NOT_ALLOWED", $"A page of {foreign} may not connect with the cookie of somebody who is signed in here.");
            }

            async Task<TenantScope> Admit(CancellationToken token) => (await members.OpenTenantInSessionAsync(person, session, code, token)).Scope;
            return new LiveAdmission(await Admit(ct), $"{code} session {session}", Admit);
        }

        var key = http.Request.Headers["x-api-key"].FirstOrDefault() ?? Bearer(http) ?? http.Request.Query["access_token"].FirstOrDefault();
        var holder = await directory.AuthenticateAsync(code, key, ct);
        return new LiveAdmission(Admitted(holder, foreign), $"{code} key {holder.KeyId} {foreign}", async token => Admitted(await directory.ReopenAsync(holder, token), foreign));
    }

    private static TenantScope Admitted(KeyHolder holder, string? foreign)
    {
        if (foreign is not null)
        {
            TenantOrigins.Require(holder.Scope, foreign);
        }

        holder.Require(ApiScope.ChatRead);
        return holder.Scope;
    }

    /// <summary>The origin of the page that connects; null where it is our own, or no browser.</summary>
    private string? ForeignOrigin(HttpContext http)
    {
        var origin = http.Request.Headers.Origin.ToString();
        // Behind a proxy the scheme, and at times the host, are not those that browsers see.
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && (page.Authority == http.Request.Host.Value || origin == host.PublicUrl))
            ? null
            : origin;
    }

    private static string? Bearer(HttpContext http) =>
        http.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] ? token : null;
}
