using Ecodrix.Engine.Tenants;

namespace Ecodrix.App.Api;

/// <summary>The client server that calls, as the gate let it in.</summary>
/// <param name="Scope">Its tenant.</param>
/// <param name="Token">The same for every attempt at a request with an <c>Idempotency-Key</c>; null without one.</param>
internal sealed record Caller(TenantScope Scope, string? Token)
{
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(
        context.Items[typeof(KeyHolder)] is KeyHolder holder ? new Caller(holder.Scope, context.Items[typeof(IdempotencyVerdict)] as string) : null);
}

/// <summary>The administration that calls, as the gate let it in.</summary>
internal sealed record Admin(PlatformScope Platform, TenantDirectory Directory)
{
    public static ValueTask<Admin?> BindAsync(HttpContext context) => ValueTask.FromResult(context.Items[typeof(PlatformScope)] is PlatformScope platform
        ? new Admin(platform, context.RequestServices.GetRequiredService<TenantDirectory>())
        : null);

    /// <summary>Opens the tenant of the route.</summary>
    public Task<TenantScope> OpenAsync(string code, CancellationToken ct) => Directory.OpenAsync(Platform, code, ct);
}
