using System.Text.Json.Nodes;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Tests.Api.Meetings;
using Ecodrix.Tests.Api.Withstand;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MongoDB.Bson;

namespace Ecodrix.Tests.Api.Automations;

/// <summary>Upstreams that begin an answer and never end it, or answer what cannot be true.</summary>
public sealed class LyingUpstreamTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_body_that_drips_for_ever_holds_its_job_for_ten_seconds()
    {
        using var upstream = RawUpstream.Dripping();
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = $"{upstream.Url}/hook" } });
        var log = await tenant.FireAsync("form_submitted", "9876572001");

        var working = app.RunDueAsync();
        await upstream.Silent.WaitAsync(Patience);
        app.Clock.Advance(TimeSpan.FromSeconds(11));
        await working.WaitAsync(Patience);

        // Done where its status had arrived, tried again where not even that had.
        (await tenant.EventAsync(log)).Action(0).Text("status").Should().BeOneOf("completed", "retrying");
    }

    [Theory]
    [InlineData("EHLO")]
    [InlineData("MAIL")]
    [InlineData("RCPT")]
    public async Task A_mail_server_that_falls_silent_holds_its_job_as_long_as_the_options_say(string word)
    {
        using var upstream = RawUpstream.MailSilentAfter(word);
        var (tenant, log) = await MailingAsync(upstream);

        var working = app.RunDueAsync();
        await upstream.Silent.WaitAsync(Patience);
        app.Clock.Advance(TimeSpan.FromSeconds(21));
        await working.WaitAsync(Patience);

        var action = (await tenant.EventAsync(log)).Action(0);
        action.Text("status").Should().Be("retrying");
        action.Text("error").Should().Contain("did not answer in time");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_mail_server_that_takes_its_time_over_a_text_is_waited_for_and_gets_it_once(bool answers)
    {
        using var upstream = RawUpstream.MailSilentAfter(".");
        var (tenant, log) = await MailingAsync(upstream);

        var working = app.RunDueAsync();
        await upstream.Silent.WaitAsync(Patience);
        app.Clock.Advance(TimeSpan.FromSeconds(150));
        if (answers)
        {
            upstream.Speak();
        }
        else
        {
            app.Clock.Advance(TimeSpan.FromSeconds(31));
        }

        await working.WaitAsync(Patience);

        (await tenant.EventAsync(log)).Action(0).Text("status").Should().Be(answers ? "completed" : "retrying");
        upstream.Mails.Should().Be(1);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\nshort", "completed")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nnot a chunk", "completed")]
    [InlineData("HTTP/1.1 2xx Fine\r\n\r\n", "retrying")]
    [InlineData("not http at all", "retrying")]
    public async Task A_receiver_that_talks_nonsense_is_judged_by_the_status_it_sent(string says, string status)
    {
        using var upstream = RawUpstream.Saying(says);
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = $"{upstream.Url}/hook" } });
        var log = await tenant.FireAsync("form_submitted", "9876572003");

        await app.RunDueAsync();

        (await tenant.EventAsync(log)).Action(0).Text("status").Should().Be(status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"id\":")]
    [InlineData("<html>Sign in</html>")]
    public async Task Nonsense_from_google_is_a_warning(string body)
    {
        using var upstream = RawUpstream.Saying($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        var tenant = await app.ConnectedAsync();
        using var meetings = new GoogleMeetings(
            app.Services.GetRequiredService<GoogleTokens>(), Options.Create(new GoogleOptions { BaseUrl = upstream.Url }), app.Clock, NullLogger<GoogleMeetings>.Instance);

        var made = await meetings.MakeAsync(await app.ScopeAsync(tenant), new NewMeeting(ObjectId.GenerateNewId().ToString(), "Visit", app.Clock.GetUtcNow(), 30, null), CancellationToken.None);

        made.Link.Should().BeNull();
        made.Warning.Should().StartWith("No Meet link was made");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"messages\":[]}")]
    [InlineData("<html>Sign in</html>")]
    public async Task Nonsense_from_meta_leaves_a_send_to_its_webhook(string body)
    {
        using var upstream = RawUpstream.Saying($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        var tenant = await app.TenantAsync();
        var graph = new GraphClient(app.Services.GetRequiredService<IHttpClientFactory>(), Options.Create(new WhatsAppOptions { GraphUrl = upstream.Url }), app.Clock);

        var answer = await graph.SendAsync(await app.ScopeAsync(tenant), new JsonObject { ["type"] = "text" }, CancellationToken.None);

        answer.Should().BeOfType<GraphAnswer.Unclear>();
    }

    private async Task<(TestTenant Tenant, string Log)> MailingAsync(RawUpstream upstream)
    {
        var tenant = await app.TenantAsync();
        var secrets = new { smtpHost = "127.0.0.1", smtpPort = upstream.Port, smtpFrom = "Clinic <hello@clinic.example>", smtpSecurity = "none" };
        (await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", secrets, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        await tenant.RuleAsync("form_submitted", new { type = "send_email", config = new { subject = "Hello", htmlBody = "<p>x</p>", to = "silent@example.com" } });
        return (tenant, await tenant.FireAsync("form_submitted", "9876572002"));
    }
}
