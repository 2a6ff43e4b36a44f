using System.Text.Json;
using Ecodrix.Engine.Media;
using Ecodrix.Tests.Api.Media;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>What a broadcast does when Meta, its account, its template or its file is what is wrong.</summary>
public sealed class BroadcastFaultTests(AppFixture app) : IClassFixture<AppFixture>
{
    private readonly (string, string) _admin = ("x-admin-key", AppFixture.AdminKey);

    [Theory]
    [InlineData(131000)]
    [InlineData(1)]
    [InlineData(131056)]
    public async Task An_error_that_should_pass_and_does_not_fails_the_recipient_in_the_end(int code)
    {
        var tenant = await app.TenantAsync();
        var phones = Phones(2);
        app.Sandbox.Graph.RefuseSends(phones[0][1..], code);
        var refused = app.Sandbox.Graph.RefusedByCode.GetValueOrDefault(code);

        var id = await LaunchAsync(tenant, phones);
        await StepAsync(30, TimeSpan.FromMinutes(30));

        var failed = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=failed")).Data.EnumerateArray().Should().ContainSingle().Subject;
        failed.GetProperty("errorCode").GetInt32().Should().Be(code);
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("completed");
        (app.Sandbox.Graph.RefusedByCode[code] - refused).Should().Be(8);
        app.SentTo(phones[1]).Should().ContainSingle();

        app.Sandbox.Graph.RefuseSends(phones[0][1..], null);
        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/retry-failed", new { })).Status.Should().Be(200);
        await StepAsync(10, TimeSpan.FromMilliseconds(200));
        app.SentTo(phones[0]).Should().ContainSingle();
    }

    [Fact]
    public async Task Too_fast_is_no_fault_of_the_recipient_and_goes_on_as_long_as_it_takes()
    {
        var tenant = await app.TenantAsync();
        var phones = Phones(1);
        app.Sandbox.Graph.RefuseSends(phones[0][1..], 80007);
        var id = await LaunchAsync(tenant, phones);
        await StepAsync(20, TimeSpan.FromMinutes(31));
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("running");

        // Nor does it use up what an error that should pass may take.
        app.Sandbox.Graph.RefuseSends(phones[0][1..], 131000);
        await StepAsync(4, TimeSpan.FromMinutes(31));
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("running");

        app.Sandbox.Graph.RefuseSends(phones[0][1..], null);
        await StepAsync(3, TimeSpan.FromMinutes(31));
        app.SentTo(phones[0]).Should().ContainSingle();
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("completed");
    }

