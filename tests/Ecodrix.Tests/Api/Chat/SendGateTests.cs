namespace Ecodrix.Tests.Api.Chat;

/// <summary>Whether a message may go to its contact is decided when it goes, by whichever way it was asked for.</summary>
public sealed class SendGateTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Trying_the_job_of_a_failed_message_again_sends_nothing_to_who_has_opted_out_since()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        app.Sandbox.Graph.RefuseSends(phone[1..], 131026);
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "appointment_confirmed", templateLanguage = "en_US", variables = new[] { "Ravi", "Rao", "3 pm" } })).Data.Text("id")!;
        await app.RunDueAsync();
        (await tenant.MessageStatusAsync(id)).Should().Be("failed");
        app.Sandbox.Graph.RefuseSends(phone[1..], null);
        await tenant.WritesAsync(phone, "STOP");
        var job = (await tenant.GetAsync("/api/saas/jobs?status=failed")).Data.EnumerateArray().Single().Text("jobId");

        (await tenant.PostAsync($"/api/saas/jobs/{job}/retry", new { })).Status.Should().Be(200);
        await app.RunDueAsync();

        app.SentTo(phone).Should().BeEmpty();
        var message = (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data;
        message.Text("status").Should().Be("failed");
        message.GetProperty("error").Text("hint").Should().Contain("opted out");
        (await tenant.GetAsync("/api/saas/jobs?status=failed")).Data.EnumerateArray().Single().Text("error").Should().Contain("opted out");
    }

    [Fact]
    public async Task A_message_that_waits_for_its_next_attempt_does_not_go_to_who_opts_out_meanwhile()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        app.Sandbox.Graph.RefuseSends(phone[1..], 131000);
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "News" })).Data.Text("id")!;
        await app.RunDueAsync();
        (await tenant.MessageStatusAsync(id)).Should().Be("queued");
        await tenant.WritesAsync(phone, "STOP");
        app.Sandbox.Graph.RefuseSends(phone[1..], null);

        app.Clock.Advance(TimeSpan.FromMinutes(3));
        await app.RunDueAsync();

        app.SentTo(phone).Should().BeEmpty();
        (await tenant.MessageStatusAsync(id)).Should().Be("failed");
    }

    [Fact]
    public async Task A_text_whose_window_closes_before_it_goes_ends_with_what_to_do()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        var id = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, text = "News" })).Data.Text("id")!;

        app.Clock.Advance(TimeSpan.FromHours(25));
        await app.RunDueAsync();

        var message = (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data;
        message.Text("status").Should().Be("failed");
        message.GetProperty("error").Text("hint").Should().Contain("template");
    }
}
