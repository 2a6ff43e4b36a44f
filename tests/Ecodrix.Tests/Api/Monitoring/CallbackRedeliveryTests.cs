using System.Text.Json;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Sandbox.Callbacks;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Monitoring;

public sealed class CallbackRedeliveryTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_callback_given_up_is_sent_again_under_its_own_id_with_a_whole_schedule()
    {
        var tenant = await app.TenantAsync();
        var receiver = new Receiver(app, tenant).Answering(410, 503);
        var callback = await FailedAsync(tenant, receiver);

        var again = await tenant.PostAsync($"/api/saas/callbacks/{callback.GetProperty("id").GetString()}/redeliver", new { });
        again.Data.GetProperty("status").GetString().Should().Be("pending");
        await app.RunDueAsync();

        (await OnlyAsync(tenant)).GetProperty("status").GetString().Should().Be("retrying");
        app.Clock.Advance(TimeSpan.FromSeconds(10));
        await app.RunDueAsync();

        var delivered = await OnlyAsync(tenant);
        delivered.GetProperty("status").GetString().Should().Be("delivered");
        delivered.GetProperty("attempts").GetArrayLength().Should().Be(3);
        receiver.Ids.Should().HaveCount(3).And.OnlyContain(id => id == callback.GetProperty("id").GetString());
        receiver.Caught.Select(c => Convert.ToHexString(c.Bytes)).Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task A_filter_answers_with_its_count_before_anything_is_sent()
    {
        var tenant = await app.TenantAsync();
        var receiver = new Receiver(app, tenant).Answering(410, 410, 410);
        for (var i = 0; i < 3; i++)
        {
            await FailedAsync(tenant, receiver);
        }

        var counted = (await tenant.PostAsync("/api/saas/callbacks/redeliver", new { status = "failed" })).Data;
        await app.RunDueAsync();
        counted.GetProperty("count").GetInt32().Should().Be(3);
        counted.GetProperty("jobId").ValueKind.Should().Be(JsonValueKind.Null);
        receiver.Ids.Should().HaveCount(3);

        var sent = (await tenant.PostAsync("/api/saas/callbacks/redeliver", new { status = "failed", confirm = true })).Data;
        await app.RunDueAsync();

        var job = (await tenant.GetAsync($"/api/saas/jobs/status/{sent.GetProperty("jobId").GetString()}")).Data;
        job.GetProperty("status").GetString().Should().Be("completed");
        job.GetProperty("result").GetProperty("redelivered").GetInt32().Should().Be(3);
        (await tenant.GetAsync("/api/saas/callbacks/logs?status=delivered")).Json.GetProperty("total").GetInt32().Should().Be(3);
        receiver.Ids.Should().HaveCount(6);
    }

    [Fact]
    public async Task Sent_again_and_again_it_keeps_its_last_attempts_and_has_a_whole_schedule_each_time()
    {
        var tenant = await app.TenantAsync();
        var receiver = new Receiver(app, tenant).Answering([.. Enumerable.Repeat(410, 30), .. Enumerable.Repeat(503, 9)]);
        var id = (await FailedAsync(tenant, receiver)).GetProperty("id").GetString();
        for (var again = 0; again < 30; again++)
        {
            await tenant.PostAsync($"/api/saas/callbacks/{id}/redeliver", new { });
            await app.RunDueAsync();
        }

        (await OnlyAsync(tenant)).GetProperty("status").GetString().Should().Be("retrying");
        for (var attempt = 1; attempt < 9; attempt++)
        {
            app.Clock.Advance(TimeSpan.FromHours(13));
            await app.RunDueAsync();
        }

        var ended = await OnlyAsync(tenant);
        ended.GetProperty("status").GetString().Should().Be("failed");
        ended.GetProperty("attempts").GetArrayLength().Should().Be(20 + 9);
        receiver.Ids.Should().HaveCount(30 + 9);
    }

    [Fact]
    public async Task Once_begun_it_is_carried_through_though_nobody_waits_for_the_answer_any_more()
    {
        var tenant = await app.TenantAsync();
        var receiver = new Receiver(app, tenant).Answering(410);
        var id = (await FailedAsync(tenant, receiver)).GetProperty("id").GetString()!;
        using var gone = new CancellationTokenSource();
        app.Commands.Before = (_, command) =>
        {
            if (command.GetElement(0).Name == "findAndModify" && command[0] == "callbacks")
            {
                gone.Cancel();
            }
        };
        try
        {
            await app.Services.GetRequiredService<CallbackRedelivery>().RedeliverAsync(await app.ScopeAsync(tenant), id, gone.Token);
        }
        finally
        {
            app.Commands.Before = null;
        }

        await app.RunDueAsync();

        gone.IsCancellationRequested.Should().BeTrue();
        (await OnlyAsync(tenant)).GetProperty("status").GetString().Should().Be("delivered");
    }

    [Fact]
    public async Task Lists_leave_out_what_receivers_answered()
    {
        var tenant = await app.TenantAsync();
        var receiver = new Receiver(app, tenant).Answering(410);
        var id = (await FailedAsync(tenant, receiver)).GetProperty("id").GetString();
        await tenant.PostAsync($"/api/saas/callbacks/{id}/redeliver", new { });
        await app.RunDueAsync();

        var (listed, whole) = ((await OnlyAsync(tenant)).GetProperty("attempts"), (await tenant.GetAsync($"/api/saas/callbacks/{id}")).Data.GetProperty("attempts"));

        whole[1].GetProperty("responseBody").GetString().Should().Be("""{"received":true}""");
        listed[1].GetProperty("responseBody").ValueKind.Should().Be(JsonValueKind.Null);
        listed[1].GetProperty("responseHead").GetString().Should().Be(whole[1].GetProperty("responseHead").GetString());
    }

    [Theory]
    [InlineData("pending")]
    [InlineData("sideways")]
    public async Task A_status_that_cannot_be_sent_again_is_refused(string status)
    {
        var tenant = await app.TenantAsync();

        var answer = await tenant.PostAsync("/api/saas/callbacks/redeliver", new { status });

        (answer.Status, answer.Code).Should().Be((400, "VALIDATION_ERROR"));
    }

    [Fact]
    public async Task Another_tenants_callback_is_not_there()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var receiver = new Receiver(app, tenant).Answering(410);
        var callback = await FailedAsync(tenant, receiver);

        var answer = await other.PostAsync($"/api/saas/callbacks/{callback.GetProperty("id").GetString()}/redeliver", new { });

        (answer.Status, answer.Code).Should().Be((404, "CALLBACK_NOT_FOUND"));
    }

    private async Task<JsonElement> FailedAsync(TestTenant tenant, Receiver receiver)
    {
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "form_submitted", phone = "9876543219", callbackUrl = receiver.Url });
        await app.RunDueAsync();
        var log = (await tenant.GetAsync($"/api/saas/events/logs/{fired.Data.GetProperty("eventLogId").GetString()}")).Data;
        log.GetProperty("callback").GetProperty("status").GetString().Should().Be("failed");
        return log.GetProperty("callback");
    }

    private static async Task<JsonElement> OnlyAsync(TestTenant tenant) => (await tenant.GetAsync("/api/saas/callbacks/logs")).Data[0];

    /// <summary>A client's callback address at the sandbox, which answers as told.</summary>
    private sealed class Receiver(AppFixture app, TestTenant tenant)
    {
        private string Name => $"again-{tenant.Code}";

        public string Url => app.Sandbox.CallbackUrl(Name);

        public IReadOnlyList<CaughtCallback> Caught => app.Sandbox.Callbacks.Of(Name);

        public IReadOnlyList<string> Ids => [.. Caught.Select(c => c.Headers["webhook-id"])];

        public Receiver Answering(params IReadOnlyList<int> statuses)
        {
            app.Sandbox.Callbacks.Configure(Name, new CallbackBehaviour { RespondWith = statuses });
            return this;
        }
    }
}
