using System.Text.Json.Nodes;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Ecodrix.Sandbox.Webhooks;
using Ecodrix.Tests.Api.Chat;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;

namespace Ecodrix.Tests.Api.Queries;

internal sealed partial class RouteWalk
{
    private static readonly byte[] Picture = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNs+M/wHwAEgAJ/mGGqYQAAAABJRU5ErkJggg==");

    public async Task ConversationsAsync()
    {
        var phone = ChatSteps.NewPhone();
        var wamid = await tenant.WritesAsync(phone, "Hello there");
        await tenant.WritesAsync(phone, "STOP");
        await tenant.WritesAsync(phone, "START");
        await tenant.WritesAsync("+919876500010", "From a lead that is known");
        await ReceiveElsewiseAsync(phone);
        await PostAsync("/api/saas/chat/conversations", new { phone = ChatSteps.NewPhone(), name = "Asha" });
        var conversation = Id(await tenant.ConversationAsync(phone));
        var lead = (await GetAsync($"/api/saas/chat/conversations/{conversation}")).GetProperty("leadId").GetString();
        await ListAsync("/api/saas/chat/conversations", "status=open", "status=snoozed", "status=active", "status=active&assignedTo=asha", "assignedTo=asha", "unread=true", "unread=false", "label=vip", "search=ravi", $"search={phone[1..]}", $"leadId={lead}", "status=open&assignedTo=asha&unread=true&label=vip&search=ravi");
        await GetAsync("/api/saas/chat/conversations/counts");
        await GetAsync("/api/saas/chat/conversations/counts?assignedTo=asha");
        await GetAsync("/api/saas/chat/conversations/labels");
        await PatchAsync($"/api/saas/chat/conversations/{conversation}", new { assignedTo = "asha", labels = new[] { "vip" }, status = "snoozed", snoozedUntil = app.Clock.GetUtcNow().AddHours(1) });
        app.Clock.Advance(TimeSpan.FromHours(1));
        await PostAsync($"/api/saas/chat/conversations/{conversation}/typing");
        await PostAsync($"/api/saas/chat/conversations/{conversation}/read");
        await MessagesAsync(phone, conversation, wamid);
        await app.RunDueAsync();
        await DeleteAsync($"/api/saas/chat/conversations/{conversation}");
    }

    public async Task TemplatesAsync()
    {
        await PostAsync("/api/saas/chat/templates/sync");
        await ListAsync("/api/saas/chat/templates", "status=approved", "mappingStatus=mapped", "channel=whatsapp", "category=utility", "language=en_US", "search=lead", "status=approved&mappingStatus=unmapped&category=utility&language=en_US&search=l");
        await ListAsync("/api/saas/chat/templates/lead_welcome", "language=en_US");
        await app.Database(tenant).GetCollection<BsonDocument>("patients").InsertManyAsync(Enumerable.Range(0, 200).Select(n => new BsonDocument { ["phone"] = $"+9198765{n:00000}", ["ward"] = $"W{n}" }));
        object[] mappings = [new { variableIndex = 1, source = "lead", field = "firstName" }, new { variableIndex = 2, source = "collection", collection = "patients", matchField = "phone", field = "ward", fallback = "you" }];
        await PutAsync("/api/saas/chat/templates/lead_welcome/mapping?language=en_US", new { mappings, onEmptyVariable = "fallback" });
        await ListAsync("/api/saas/chat/templates/lead_welcome/validate", "language=en_US");
        await PostAsync("/api/saas/chat/templates/lead_welcome/preview?language=en_US", new { context = new { lead = new { firstName = "Ravi" } } });
        await GetAsync("/api/saas/chat/templates/lead_welcome/used-by");
        await GetAsync("/api/saas/chat/collections");
        await GetAsync("/api/saas/chat/collections/patients/fields");
        await GetAsync("/api/saas/whatsapp/notices?page=1&limit=5");
    }

    public async Task BroadcastsAsync()
    {
        var audience = new { name = "Camp", templateName = "lead_welcome", audience = new { filter = new { search = "ravi10" } } };
        await PostAsync("/api/saas/chat/broadcast?dryRun=true", audience);
        var camp = Id(await PostAsync("/api/saas/chat/broadcast", audience));
        await StepAsync(3);
        await ListAsync("/api/saas/chat/broadcasts", "status=completed");
        await GetAsync($"/api/saas/chat/broadcasts/{camp}");
        await ListAsync($"/api/saas/chat/broadcasts/{camp}/recipients", "status=sent", "format=csv", "format=csv&status=sent");
        foreach (var recipient in (await GetAsync($"/api/saas/chat/broadcasts/{camp}/recipients?status=sent&limit=5")).EnumerateArray())
        {
            var wamid = (await GetAsync($"/api/saas/chat/messages/{Id(recipient)}")).GetProperty("wamid").GetString()!;
            await tenant.WebhookAsync(ChatSteps.Status(Id(recipient), wamid, "failed", app.Clock.GetUtcNow(), 131026));
        }

        await StepAsync(3);
        await PostAsync($"/api/saas/chat/broadcasts/{camp}/retry-failed");
        await StepAsync(3);
        var later = Id(await PostAsync("/api/saas/chat/broadcast", new { name = "Later", templateName = "lead_welcome", recipients = new[] { new { phone = ChatSteps.NewPhone(), variables = new[] { "a", "b" } } }, ratePerSecond = 1 }));
        await PostAsync($"/api/saas/chat/broadcasts/{later}/pause");
        await PostAsync($"/api/saas/chat/broadcasts/{later}/resume");
        await PostAsync($"/api/saas/chat/broadcasts/{later}/cancel");
        await StepAsync(3);
    }

