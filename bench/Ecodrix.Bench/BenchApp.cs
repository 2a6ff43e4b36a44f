using System.Diagnostics;
using Ecodrix.App.Hosting;
using Ecodrix.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Ecodrix.Bench;

/// <summary>The product as the figures run it: a production start on a port of its own with the embedded store, a sandbox beside it, and a data folder that goes with it.</summary>
internal sealed class BenchApp : IAsyncDisposable
{
    public const string AdminKey = "bench-admin-key-0123456789";

    private readonly string _data = Path.Combine(Path.GetTempPath(), $"ecodrix-bench-{Guid.NewGuid():n}");
    private WebApplication _app = null!;

    private BenchApp(SandboxHost sandbox) => Sandbox = sandbox;

    public SandboxHost Sandbox { get; }

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(5) };

    public IServiceProvider Services => _app.Services;

    public string Url => _app.Urls.First();

    /// <summary>When the product, not the sandbox, began to start: a <see cref="Stopwatch"/> timestamp.</summary>
    public long Began { get; private init; }

    /// <summary>The processor time this process has used.</summary>
    public static TimeSpan Cpu() => Environment.CpuUsage.TotalTime;

    /// <summary>Processor time of product, sandbox and callers together for each of some things, which other work on the machine does not lengthen much.</summary>
    public static string CpuEach(TimeSpan before, int count) => $"{(Cpu() - before).TotalMilliseconds / count:0.00} ms of processor each";

    public static async Task<BenchApp> StartAsync(SandboxOptions sandbox)
    {
        var bench = new BenchApp(await SandboxHost.StartAsync(sandbox, CancellationToken.None)) { Began = Stopwatch.GetTimestamp() };
        var builder = WebApplication.CreateBuilder(["--environment", "Production"]);
        builder.Logging.ClearProviders();
        builder.Configuration["Urls"] = "http://127.0.0.1:0";
        builder.Configuration["Ecodrix:DataPath"] = bench._data;
        builder.Configuration["Ecodrix:AdminKey"] = AdminKey;
        builder.Configuration["Ecodrix:WhatsApp:GraphUrl"] = bench.Sandbox.GraphUrl;
        bench._app = await EcodrixHost.BuildAsync(builder);
        await bench._app.StartAsync();
        bench.Http.BaseAddress = new Uri(bench.Url);
        return bench;
    }

    /// <summary>The embedded store's address, for looking into it directly.</summary>
    public async Task<string> MongoUriAsync() => (await File.ReadAllTextAsync(Path.Combine(_data, "mongodb.uri"))).Trim();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Sandbox.DisposeAsync();
        Http.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}
