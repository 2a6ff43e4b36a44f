using System.Net;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Google;
using Ecodrix.Sandbox.Graph;
using Ecodrix.Sandbox.Mail;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Sandbox;

/// <summary>Runs a sandbox on a loopback port of its own, for tests and figures.</summary>
public sealed class SandboxHost : IAsyncDisposable
{
    private const string Prefix = "/sandbox";

    private readonly WebApplication _app;
    private readonly SandboxState _state;

    private SandboxHost(WebApplication app, SandboxState state) => (_app, _state) = (app, state);

    /// <summary>The scheme, host and port, without a slash at the end.</summary>
    public string BaseUrl => _app.Urls.First().TrimEnd('/');

    /// <summary>What the product is configured with instead of Meta's address.</summary>
    public string GraphUrl => $"{BaseUrl}{Prefix}/graph";

    /// <summary>What was sent, and the means to act as Meta or as a customer.</summary>
    public GraphSandbox Graph => _state.Graph;

    /// <summary>What was posted to the callback catcher.</summary>
    public CallbackCatcher Callbacks => _state.Callbacks;

    /// <summary>The mail server and what was delivered to it.</summary>
    public MailSandbox Mail => _state.Mail;

    /// <summary>The stand-in for Google.</summary>
    public GoogleSandbox Google => _state.Google;

    /// <summary>What the product is configured with instead of Google's addresses.</summary>
    public string GoogleUrl => $"{BaseUrl}{Prefix}/google";

    /// <summary>The options, live.</summary>
    public SandboxOptions Options => _state.Options;

    /// <summary>The address that catches callbacks under a name.</summary>
    public string CallbackUrl(string name) => $"{BaseUrl}{Prefix}/callbacks/{Uri.EscapeDataString(name)}";

    /// <summary>Starts a sandbox and returns when it answers.</summary>
    public static async Task<SandboxHost> StartAsync(SandboxOptions options, CancellationToken ct)
    {
        // An empty builder: no settings file or environment variable of the machine can change what a test sees.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddRoutingCore();
        var state = new SandboxState(options);
        builder.Services.AddSingleton(state);
        var app = builder.Build();
        app.UseRouting();
        app.MapEcodrixSandbox(Prefix);
        app.MapGet("/", () => Results.Redirect(Prefix));
        try
        {
            await app.StartAsync(ct);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new SandboxHost(app, state);
    }

    /// <summary>Stops answering and posting.</summary>
    public async ValueTask DisposeAsync()
    {
        await _state.DisposeAsync();
        await _app.DisposeAsync();
    }
}
