using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Withstand;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ecodrix.Tests.Api.Media;

/// <summary>Meta does not answer when contacts' files are asked for; others must not notice.</summary>
public sealed class MuteFilesTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Tenants_whose_files_never_come_hold_up_nobody()
    {
        var options = app.Services.GetRequiredService<IOptions<WhatsAppOptions>>().Value;
        var graph = new Uri(options.GraphUrl);
        using var upstream = RawUpstream.MuteTo("/5550000000001", graph);
        TestTenant[] mute = [await app.TenantAsync(), await app.TenantAsync(), await app.TenantAsync()];
        var quick = await app.TenantAsync();
        await quick.RuleAsync("form_submitted", new { type = "add_tag", config = new { tag = "done" } });
        foreach (var tenant in mute)
        {
            for (var i = 0; i < 8; i++)
            {
                var picture = new JsonObject { ["type"] = "image", ["image"] = new JsonObject { ["id"] = "5550000000001", ["mime_type"] = "image/png", ["sha256"] = "x" } };
                (await tenant.WebhookAsync(ChatSteps.Inbound(tenant, ChatSteps.NewPhone(), picture))).Status.Should().Be(200);
            }
        }

        using var stop = new CancellationTokenSource();
        var working = Task.CompletedTask;
        try
        {
            options.GraphUrl = upstream.Url + graph.AbsolutePath;
            working = SlowUpstreamTests.Runner(app, workers: 4).RunAsync(TimeSpan.Zero, stop.Token);
            var signal = app.Services.GetRequiredService<JobSignal>();
            signal.Wake();
            await Eventually.IsTrueAsync(() => Task.FromResult(upstream.Unanswered >= 4), Patience);

            var fresh = await quick.FireAsync("form_submitted", "9876571002");
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            signal.Wake();
            await SlowUpstreamTests.CompletedAsync(app, quick, fresh);

            foreach (var tenant in mute)
            {
                var jobs = (await tenant.GetAsync("/api/saas/jobs?kind=whatsapp.media")).Data.EnumerateArray().ToList();
                jobs.Should().HaveCount(8).And.OnlyContain(j => j.GetProperty("error").ValueKind == JsonValueKind.Null, "the other's work did not have to wait until they were given up");
            }
        }
        finally
        {
            options.GraphUrl = graph.ToString();
            await stop.CancelAsync();
            upstream.Speak();
            await working;
        }
    }
}
