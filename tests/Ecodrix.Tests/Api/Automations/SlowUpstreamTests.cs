using System.Net;
using System.Net.Sockets;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Tests.Api.Withstand;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ecodrix.Tests.Api.Automations;

/// <summary>One tenant's upstream answers nobody, or drops whoever calls; the others must not notice.</summary>
public sealed class SlowUpstreamTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("http_request")]
    [InlineData("send_email")]
    public async Task A_tenant_whose_upstream_never_answers_does_not_hold_up_another(string by)
    {
        using var upstream = new DeafUpstream(drops: false);
        var (slow, quick) = await TwoTenantsAsync(upstream, by);
        for (var i = 0; i < 30; i++)
        {
            await slow.FireAsync("form_submitted", "9876571001");
        }

        using var stop = new CancellationTokenSource();
        var working = Runner(workers: 8).RunAsync(stop.Token);
        var signal = app.Services.GetRequiredService<JobSignal>();
        signal.Wake();
        // All that the slow tenant may have of the workers is stuck in its upstream …
        await Eventually.IsTrueAsync(() => Task.FromResult(upstream.Held >= 4), Patience);

        var fresh = await quick.FireAsync("form_submitted", "9876571002");
        await Eventually.IsTrueAsync(async () => (await quick.EventAsync(fresh)).Text("status") == "completed", Patience);

        // … and still is, now that the other's work is done.
        upstream.Held.Should().BeGreaterThanOrEqualTo(4);
        await stop.CancelAsync();
        upstream.Dispose();
        await working;
    }

    [Fact]
    public async Task A_tenant_whose_upstream_drops_every_call_retries_alone_and_loses_nothing()
    {
        using var upstream = new DeafUpstream(drops: true);
        var (dropping, quick) = await TwoTenantsAsync(upstream);
        var log = await dropping.FireAsync("form_submitted", "9876571003");
        var fresh = await quick.FireAsync("form_submitted", "9876571004");

        await app.RunDueAsync();

        (await quick.EventAsync(fresh)).Text("status").Should().Be("completed");
        var action = (await dropping.EventAsync(log)).Action(0);
        action.Text("status").Should().Be("retrying");
        action.GetProperty("attempts").GetInt32().Should().Be(1);
        upstream.Dropped.Should().BeGreaterThanOrEqualTo(1);
        for (var attempt = 0; attempt < 10; attempt++)
        {
            app.Clock.Advance(TimeSpan.FromHours(1));
            await app.RunDueAsync();
        }

        (await dropping.EventAsync(log)).Text("status").Should().Be("failed");
        (await dropping.GetAsync("/api/saas/jobs?status=failed&kind=automation.action")).Json.GetProperty("total").GetInt32().Should().Be(1);
    }

    private async Task<(TestTenant Slow, TestTenant Quick)> TwoTenantsAsync(DeafUpstream upstream, string by = "http_request")
    {
        var slow = await app.TenantAsync();
        var quick = await app.TenantAsync();
        var secrets = new { smtpHost = "127.0.0.1", smtpPort = new Uri(upstream.Url).Port, smtpFrom = "hello@clinic.example", smtpSecurity = "none" };
        (await app.SendAsync(HttpMethod.Post, $"/api/clients/{slow.Code}/secrets", secrets, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        await slow.RuleAsync("form_submitted", by == "send_email"
            ? new { type = by, config = (object)new { subject = "Hello", htmlBody = "<p>x</p>", to = "slow@example.com" } }
            : new { type = by, config = (object)new { url = upstream.Url } });
        await quick.RuleAsync("form_submitted", new { type = "add_tag", config = new { tag = "done" } });
        return (slow, quick);
    }

    private JobRunner Runner(int workers)
    {
        var services = app.Services;
        return new JobRunner(
            services.GetRequiredService<JobQueue>(), services.GetRequiredService<JobClaims>(), services.GetRequiredService<JobSignal>(), services.GetRequiredService<TenantDirectory>(),
            services.GetRequiredService<Lazy<IEnumerable<IJobHandler>>>(), services.GetRequiredService<ILiveBus>(), Options.Create(new WorkerOptions { Workers = workers }), app.Clock, NullLogger<JobRunner>.Instance);
    }

    /// <summary>Takes connections and then says nothing, or hangs up.</summary>
    private sealed class DeafUpstream : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<TcpClient> _held = [];
        private readonly bool _drops;
        private int _dropped;

        public DeafUpstream(bool drops)
        {
            _drops = drops;
            _listener.Start();
            _ = AcceptAsync();
        }

        public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook";

        public int Dropped => Volatile.Read(ref _dropped);

        public int Held
        {
            get
            {
                lock (_held)
                {
                    return _held.Count;
                }
            }
        }

        public void Dispose()
        {
            _listener.Stop();
            lock (_held)
            {
                _held.ForEach(c => c.Dispose());
                _held.Clear();
            }
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync();
                    if (_drops)
                    {
                        client.Dispose();
                        Interlocked.Increment(ref _dropped);
                        continue;
                    }

                    lock (_held)
                    {
                        _held.Add(client);
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
