using System.Net;
using System.Net.Sockets;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Tests.Api.Chat;
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
        var working = Runner(workers: 8).RunAsync(TimeSpan.Zero, stop.Token);
        var signal = app.Services.GetRequiredService<JobSignal>();
        signal.Wake();
        // All that the slow tenant may have of the workers is stuck in its upstream …
        await Eventually.IsTrueAsync(() => Task.FromResult(upstream.Held >= 4), Patience);

        var fresh = await quick.FireAsync("form_submitted", "9876571002");
        await CompletedAsync(app, quick, fresh);

        // … and still is, now that the other's work is done.
        upstream.Held.Should().BeGreaterThanOrEqualTo(4);
        await stop.CancelAsync();
        upstream.Dispose();
        await working;
    }

    [Fact]
    public async Task A_node_that_is_stopped_lets_a_call_under_way_end_so_that_it_is_not_made_again()
    {
        using var upstream = RawUpstream.Hesitating("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = upstream.Url } });
        using var stop = new CancellationTokenSource();
        var working = Runner(workers: 8).RunAsync(TimeSpan.FromMinutes(1), stop.Token);
        var fired = await tenant.FireAsync("form_submitted", "9876571003");
        await MovingAsync(app, () => Task.FromResult(upstream.Silent.IsCompleted));

        await stop.CancelAsync();
        upstream.Speak();
        await working.WaitAsync(Patience);

        var ended = await tenant.EventAsync(fired);
        ended.Text("status").Should().Be("completed");
        ended.Action(0).GetProperty("attempts").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task A_node_that_is_stopped_and_can_wait_no_longer_gives_back_what_has_not_ended()
    {
        using var upstream = RawUpstream.Hesitating("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = upstream.Url } });
        using var stop = new CancellationTokenSource();
        var working = Runner(workers: 8).RunAsync(TimeSpan.Zero, stop.Token);
        var fired = await tenant.FireAsync("form_submitted", "9876571004");
        await MovingAsync(app, () => Task.FromResult(upstream.Silent.IsCompleted));

        await stop.CancelAsync();
        await working.WaitAsync(Patience);
        (await tenant.GetAsync("/api/saas/jobs?status=queued&kind=automation.action")).Data.GetArrayLength().Should().Be(1, "another node need not wait for the lease");

        upstream.Speak();
        await app.RunDueAsync();
        (await tenant.EventAsync(fired)).Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task Tenants_whose_upstreams_are_all_mute_hold_up_nobody()
    {
        using var upstream = new DeafUpstream(drops: false);
        var (first, quick) = await TwoTenantsAsync(upstream);
        TestTenant[] mute = [first, (await TwoTenantsAsync(upstream)).Slow, (await TwoTenantsAsync(upstream)).Slow];
        foreach (var tenant in mute)
        {
            for (var i = 0; i < 8; i++)
            {
                await tenant.FireAsync("form_submitted", "9876571001");
            }
        }

        using var stop = new CancellationTokenSource();
        var working = Runner(workers: 4).RunAsync(TimeSpan.Zero, stop.Token);
        var signal = app.Services.GetRequiredService<JobSignal>();
        signal.Wake();
        await Eventually.IsTrueAsync(() => Task.FromResult(upstream.Held >= 4), Patience);

        // Every worker is stuck. Each second the queue is looked at, and those who only wait do other work.
        var fresh = await quick.FireAsync("form_submitted", "9876571002");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        signal.Wake();
        await CompletedAsync(app, quick, fresh);

        upstream.Held.Should().BeGreaterThanOrEqualTo(4);
        await stop.CancelAsync();
        upstream.Dispose();
        await working;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tenant_whose_graph_never_answers_does_not_hold_up_another(bool byRule)
    {
        // A number of its own: what an earlier case left to be sent is not mute any more.
        var mute = byRule ? "109990000000001" : "109990000000002";
        var (slow, quick) = (await app.TenantAsync(), await app.TenantAsync());
        (await app.SendAsync(HttpMethod.Post, $"/api/clients/{slow.Code}/secrets", new { whatsappPhoneNumberId = mute }, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        var hello = new { templateName = "appointment_confirmed", language = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } };
        foreach (var tenant in (TestTenant[])[slow, quick])
        {
            (await tenant.PostAsync("/api/saas/chat/templates/sync", new { })).Status.Should().Be(200);
            await tenant.RuleAsync("form_submitted", new { type = "send_whatsapp", config = hello });
        }

        var options = app.Services.GetRequiredService<IOptions<WhatsAppOptions>>().Value;
        var graph = new Uri(options.GraphUrl);
        using var upstream = RawUpstream.MuteTo($"/{mute}/messages", graph);
        using var stop = new CancellationTokenSource();
        var working = Task.CompletedTask;
        try
        {
            options.GraphUrl = upstream.Url + graph.AbsolutePath;
            var stuck = new List<string>();
            for (var i = 0; i < 30; i++)
            {
                // What people send themselves is more urgent than what rules do, and still no reason to keep another waiting.
                var to = ChatSteps.NewPhone();
                stuck.Add(byRule ? await slow.FireAsync("form_submitted", to) : await SentAsync(slow, to, hello.templateName, hello.variables));
            }

            working = Runner(workers: 8).RunAsync(TimeSpan.Zero, stop.Token);
            app.Services.GetRequiredService<JobSignal>().Wake();
            // All that the slow tenant may have of the workers is stuck in its Graph …
            await Eventually.IsTrueAsync(() => Task.FromResult(upstream.Unanswered >= 4), Patience);

            var patient = ChatSteps.NewPhone();
            var fresh = await quick.FireAsync("form_submitted", patient);
            await CompletedAsync(app, quick, fresh);
            app.SentTo(patient).Should().ContainSingle();

            // … and still is, now that the other's message is sent.
            foreach (var id in stuck)
            {
                var status = byRule ? (await slow.EventAsync(id)).Text("status") : await slow.MessageStatusAsync(id);
                status.Should().BeOneOf("processing", "queued", "sending");
            }
        }
        finally
        {
            options.GraphUrl = graph.ToString();
            await stop.CancelAsync();
            await working;
        }
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

    private static async Task<string> SentAsync(TestTenant tenant, string to, string templateName, string[] variables)
    {
        var sent = await tenant.PostAsync("/api/saas/chat/send", new { to, templateName, templateLanguage = "en_US", variables });
        sent.Status.Should().Be(201, sent.Json.ToString());
        return Rules.Text(sent.Data, "id");
    }

    internal static Task CompletedAsync(AppFixture app, TestTenant tenant, string eventId) => MovingAsync(app, async () => (await tenant.EventAsync(eventId)).Text("status") == "completed");

    /// <summary>Waits for what a runner does. A job may meet its event while that is still being dispatched, and comes back a second later by a clock that nobody else moves.</summary>
    private static Task MovingAsync(AppFixture app, Func<Task<bool>> holds) => Eventually.IsTrueAsync(
        () =>
        {
            app.Clock.Advance(TimeSpan.FromMilliseconds(100));
            return holds();
        },
        Patience);

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

    private JobRunner Runner(int workers) => Runner(app, workers);

    internal static JobRunner Runner(AppFixture app, int workers)
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