    private async Task MessagesAsync(string phone, string conversation, string wamid)
    {
        var sent = Id(await PostAsync("/api/saas/chat/send", new { to = phone, text = "Good day" }));
        await app.RunDueAsync();
        var accepted = (await GetAsync($"/api/saas/chat/messages/{sent}")).GetProperty("wamid").GetString()!;
        await tenant.WebhookAsync(ChatSteps.Status(sent, accepted, "failed", app.Clock.GetUtcNow(), 131026));
        await app.RunDueAsync();
        await PostAsync($"/api/saas/chat/messages/{sent}/retry");
        await app.RunDueAsync();
        var received = (await tenant.MessagesAsync(phone)).Single(m => m.Text("wamid") == wamid);
        await PostAsync($"/api/saas/chat/messages/{Id(received)}/star");
        await PostAsync($"/api/saas/chat/messages/{Id(received)}/react", new { emoji = "👍" });
        await ListAsync($"/api/saas/chat/conversations/{conversation}/messages", $"before={sent}", "starred=true", $"before={sent}&starred=true");
        await GetAsync("/api/saas/chat/messages?search=hello");
        await GetAsync("/api/saas/chat/settings");
        await PatchAsync("/api/saas/chat/settings", new { sendReadReceipts = true });
        var canned = Id(await PostAsync("/api/saas/chat/canned-replies", new { shortcut = "hi", text = "Hi {{ lead.firstName }}" }));
        await PutAsync($"/api/saas/chat/canned-replies/{canned}", new { shortcut = "hey", text = "Hey {{ lead.firstName }}" });
        await ListAsync("/api/saas/chat/canned-replies", "search=he");
        await PostAsync($"/api/saas/chat/canned-replies/{canned}/render", new { conversationId = conversation });
        await DeleteAsync($"/api/saas/chat/canned-replies/{canned}");
        var file = await PostAsync("/api/saas/chat/upload", Form(Picture, "dot.png"));
        var url = new Uri(file.GetProperty("url").GetString()!).PathAndQuery;
        await AskAsync("GET", $"{url}&download=true");
        await AskAsync("HEAD", $"{url}&download=true");
        await EraseLaterAsync();
    }

    /// <summary>What is left of an erasure when a bucket cannot be asked, which none is here: for a file that is gone already.</summary>
    private async Task EraseLaterAsync()
    {
        var scope = await app.Services.GetRequiredService<TenantDirectory>().OpenForSystemAsync(tenant.Code, CancellationToken.None);
        var gone = new MediaFile { Key = "gone", MimeType = "image/png", Kind = "image", FileName = "gone.png", Sha256 = "", Store = StoreKind.Disk };
        await app.Services.GetRequiredService<JobQueue>().EnqueueAsync(scope!, [MediaErasureJob.For([gone])], CancellationToken.None);
        await app.RunDueAsync();
    }

    /// <summary>What comes in besides text: a picture, a business-scoped id, a reaction, the account's own news; and by the address without a code.</summary>
    private async Task ReceiveElsewiseAsync(string phone)
    {
        var picture = app.Sandbox.Graph.Receive(new InboundMessage { From = phone, Type = "image" }).Content.GetProperty("id").GetString();
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "image", ["image"] = new JsonObject { ["id"] = picture, ["mime_type"] = "image/png", ["sha256"] = "x" } }));
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = "With an id" } }, userId: "IN.12345"));
        await tenant.WebhookAsync(ChatSteps.Envelope("message_template_status_update", new JsonObject { ["event"] = "PAUSED", ["message_template_name"] = "order_status", ["message_template_language"] = "en_US" }));
        var body = ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = "By number" } });
        (await app.SendAsync(HttpMethod.Post, "/api/saas/whatsapp/webhook", body, ("X-Hub-Signature-256", ChatSteps.Sign(body)))).Status.Should().Be(200);
        await app.RunDueAsync();
        const string Handshake = "hub.mode=subscribe&hub.verify_token=sandbox-verify&hub.challenge=1";
        await AskAsync("GET", $"/api/saas/whatsapp/webhook?{Handshake}");
        await AskAsync("GET", $"/api/saas/whatsapp/webhook/{tenant.Code}?{Handshake}");
    }

    private async Task StepAsync(int seconds)
    {
        for (var n = 0; n < seconds; n++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            await app.RunDueAsync();
        }
    }
}
