using System.Net;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Webhooks;
using Ecodrix.Tests.Api.Automations;
using Ecodrix.Tests.Api.Chat;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Leads;

/// <summary>What is left of a person after an erasure: nothing, wherever they had come by.</summary>
public sealed class ErasureTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Files_broadcast_entries_and_kept_answers_go_with_the_person_and_others_keep_theirs()
    {
        var tenant = await app.TenantAsync();
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        var (phone, other) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());
        var made = await tenant.PostAsync("/api/crm/leads", new { firstName = "Hidden", phone }, ("Idempotency-Key", "make-once"));
        var lead = made.Data.GetProperty("id").GetString()!;
        var (theirs, others) = (await SendsPictureAsync(tenant, phone), await SendsPictureAsync(tenant, other));
        var launched = await tenant.PostAsync("/api/saas/chat/broadcast", new
        {
            name = "Camp",
            templateName = "lead_welcome",
            recipients = new[] { new { phone, variables = new[] { "Hidden", "the camp" } }, new { phone = other, variables = new[] { "Priya", "the camp" } } },
            scheduledAt = app.Clock.GetUtcNow().AddHours(1),
        });

        var erased = await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");

        erased.Data.GetProperty("files").GetInt32().Should().Be(1);
        erased.Data.GetProperty("recipients").GetInt32().Should().Be(1);
        (await StatusAsync(theirs)).Should().Be(HttpStatusCode.NotFound);
        (await StatusAsync(others)).Should().Be(HttpStatusCode.OK);
        app.Clock.Advance(TimeSpan.FromHours(2));
        await app.RunDueAsync();
        var recipients = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{launched.Data.GetProperty("id").GetString()}/recipients")).Json.ToString();
        recipients.Should().NotContain(phone).And.NotContain("Hidden").And.Contain(other);
        app.Sandbox.Graph.Messages.Should().NotContain(m => m.To.EndsWith(phone.TrimStart('+'), StringComparison.Ordinal));

        var again = await tenant.PostAsync("/api/crm/leads", new { firstName = "Hidden", phone }, ("Idempotency-Key", "make-once"));
        again.Headers["Idempotency-Replayed"].Should().Be("true", "a repeat must not make the person anew");
        again.Json.ToString().Should().NotContain(phone);
        (await EverythingAsync(tenant)).Should().NotContain(phone.TrimStart('+')).And.NotContain("Hidden");
    }

    [Fact]
    public async Task What_came_under_the_address_before_the_lead_was_there_and_what_people_were_told_goes_too()
    {
        var tenant = await app.TenantAsync();
        await tenant.RuleAsync("form_submitted", new { type = "notify_user", config = new { message = "New form from {{ lead.firstName }}" } });
        await tenant.RuleAsync("payment_captured", new { type = "notify_user", config = new { message = "Payment of {{ variables.name }}" } });
        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "payment_captured", email = "hidden@example.com", variables = new { name = "Hidden" } });
        await app.RunDueAsync();
        var lead = await tenant.LeadAsync("9876500001", new { firstName = "Hidden", email = "hidden@example.com" });
        var namesake = await tenant.LeadAsync("9876500002", new { firstName = "Priya", email = "hidden@example.com" });
        await tenant.FireAsync("form_submitted", "9876500001");
        var kept = await tenant.FireAsync("form_submitted", "9876500002", new { variables = new { plan = "Premium" } });
        await app.RunDueAsync();

        await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");

        var everything = await EverythingAsync(tenant);
        everything.Should().NotContain("Hidden").And.Contain("New form from Priya");
        (await tenant.EventAsync(kept)).GetProperty("leadId").GetString().Should().Be(namesake);
        (await tenant.EventAsync(kept)).ToString().Should().Contain("Premium");
        await tenant.DeleteAsync($"/api/crm/leads/{namesake}?confirm=true");
        (await EverythingAsync(tenant)).Should().NotContain("hidden@example.com").And.NotContain("Priya");
    }

    [Fact]
    public async Task What_was_changed_or_merged_away_before_is_erased_too()
    {
        var tenant = await app.TenantAsync();
        var lead = await tenant.LeadAsync("9876500011", new { metadata = new { extra = new { note = "Diagnosis hidden" } } });
        var other = await tenant.LeadAsync("9876500012", new { lastName = "Hiddenson" });
        await tenant.PostAsync("/api/crm/leads/import", new { leads = new[] { new { phone = "9876500012", lastName = "Kumar", metadata = new { extra = new { remark = "Hidden too" } } } } });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/metadata", new { extra = new { note = "None" } });
        await tenant.PostAsync($"/api/crm/leads/{lead}/merge", new { otherId = other });
        await tenant.PatchAsync($"/api/crm/leads/{lead}/metadata", new { extra = new { remark = "None" } });
        await app.RunDueAsync();
        (await tenant.GetAsync("/api/crm/fields")).Json.ToString().Should().Contain("Diagnosis hidden");

        await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");
        await app.RunDueAsync();

        (await EverythingAsync(tenant)).Should().NotContainEquivalentOf("hidden");
    }

    private async Task<string> SendsPictureAsync(TestTenant tenant, string phone)
    {
        var picture = app.Sandbox.Graph.Receive(new InboundMessage { From = phone, Type = "image" }).Content.GetProperty("id").GetString();
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "image", ["image"] = new JsonObject { ["id"] = picture, ["mime_type"] = "image/png", ["sha256"] = "x" } }));
        await app.RunDueAsync();
        return (await tenant.MessagesAsync(phone))[0].GetProperty("media").GetProperty("url").GetString()!;
    }

    private async Task<HttpStatusCode> StatusAsync(string url)
    {
        using var answer = await app.Http.GetAsync(new Uri(new Uri(url, UriKind.RelativeOrAbsolute) is { IsAbsoluteUri: true } whole ? whole.PathAndQuery : url, UriKind.Relative));
        return answer.StatusCode;
    }

    /// <summary>All that the tenant's database holds, as text; binary answers decoded.</summary>
    private async Task<string> EverythingAsync(TestTenant tenant)
    {
        var database = app.Database(tenant);
        var text = new System.Text.StringBuilder();
        foreach (var name in await (await database.ListCollectionNamesAsync()).ToListAsync())
        {
            foreach (var document in await database.GetCollection<BsonDocument>(name).Find(new BsonDocument()).ToListAsync())
            {
                text.Append(name).Append(' ').AppendLine(document.ToJson());
                text.AppendLine(document.TryGetValue("body", out var body) && body.IsBsonBinaryData ? System.Text.Encoding.UTF8.GetString(body.AsByteArray) : "");
            }
        }

        return text.ToString();
    }
}
