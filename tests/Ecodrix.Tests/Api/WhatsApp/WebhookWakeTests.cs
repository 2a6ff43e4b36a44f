using System.Text;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.WhatsApp.Webhooks;
using Ecodrix.Tests.Api.Chat;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;

namespace Ecodrix.Tests.Api.WhatsApp;

/// <summary>What has been accepted is worked off, whichever node took it and whatever went wrong before.</summary>
public sealed class WebhookWakeTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task What_a_node_takes_whose_webhooks_another_works_off_never_lies()
    {
        var (tenant, phone) = await OpenAsync();
        // Of a node that hears nothing of what this one does.
        var other = new WebhookStore(app.Services.GetRequiredService<JobQueue>(), app.Clock);

        await other.AddAsync(await app.ScopeAsync(tenant), Says(tenant, phone, "One"), default);
        await app.RunDueAsync();
        (await TextsAsync(tenant, phone)).Should().Equal("Hello", "One");
        await other.AddAsync(await app.ScopeAsync(tenant), Says(tenant, phone, "Two"), default);
        await LaterAsync();
        (await TextsAsync(tenant, phone)).Should().Equal(["Hello", "One", "Two"], "a look is still to come for what is not asked for");
        (await JobsAsync(tenant)).Should().Be(0);
        await other.AddAsync(await app.ScopeAsync(tenant), Says(tenant, phone, "Three"), default);
        await app.RunDueAsync();

        (await TextsAsync(tenant, phone)).Should().Equal("Hello", "One", "Two", "Three");
    }

    [Fact]
    public async Task A_look_that_finds_what_it_was_asked_for_done_already_looks_once_more_before_it_goes()
    {
        var (tenant, phone) = await OpenAsync();
        var other = new WebhookStore(app.Services.GetRequiredService<JobQueue>(), app.Clock);
        app.Commands.Before = (_, command) =>
        {
            if (Asks(command))
            {
                app.Commands.Before = null;
                (tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Elsewhere"))).GetAwaiter().GetResult()).Status.Should().Be(200);
                app.RunDueAsync().GetAwaiter().GetResult();
            }
        };

        await other.AddAsync(await app.ScopeAsync(tenant), Says(tenant, phone, "One"), default);
        await app.RunDueAsync();
        await other.AddAsync(await app.ScopeAsync(tenant), Says(tenant, phone, "Two"), default);
        await LaterAsync();

        (await TextsAsync(tenant, phone)).Should().BeEquivalentTo("Hello", "One", "Elsewhere", "Two");
        (await JobsAsync(tenant)).Should().Be(0);
    }

    [Fact]
    public async Task A_webhook_whose_job_could_not_be_asked_for_is_worked_off_when_Meta_repeats_it()
    {
        var (tenant, phone) = await OpenAsync();
        var body = ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Repeated"));

        (await app.CutOffAsync(Asks, () => tenant.WebhookAsync(body))).Status.Should().Be(500);
        (await tenant.WebhookAsync(body)).Status.Should().Be(200);
        await app.RunDueAsync();

        (await TextsAsync(tenant, phone)).Should().Equal("Hello", "Repeated");
    }

    [Fact]
    public async Task A_new_webhook_has_those_worked_off_that_failed_for_hours()
    {
        var (tenant, phone) = await OpenAsync();
        app.Commands.CutOff = c => c.GetElement(0) is { Name: "find" } first && first.Value == StoredWebhook.Collection;
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("One")));
        for (var attempt = 0; attempt < 12; attempt++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromMinutes(31));
        }

        await app.RunDueAsync();
        app.Commands.CutOff = null;
        (await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("Two")))).Status.Should().Be(200);
        await app.RunDueAsync();

        (await TextsAsync(tenant, phone)).Should().BeEquivalentTo("Hello", "One", "Two");
    }

    [Fact]
    public async Task However_often_it_failed_it_is_tried_again_within_a_minute()
    {
        var (tenant, phone) = await OpenAsync();
        app.Commands.CutOff = c => c.GetElement(0) is { Name: "find" } first && first.Value == StoredWebhook.Collection;
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, ChatSteps.Says("One")));
        for (var attempt = 0; attempt < 12; attempt++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromMinutes(31));
        }

        await app.RunDueAsync();
        app.Commands.CutOff = null;
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.RunDueAsync();

        (await TextsAsync(tenant, phone)).Should().Equal("Hello", "One");
    }

    private async Task<(TestTenant Tenant, string Phone)> OpenAsync()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        await LaterAsync();
        (await JobsAsync(tenant)).Should().Be(0);
        return (tenant, phone);
    }

    private static byte[] Says(TestTenant tenant, string phone, string text) => Encoding.UTF8.GetBytes(ChatSteps.Inbound(tenant, phone, ChatSteps.Says(text)));

    private static bool Asks(BsonDocument command) =>
        command.GetElement(0) is { Name: "update" } first && first.Value == Job.Collection && command.ToString().Contains(WebhookJob.JobKind, StringComparison.Ordinal);

    private static async Task<IEnumerable<string?>> TextsAsync(TestTenant tenant, string phone) => (await tenant.MessagesAsync(phone)).Select(m => ChatSteps.Text(m, "text")).Reverse();

    private async Task LaterAsync()
    {
        for (var step = 0; step < 3; step++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(2));
            await app.RunDueAsync();
        }
    }

    private async Task<long> JobsAsync(TestTenant tenant) => await app.Looking.GetDatabase("ecodrix").GetCollection<Job>(Job.Collection)
        .CountDocumentsAsync(new BsonDocument { ["tenant"] = tenant.Code, ["kind"] = WebhookJob.JobKind });
}
