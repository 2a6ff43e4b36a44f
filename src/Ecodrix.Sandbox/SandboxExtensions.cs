using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Control;
using Ecodrix.Sandbox.Google;
using Ecodrix.Sandbox.Graph;
using Ecodrix.Sandbox.Page;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ecodrix.Sandbox;

/// <summary>Puts the sandbox into an ASP.NET Core host.</summary>
public static class SandboxExtensions
{
    /// <summary>Registers the sandbox's state as a singleton. The host's <see cref="TimeProvider"/> is used if it has one.</summary>
    public static IServiceCollection AddEcodrixSandbox(this IServiceCollection services, Action<SandboxOptions>? configure = null)
    {
        services.TryAddSingleton(provider =>
        {
            var options = new SandboxOptions { TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System };
            configure?.Invoke(options);
            return new SandboxState(options);
        });
        return services;
    }

    /// <summary>
    /// Maps the page at <paramref name="prefix"/>, the Graph API at <c>/graph</c> below it, the callback catcher at
    /// <c>/callbacks/{name}</c> and the control API at <c>/api</c>. The routes are open to anybody who can reach the host:
    /// they are for development and tests.
    /// </summary>
    public static IEndpointConventionBuilder MapEcodrixSandbox(this IEndpointRouteBuilder endpoints, string prefix = "/sandbox")
    {
        var state = endpoints.ServiceProvider.GetRequiredService<SandboxState>();
        state.Mail.Start();
        var sandbox = endpoints.MapGroup(prefix);
        sandbox.MapGraph(state);
        sandbox.MapGoogle(state);
        sandbox.MapCallbacks(state);
        sandbox.MapControl(state);
        sandbox.MapPage(prefix);
        return sandbox.AllowAnonymous().DisableRateLimiting().DisableAntiforgery().WithMetadata(new ExcludeFromDescriptionAttribute());
    }
}
