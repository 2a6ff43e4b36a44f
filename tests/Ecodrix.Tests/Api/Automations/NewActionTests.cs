using System.Text.Json;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Notifications;
using Ecodrix.Engine.Tenants;
using Ecodrix.Sandbox.Callbacks;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Automations;

public sealed class NewActionTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task An_http_request_carries_its_rendered_body_and_is_signed_like_a_callback()
    {
        var tenant = await app.TenantAsync();
        var catcher = $"action-{tenant.Code}";
        app.Sandbox.Callbacks.Configure(catcher, new CallbackBehaviour { Secret = tenant.WebhookSecret });
        await tenant.RuleAsync("form_submitted", new
        {
            type = "http_request",
            config = new { url = app.Sandbox.CallbackUrl(catcher), headers = new Dictionary<string, string> { ["X-Plan"] = "{{ data.plan }}" }, body = """{"name": {{ lead.firstName | json }}, "plan": "{{ data.plan }}"}""" },
        });

        var log = await tenant.FireAsync("form_submitted", "9876561001", new { leadData = new { firstName = "Ravi \"R\" K" }, data = new { plan = "gold" } });
        await app.RunDueAsync();

        var action = (await tenant.EventAsync(log)).Action(0);
        action.Text("status").Should().Be("completed", action.ToString());
        action.GetProperty("output").GetProperty("statusCode").GetInt32().Should().Be(200);
        action.GetProperty("output").Text("head").Should().StartWith("HTTP/");
        var caught = app.Sandbox.Callbacks.Of(catcher).Single();
        JsonDocument.Parse(caught.Body).RootElement.Text("name").Should().Be("Ravi \"R\" K");
        caught.Headers.Should().Contain(h => h.Key.Equals("X-Plan", StringComparison.OrdinalIgnoreCase) && h.Value == "gold");
        caught.Signature.IsValid.Should().BeTrue(caught.Signature.Reason);
        caught.StandardWebhooks.IsValid.Should().BeTrue(caught.StandardWebhooks.Reason);
    }

    [Fact]
    public async Task A_receiver_that_fails_for_the_moment_is_tried_again_and_one_that_says_no_is_not()
    {
        var tenant = await app.TenantAsync();
        var (busy, firm) = ($"busy-{tenant.Code}", $"firm-{tenant.Code}");
        app.Sandbox.Callbacks.Configure(busy, new CallbackBehaviour { RespondWith = [503] });
        app.Sandbox.Callbacks.Configure(firm, new CallbackBehaviour { RespondWith = [422, 422, 422] });
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = app.Sandbox.CallbackUrl(busy) } });
        await tenant.RuleAsync("payment_captured", new { type = "http_request", config = new { url = app.Sandbox.CallbackUrl(firm) } });

        var again = await tenant.FireAsync("form_submitted", "9876561002");
        var refused = await tenant.FireAsync("payment_captured", "9876561002");
        await app.RunDueAsync();
        (await tenant.EventAsync(again)).Action(0).Text("status").Should().Be("retrying");
        (await tenant.EventAsync(refused)).Action(0).Text("status").Should().Be("failed");
        (await tenant.EventAsync(refused)).Action(0).Text("error").Should().Contain("422");

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.RunDueAsync();

        (await tenant.EventAsync(again)).Action(0).Text("status").Should().Be("completed");
        app.Sandbox.Callbacks.Of(busy).Should().HaveCount(2);
        app.Sandbox.Callbacks.Of(firm).Should().HaveCount(1);
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://localhost/")]
    public async Task A_private_address_is_refused_when_written_and_when_it_comes_out_of_a_template(string url)
    {
        var tenant = await app.TenantAsync();
        var written = await tenant.PostAsync("/api/crm/automations", new { name = "x", trigger = "form_submitted", actions = new[] { new { type = "http_request", config = new { url } } } });
        written.Code.Should().Be("VALIDATION_ERROR");
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = "{{ data.url }}" } });

        var log = await tenant.FireAsync("form_submitted", "9876561003", new { data = new { url } });
        await app.RunDueAsync();

        var action = (await tenant.EventAsync(log)).Action(0);
        action.Text("status").Should().Be("failed");
        action.Text("error").Should().StartWith("The address");
    }

    [Fact]
    public async Task A_body_that_is_no_json_is_not_sent_and_a_header_of_the_platforms_own_is_refused()
    {
        var tenant = await app.TenantAsync();
        var catcher = $"nojson-{tenant.Code}";
        await tenant.RuleAsync("form_submitted", new { type = "http_request", config = new { url = app.Sandbox.CallbackUrl(catcher), body = "{\"name\": {{ lead.firstName }}}" } });
        var log = await tenant.FireAsync("form_submitted", "9876561004");
        await app.RunDueAsync();

        (await tenant.EventAsync(log)).Action(0).Text("error").Should().Contain("json");
        app.Sandbox.Callbacks.Of(catcher).Should().BeEmpty();
        (await tenant.PostAsync("/api/crm/automations", new
        {
            name = "x",
            trigger = "form_submitted",
            actions = new[] { new { type = "http_request", config = new { url = "https://example.com/", headers = new Dictionary<string, string> { ["Host"] = "inside" } } } },
        })).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_field_is_set_from_a_template_and_a_wrong_value_fails_with_words()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new[]
        {
            new { type = "set_field", config = (object)new { field = "metadata.extra.plan", value = "{{ data.plan | upcase }}" } },
            new { type = "set_field", config = (object)new { field = "dealValue", value = "{{ data.amount }}" } },
            new { type = "set_field", config = (object)new { field = "dealValue", value = "{{ data.plan }}" } },
        });

        var log = await tenant.FireAsync("form_submitted", "9876561005", new { data = new { plan = "gold", amount = 1250.5 } });
        await app.RunDueAsync();

        var traced = await tenant.EventAsync(log);
        traced.Text("status").Should().Be("partial");
        traced.Action(2).Text("error").Should().Contain("dealValue must be a number");
        var lead = (await tenant.GetAsync($"/api/crm/leads/{traced.Text("leadId")}")).Data;
        lead.GetProperty("metadata").GetProperty("extra").Text("plan").Should().Be("GOLD");
        lead.GetProperty("dealValue").GetDecimal().Should().Be(1250.5m);
        (await tenant.PostAsync("/api/crm/automations", new { name = "x", trigger = "form_submitted", actions = new[] { new { type = "set_field", config = new { field = "stageId", value = "x" } } } })).Code
            .Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_notification_whose_recipient_comes_out_empty_is_told_to_nobody()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "notify_user", config = new { to = "{{ data.doctor }}", message = "For the doctor only" } });

        var log = await tenant.FireAsync("form_submitted", "9876561007");
        await app.RunDueAsync();

        var action = (await tenant.EventAsync(log)).Action(0);
        action.Text("status").Should().Be("skipped");
        action.Text("error").Should().Contain("came out empty");
        var anybody = (await app.ScopeAsync(tenant)).As(new Actor(ActorKind.Agent, "aaaaaaaaaaaaaaaaaaaaaaaa", "Asha"));
        (await app.Services.GetRequiredService<NotificationInbox>().ListAsync(anybody, CancellationToken.None)).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task A_notification_is_stored_counted_told_live_and_read()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new[]
        {
            new { type = "notify_user", config = (object)new { message = "New form from {{ lead.firstName }}" } },
            new { type = "notify_user", config = (object)new { to = "nobody@example.com", message = "Hello" } },
        });
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var listening = app.Services.GetRequiredService<ILiveBus>().ListenAsync(tenant.Code, stop.Token).GetAsyncEnumerator(stop.Token);
        var heard = Task.Run(async () =>
        {
            while (await listening.MoveNextAsync() && listening.Current.Name != "notification.added")
            {
            }
        }, stop.Token);

        var log = await tenant.FireAsync("form_submitted", "9876561006", new { leadData = new { firstName = "Ravi" } });
        await app.RunDueAsync();
        await heard;

        (await tenant.EventAsync(log)).Action(1).Text("status").Should().Be("skipped");
        var scope = await app.ScopeAsync(tenant);
        var inbox = app.Services.GetRequiredService<NotificationInbox>();
        var asha = scope.As(new Actor(ActorKind.Agent, "aaaaaaaaaaaaaaaaaaaaaaaa", "Asha"));
        var limited = scope.As(new Actor(ActorKind.Agent, "bbbbbbbbbbbbbbbbbbbbbbbb", "Bina") { OnlyAssignedTo = "bina@example.com" });
        var told = await inbox.ListAsync(asha, stop.Token);
        told.Unread.Should().Be(1);
        told.Items.Single().Text.Should().Be("New form from Ravi");
        (await inbox.ReadAllAsync(asha, stop.Token)).Unread.Should().Be(0);
        (await inbox.ListAsync(limited, stop.Token)).Items.Should().ContainSingle("nobody works on the lead, so everybody hears of it");
        var lead = (await tenant.EventAsync(log)).Text("leadId");
        await tenant.PatchAsync($"/api/crm/leads/{lead}", new { assignedTo = "asha@example.com" });
        await tenant.FireAsync("form_submitted", "9876561006");
        await app.RunDueAsync();
        (await inbox.ListAsync(limited, stop.Token)).Items.Should().ContainSingle("what is about another's lead is not told to whoever sees only their own");
        (await inbox.ListAsync(asha, stop.Token)).Unread.Should().Be(1);
    }
}
