using Ecodrix.Engine.Kernel;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>A browser origin that may call.</summary>
/// <param name="Url">Scheme, host and port, as browsers send it in <c>Origin</c>.</param>
public sealed record OriginView(string Url);

/// <summary>The browser origins a tenant lets call the API (CORS).</summary>
public sealed class TenantOrigins
{
    private const int MostOrigins = 50;

    private readonly TenantOnboarding _onboarding;

    internal TenantOrigins(TenantOnboarding onboarding) => _onboarding = onboarding;

    /// <summary>The allowed origins.</summary>
    public Task<IReadOnlyList<OriginView>> ListAsync(TenantScope scope, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<OriginView>>([.. scope.Tenant.Origins.Select(o => new OriginView(o))]);
    }

    /// <summary>Allows an origin; allowing it twice is the same.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<OriginView> AddAsync(TenantScope scope, string? url, CancellationToken ct)
    {
        var origin = Read(url);
        new Check().That(scope.Tenant.Origins.Count < MostOrigins, "url", $"At most {MostOrigins} origins.").Throw();
        await _onboarding.UpdateAsync(scope, Builders<Tenant>.Update.AddToSet(t => t.Origins, origin), ct);
        return new OriginView(origin);
    }

    /// <summary>No longer allows an origin.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, ORIGIN_NOT_FOUND.</exception>
    public async Task<OriginView> RemoveAsync(TenantScope scope, string? url, CancellationToken ct)
    {
        var origin = Read(url);
        if (!scope.Tenant.Origins.Contains(origin))
        {
            throw TenantRefusals.OriginNotFound(origin);
        }

        await _onboarding.UpdateAsync(scope, Builders<Tenant>.Update.Pull(t => t.Origins, origin), ct);
        return new OriginView(origin);
    }

    /// <summary>Refuses a request that a browser sends from an origin this tenant has not allowed.</summary>
    /// <exception cref="RefusedException">ORIGIN_NOT_ALLOWED.</exception>
    public static void Require(TenantScope scope, string origin)
    {
        if (!scope.Tenant.Origins.Contains(origin))
        {
            throw TenantRefusals.OriginNotAllowed(origin);
        }
    }

    private static string Read(string? url)
    {
        var good = Uri.TryCreate(url?.Trim(), UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            && uri.AbsolutePath == "/" && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0;
        new Check().That(good, "url", "url must be an origin such as https://client-domain.com (http only on localhost), without a path.").Throw();
        return uri!.GetLeftPart(UriPartial.Authority).ToLowerInvariant();
    }
}
