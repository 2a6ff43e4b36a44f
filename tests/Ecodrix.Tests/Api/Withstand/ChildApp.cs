using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>The product as a process of its own, to be killed and started again on the same port and data.</summary>
internal sealed class ChildApp(string data, IReadOnlyDictionary<string, string> settings) : IAsyncDisposable
{
    public const string AdminKey = "crash-admin-key-0123456789";

    private readonly ConcurrentQueue<string> _lines = new();
    private Process? _process;

    /// <summary>What it has written to its output so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public string Url { get; } = $"http://127.0.0.1:{FreePort()}";

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, "Ecodrix.App.dll") },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Urls"] = Url;
        start.Environment["Ecodrix__DataPath"] = data;
        start.Environment["Ecodrix__AdminKey"] = AdminKey;
        start.Environment["Logging__LogLevel__Default"] = "Error";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.IsTrueAsync(async () =>
        {
            _process.HasExited.Should().BeFalse("the product should start");
            using var answer = await Http.GetAsync(new Uri($"{Url}/api/saas/health"));
            return answer.IsSuccessStatusCode;
        }, TimeSpan.FromSeconds(60));
    }

    /// <summary>Like <c>kill -9</c>: nothing is finished, nothing is said.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        Http.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Waits for what another process does: asks again until it is so.</summary>
internal static class Eventually
{
    public static async Task IsTrueAsync(Func<Task<bool>> holds, TimeSpan within, Func<string>? state = null)
    {
        var started = Stopwatch.StartNew();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                if (await holds())
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not up yet, or killed in the midst of an answer.
            }

            started.Elapsed.Should().BeLessThan(within, $"it should have come about by now {state?.Invoke()}");
            await pace.WaitForNextTickAsync();
        }
    }
}
