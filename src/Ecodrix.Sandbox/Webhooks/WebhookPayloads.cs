using System.Globalization;
using System.Text.Json;
using Ecodrix.Sandbox.Graph.Messages;
using Ecodrix.Sandbox.Graph.Numbers;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>Writes webhook bodies in Meta's shape. Its default JSON encoder escapes non-ASCII as <c>\uXXXX</c>, as Meta's does.</summary>
internal sealed class WebhookPayloads(SandboxOptions options)
{
    private const string ErrorPage = "/documentation/business-messaging/whatsapp/support/error-codes";

    /// <summary>The envelope around changes of one or more accounts.</summary>
    public static byte[] Envelope(IReadOnlyList<WebhookUpdate> updates) => Write(json =>
    {
        json.WriteString("object", "whatsapp_business_account");
        json.WriteStartArray("entry");
        foreach (var account in updates.GroupBy(u => u.WabaId, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("id", account.Key);
            json.WriteStartArray("changes");
            foreach (var update in account)
            {
                json.WriteRawValue(update.Change, skipInputValidation: true);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>A change that tells one status of one message.</summary>
    public byte[] Status(SentMessage message, BusinessNumber number, StatusStep step, DateTimeOffset at) => Write(json =>
    {
        json.WriteString("field", "messages");
        json.WriteStartObject("value");
        Metadata(json, number);
        var failed = step.Status == "failed";
        var waId = step.UserIdOnly ? null : message.WaId;
        var userId = options.UserIds || step.UserIdOnly ? message.UserId : null;

        // Meta describes the contact in every status but failed.
        if (options.UserIds && !failed && message.UserId is not null)
        {
            json.WriteStartArray("contacts");
            Contact(json, "Sandbox contact", waId, userId, null);
            json.WriteEndArray();
        }

        json.WriteStartArray("statuses");
        json.WriteStartObject();
        json.WriteString("id", message.Id);
        json.WriteString("status", step.Status);
        json.WriteString("timestamp", Seconds(at));
        if (waId is not null || message.UserId is null)
        {
            json.WriteString("recipient_id", waId ?? message.To);
        }

        // A failure of a message that was addressed by phone names no user id.
        if (userId is not null && !(failed && message.WaId is not null && !step.UserIdOnly))
        {
            json.WriteString("recipient_user_id", userId);
        }

        if (message.OpaqueData is not null)
        {
            json.WriteString("biz_opaque_callback_data", message.OpaqueData);
        }

        Outcome(json, message, step);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A change that brings one message from a customer.</summary>
    public byte[] Inbound(
        InboundMessage message, string id, string? waId, string? bsuid, JsonElement content, BusinessNumber number, DateTimeOffset at) =>
        Write(json =>
        {
            var userId = options.UserIds || waId is null ? bsuid : null;
            json.WriteString("field", "messages");
            json.WriteStartObject("value");
            Metadata(json, number);
            if (message.Type != "system")
            {
                json.WriteStartArray("contacts");
                Contact(json, message.Name ?? "Sandbox contact", waId, userId, message.Username);
                json.WriteEndArray();
            }

            json.WriteStartArray("messages");
            json.WriteStartObject();
            if (waId is not null)
            {
                json.WriteString("from", waId);
            }

            if (userId is not null)
            {
                json.WriteString("from_user_id", userId);
            }

            json.WriteString("id", id);
            json.WriteString("timestamp", Seconds(at));
            json.WriteString("type", message.Type);
            if (message.ReplyTo is not null)
            {
                json.WriteStartObject("context");
                json.WriteString("from", number.Digits);
                json.WriteString("id", message.ReplyTo);
                json.WriteEndObject();
            }

            // An unsupported message has no content of its own, only the errors that say so.
            json.WritePropertyName(message.Type == "unsupported" ? "errors" : message.Type);
            content.WriteTo(json);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });

    /// <summary>A change of any other field, its value given whole.</summary>
    public static byte[] Change(string field, JsonElement value) => Write(json =>
    {
        json.WriteString("field", field);
        json.WritePropertyName("value");
        value.WriteTo(json);
    });

    private static void Outcome(Utf8JsonWriter json, SentMessage message, StatusStep step)
    {
        if (step.Error is { } error)
        {
            json.WriteStartArray("errors");
            json.WriteStartObject();
            json.WriteNumber("code", error.Code);
            json.WriteString("title", error.Title);
            json.WriteString("message", error.Title);
            json.WriteStartObject("error_data");
            json.WriteString("details", error.Details ?? error.Title);
            json.WriteEndObject();
            json.WriteString("href", ErrorPage);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        else if (step.Status is "sent" or "delivered")
        {
            json.WriteStartObject("pricing");
            json.WriteBoolean("billable", true);
            json.WriteString("pricing_model", "PMP");
            json.WriteString("type", "regular");
            json.WriteString("category", message.Category);
            json.WriteEndObject();
        }
    }

    private static void Metadata(Utf8JsonWriter json, BusinessNumber number)
    {
        json.WriteString("messaging_product", "whatsapp");
        json.WriteStartObject("metadata");
        json.WriteString("display_phone_number", number.Digits);
        json.WriteString("phone_number_id", number.Id);
        json.WriteEndObject();
    }

    private static void Contact(Utf8JsonWriter json, string name, string? waId, string? userId, string? username)
    {
        json.WriteStartObject();
        json.WriteStartObject("profile");
        json.WriteString("name", name);
        if (username is not null)
        {
            json.WriteString("username", username.StartsWith('@') ? username : "@" + username);
        }

        json.WriteEndObject();
        if (waId is not null)
        {
            json.WriteString("wa_id", waId);
        }

        if (userId is not null)
        {
            json.WriteString("user_id", userId);
        }

        json.WriteEndObject();
    }

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static byte[] Write(Action<Utf8JsonWriter> content)
    {
        using var stream = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