    [Theory]
    [InlineData("whatsappPhoneNumberId", "106540352242922")]
    [InlineData("whatsappToken", "sandbox-access-token-0001")]
    public async Task Without_a_secret_it_pauses_and_says_which_and_goes_on_once_that_is_set(string secret, string value)
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        (await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/secrets/{secret}", null, _admin)).Status.Should().Be(200);
        var phones = Phones(2);

        var id = await LaunchAsync(tenant, phones);
        await app.RunDueAsync();

        var paused = await BroadcastAsync(tenant, id);
        paused.Text("status").Should().Be("paused");
        paused.Text("reason").Should().Contain(secret).And.Contain("resume");
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new Dictionary<string, string> { [secret] = value }, _admin);
        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/resume", new { })).Status.Should().Be(200);
        await StepAsync(10, TimeSpan.FromMilliseconds(200));
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("completed");
        phones.Should().OnlyContain(p => app.SentTo(p).Count == 1);
    }

    [Fact]
    public async Task Resumed_after_too_many_failures_it_stops_again_only_for_new_ones()
    {
        var tenant = await app.TenantAsync();
        await OwnNumberAsync(tenant);
        var phones = Phones(100);
        phones.ForEach(p => app.Sandbox.Graph.RefuseSends(p[1..], 131026));
        var id = await LaunchAsync(tenant, phones, rate: 40, stopAt: 0.15);
        await StepAsync(10, TimeSpan.FromMilliseconds(200));
        var stopped = await BroadcastAsync(tenant, id);
        stopped.Text("status").Should().Be("paused");
        var failed = stopped.GetProperty("counts").GetProperty("failed").GetInt32();
        failed.Should().BeInRange(20, 60);

        phones.ForEach(p => app.Sandbox.Graph.RefuseSends(p[1..], null));
        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/resume", new { })).Status.Should().Be(200);
        await StepAsync(40, TimeSpan.FromMilliseconds(200));

        var done = await BroadcastAsync(tenant, id);
        done.Text("status").Should().Be("completed", done.Text("reason"));
        done.GetProperty("counts").GetProperty("sent").GetInt32().Should().Be(100 - failed);
    }

    [Fact]
    public async Task Resumed_it_does_not_stop_for_what_went_out_before_and_is_told_to_have_failed_after()
    {
        var tenant = await app.TenantAsync();
        await OwnNumberAsync(tenant);
        var id = await LaunchAsync(tenant, Phones(150), rate: 20, stopAt: 0.15);
        await StepAsync(4, TimeSpan.FromMilliseconds(500));
        var before = await SentAsync();
        await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/pause", new { });
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/resume", new { });
        await StepAsync(4, TimeSpan.FromMilliseconds(500));
        var after = (await SentAsync()).Except(before).ToList();

        await FailAsync(before.Take(15));
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("running");
        await FailAsync(after.Take(25));
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("paused");

        async Task<List<string>> SentAsync() =>
            [.. (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=sent&limit=100")).Data.EnumerateArray().Select(r => r.Text("id")!)];

        async Task FailAsync(IEnumerable<string> messages)
        {
            foreach (var message in messages)
            {
                await tenant.WebhookAsync(ChatSteps.Status(message, $"wamid.{message}", "failed", app.Clock.GetUtcNow(), 131026));
            }

            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromSeconds(2));
            await app.RunDueAsync();
        }
    }

    [Theory]
    [InlineData(131042)]
    [InlineData(131048)]
    [InlineData(132015)]
    public async Task A_failure_of_account_or_template_told_by_webhook_pauses_it_once(int code)
    {
        var tenant = await app.TenantAsync();
        await OwnNumberAsync(tenant);
        var phones = Phones(60);
        var id = await LaunchAsync(tenant, phones, rate: 20);
        await app.RunDueAsync();
        var sent = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=sent")).Data.EnumerateArray().Select(r => r.Text("id")!).ToList();
        sent.Count.Should().BeInRange(2, 20);

        await FailsAsync(sent[0]);
        var paused = await BroadcastAsync(tenant, id);
        paused.Text("status").Should().Be("paused");
        paused.Text("reason").Should().Contain($"{code}");

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/resume", new { });
        await FailsAsync(sent[0]);
        await FailsAsync(sent[1]);
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("running", "both went out before it was mended");
        var later = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=sent")).Data.EnumerateArray().Select(r => r.Text("id")!).Except(sent).First();
        await FailsAsync(later);
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("paused");

        async Task FailsAsync(string message)
        {
            var wamid = (await tenant.GetAsync($"/api/saas/chat/messages/{message}")).Data.Text("wamid")!;
            await tenant.WebhookAsync(ChatSteps.Status(message, wamid, "failed", app.Clock.GetUtcNow(), code));
            await app.RunDueAsync();
        }
    }

    [Fact]
    public async Task A_header_that_Meta_does_not_take_now_is_tried_again_and_uploaded_once_for_all()
    {
        var tenant = await app.TenantAsync();
        var phones = Phones(6);
        var url = await PictureAsync(tenant);
        app.Sandbox.Graph.RefuseUploads = 131016;
        var before = app.Sandbox.Graph.Uploads;
        var id = await LaunchWithHeaderAsync(tenant, phones.Select(p => (p, url)));
        await app.RunDueAsync();
        (app.Sandbox.Graph.Uploads - before).Should().Be(1, "not once for each recipient");
        (await BroadcastAsync(tenant, id)).GetProperty("counts").GetProperty("failed").GetInt32().Should().Be(0);

        app.Sandbox.Graph.RefuseUploads = null;
        await StepAsync(4, TimeSpan.FromSeconds(11));

        (app.Sandbox.Graph.Uploads - before).Should().Be(2);
        phones.Should().OnlyContain(p => app.SentTo(p).Count == 1);
        await OutgoingSchema.CheckAsync(phones.SelectMany(app.SentTo));
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("completed");
    }

    [Fact]
    public async Task A_header_that_Meta_does_not_take_for_minutes_fails_nobody()
    {
        var tenant = await app.TenantAsync();
        var phones = Phones(1);
        app.Sandbox.Graph.RefuseUploads = 131016;
        var id = await LaunchWithHeaderAsync(tenant, [(phones[0], await PictureAsync(tenant))]);
        await StepAsync(12, TimeSpan.FromSeconds(11));
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("running");

        app.Sandbox.Graph.RefuseUploads = null;
        await StepAsync(2, TimeSpan.FromMinutes(31));

        app.SentTo(phones[0]).Should().ContainSingle();
    }

    [Fact]
    public async Task A_header_whose_file_is_gone_fails_who_should_get_it_and_nobody_else()
    {
        var tenant = await app.TenantAsync();
        var phones = Phones(4);
        var (gone, there) = (await PictureAsync(tenant), await PictureAsync(tenant));
        var scope = await app.ScopeAsync(tenant);
        var file = await scope.Db.Media.Find(f => f.Id == MediaLinks.FileIdOf(gone)).SingleAsync();
        await app.Services.GetRequiredService<FileStores>().DeleteAsync(scope, file, default);

        var id = await LaunchWithHeaderAsync(tenant, [(phones[0], gone), (phones[1], there), (phones[2], gone), (phones[3], there)]);
        await StepAsync(10, TimeSpan.FromMilliseconds(200));

        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("completed");
        phones.Select(p => app.SentTo(p).Count).Should().Equal(0, 1, 0, 1);
        (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}/recipients?status=failed")).Data.EnumerateArray().Should().HaveCount(2).And.OnlyContain(r => r.GetProperty("errorCode").GetInt32() == 131053);
    }

    [Fact]
    public async Task Who_was_erased_is_not_among_those_it_is_tried_again_for()
    {
        var tenant = await app.TenantAsync();
        var phones = Phones(3);
        phones.ForEach(p => app.Sandbox.Graph.RefuseSends(p[1..], 131026));
        var leads = new List<string>();
        foreach (var phone in phones)
        {
            leads.Add((await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone })).Data.Text("id")!);
        }

        var id = await LaunchAsync(tenant, phones);
        await StepAsync(10, TimeSpan.FromMilliseconds(200));
        (await BroadcastAsync(tenant, id)).GetProperty("counts").GetProperty("failed").GetInt32().Should().Be(3);
        foreach (var lead in leads.Take(2))
        {
            (await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true")).Status.Should().Be(200);
        }

        phones.ForEach(p => app.Sandbox.Graph.RefuseSends(p[1..], null));
        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/retry-failed", new { })).Status.Should().Be(200);
        await StepAsync(10, TimeSpan.FromMilliseconds(200));

        phones.Select(p => app.SentTo(p).Count).Should().Equal(0, 0, 1);
        var counts = (await BroadcastAsync(tenant, id)).GetProperty("counts");
        (counts.GetProperty("sent").GetInt32(), counts.GetProperty("failed").GetInt32(), counts.GetProperty("skipped").GetInt32()).Should().Be((1, 0, 2));
    }

    [Fact]
    public async Task A_resume_cut_off_before_it_is_written_can_be_repeated_and_begins_once()
    {
        var tenant = await app.TenantAsync();
        var phones = Phones(2);
        var id = await LaunchAsync(tenant, phones);
        await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/pause", new { });
        foreach (var collection in new[] { "jobs", "broadcasts" })
        {
            app.Commands.CutOff = c => c.GetElement(0) is { Name: "insert" or "update" or "findAndModify" } first && first.Value == collection && !c.ToString().Contains("$set\" : { \"counts", StringComparison.Ordinal);
            (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/resume", new { })).Status.Should().Be(500);
            app.Commands.CutOff = null;
            await app.RunDueAsync();
            (await BroadcastAsync(tenant, id)).Text("status").Should().Be("paused");
        }

        (await tenant.PostAsync($"/api/saas/chat/broadcasts/{id}/resume", new { })).Status.Should().Be(200);
        await StepAsync(10, TimeSpan.FromSeconds(5));
        phones.Should().OnlyContain(p => app.SentTo(p).Count == 1);
        (await BroadcastAsync(tenant, id)).Text("status").Should().Be("completed");
    }

    private static List<string> Phones(int count) => [.. Enumerable.Range(0, count).Select(_ => ChatSteps.NewPhone())];

    private static async Task<string> LaunchAsync(TestTenant tenant, IEnumerable<string> phones, int? rate = null, double? stopAt = null) => (await tenant.PostAsync("/api/saas/chat/broadcast", new
    {
        name = "Test",
        templateName = "visit_follow_up",
        recipients = phones.Select(phone => new { phone }),
        ratePerSecond = rate,
        pauseIfFailureRateAbove = stopAt,
    })).Data.Text("id")!;

    private static async Task<string> LaunchWithHeaderAsync(TestTenant tenant, IEnumerable<(string Phone, string Url)> recipients) => (await tenant.PostAsync("/api/saas/chat/broadcast", new
    {
        name = "Offer",
        templateName = "seasonal_offer",
        recipients = recipients.Select(r => new { phone = r.Phone, variables = new[] { r.Url, "Ravi", "20%", "health" } }),
    })).Data.Text("id")!;

    private static async Task<string> PictureAsync(TestTenant tenant) => (await MediaTests.UploadAsync(tenant, MediaTests.Jpeg(20, 20), "offer.jpg")).Data.Text("url")!;

    private async Task OwnNumberAsync(TestTenant tenant) => await app.SendAsync(
        HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappPhoneNumberId = $"{Random.Shared.NextInt64(100_000_000_000_000, 999_999_999_999_999)}" }, _admin);

    private static async Task<JsonElement> BroadcastAsync(TestTenant tenant, string id) => (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}")).Data;

    private async Task StepAsync(int steps, TimeSpan each)
    {
        for (var step = 0; step < steps; step++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(each);
        }

        await app.RunDueAsync();
    }
}
