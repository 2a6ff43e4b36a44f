using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>What chat tests do over and over: let a contact write, post Meta's statuses, look at what was sent.</summary>
internal static class ChatSteps
{
    public const string AppSecret = "sandbox-app-secret";
    private static long _phones = 9_000_000_000 + (Environment.TickCount64 % 100_000_000);

    /// <summary>A number that no other test of this run uses: the sandbox is shared.</summary>
    public static string NewPhone() => $"+91{Interlocked.Increment(ref _phones)}";

    public static string Wamid() => $"wamid.{Guid.NewGuid():n}";

    /// <summary>Posts a webhook for one tenant, signed as Meta signs.</summary>
    public static async Task<TestAnswer> WebhookAsync(this TestTenant tenant, string body)
    {
        return await tenant.App.SendAsync(HttpMethod.Post, $"/api/saas/whatsapp/webhook/{tenant.Code}", body, ("X-Hub-Signature-256", Sign(body)));
    }

    /// <summary>What Meta puts into <c>X-Hub-Signature-256</c>.</summary>
    public static string Sign(string body) => "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(AppSecret), Encoding.UTF8.GetBytes(body)));

    /// <summary>Lets a contact write, and works it off.</summary>
    public static async Task<string> WritesAsync(this TestTenant tenant, string phone, string text, string? name = "Ravi", string? wamid = null, DateTimeOffset? at = null)
    {
        var id = wamid ?? Wamid();
        (await tenant.WebhookAsync(Inbound(tenant, phone, Says(text), name, id, at))).Status.Should().Be(200);
        tenant.App.Sandbox.Graph.OpenWindow("106540352242922", phone.TrimStart('+'));
        await tenant.App.RunDueAsync();
        return id;
    }

    /// <summary>What a message of text holds.</summary>
    public static JsonObject Says(string text) => new() { ["type"] = "text", ["text"] = new JsonObject { ["body"] = text } };

    /// <summary>How far a message has got.</summary>
    public static async Task<string?> MessageStatusAsync(this TestTenant tenant, string id) => (await tenant.GetAsync($"/api/saas/chat/messages/{id}")).Data.GetProperty("status").GetString();

    public static string Inbound(TestTenant tenant, string? phone, JsonObject content, string? name = "Ravi", string? wamid = null, DateTimeOffset? at = null, string? userId = null)
    {
        content["id"] = wamid ?? Wamid();
        content["timestamp"] = $"{(at ?? tenant.App.Clock.GetUtcNow()).ToUnixTimeSeconds()}";
        var contact = new JsonObject { ["profile"] = new JsonObject { ["name"] = name } };
        if (phone is not null)
        {
            content["from"] = phone.TrimStart('+');
            contact["wa_id"] = phone.TrimStart('+');
        }

        if (userId is not null)
        {
            content["from_user_id"] = userId;
            contact["user_id"] = userId;
        }

        return Envelope("messages", new JsonObject { ["contacts"] = new JsonArray(contact), ["messages"] = new JsonArray(content) });
    }

    public static string Status(string reference, string wamid, string status, DateTimeOffset at, int? error = null)
    {
        var one = new JsonObject
        {
            ["id"] = wamid,
            ["status"] = status,
            ["timestamp"] = $"{at.ToUnixTimeSeconds()}",
            ["biz_opaque_callback_data"] = reference,
            ["pricing"] = new JsonObject { ["billable"] = true, ["pricing_model"] = "PMP", ["type"] = "regular", ["category"] = "utility" },
        };
        if (error is { } code)
        {
            one["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["title"] = "Meta's words", ["error_data"] = new JsonObject { ["details"] = "more of them" } });
        }

        return Envelope("messages", new JsonObject { ["statuses"] = new JsonArray(one) });
    }

    public static string Envelope(string field, JsonObject value)
    {
        value["messaging_product"] = "whatsapp";
        value["metadata"] = new JsonObject { ["display_phone_number"] = "15550783881", ["phone_number_id"] = "106540352242922" };
        return new JsonObject
        {
            ["object"] = "whatsapp_business_account",
            ["entry"] = new JsonArray(new JsonObject { ["id"] = "102290129340398", ["changes"] = new JsonArray(new JsonObject { ["field"] = field, ["value"] = value }) }),
        }.ToJsonString();
    }

    public static async Task<JsonElement> ConversationAsync(this TestTenant tenant, string phone)
    {
        var found = (await tenant.GetAsync($"/api/saas/chat/conversations?search={Uri.EscapeDataString(phone)}")).Data;
        found.GetArrayLength().Should().Be(1, $"one conversation belongs to {phone}");
        return found[0];
    }

    public static async Task<List<JsonElement>> MessagesAsync(this TestTenant tenant, string phone)
    {
        var conversation = await tenant.ConversationAsync(phone);
        return [.. (await tenant.GetAsync($"/api/saas/chat/conversations/{conversation.Text("id")}/messages?limit=100")).Data.EnumerateArray()];
    }

    /// <summary>What the sandbox accepted for a number, as sent.</summary>
    public static List<JsonElement> SentTo(this AppFixture app, string phone) =>
        [.. app.Sandbox.Graph.Messages.Where(m => m.WaId == phone.TrimStart('+')).Select(m => JsonSerializer.Deserialize<JsonElement>(m.Body))];

    public static string? Text(this JsonElement element, string name) => element.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
