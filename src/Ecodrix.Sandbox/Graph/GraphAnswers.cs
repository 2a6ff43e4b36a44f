using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Graph.Messages;
using Microsoft.AspNetCore.Http;

namespace Ecodrix.Sandbox.Graph;

/// <summary>Writes answers in the Graph API's shapes.</summary>
internal static class GraphAnswers
{
    public static Task AcceptedAsync(HttpContext http, SentMessage message, MessageEnvelope envelope, string waId, MagicNumber? magic) =>
        WriteAsync(http, 200, json =>
        {
            json.WriteString("messaging_product", "whatsapp");
            json.WriteStartArray("contacts");
            json.WriteStartObject();
            json.WriteString("input", envelope.To);
            if (envelope.UserId is not null)
            {
                json.WriteString("user_id", envelope.UserId);
            }
            else
            {
                json.WriteString("wa_id", waId);
            }

            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartArray("messages");
            json.WriteStartObject();
            json.WriteString("id", message.Id);
            if (envelope.Group)
            {
                json.WriteString("group_id", envelope.To);
            }

            if (message.Type == "template")
            {
                json.WriteString("message_status", magic?.MessageStatus ?? "accepted");
            }

            json.WriteEndObject();
            json.WriteEndArray();
        });

    public static Task SuccessAsync(HttpContext http) => WriteAsync(http, 200, json => json.WriteBoolean("success", true));

    public static Task ErrorAsync(HttpContext http, GraphError error) => WriteAsync(http, error.HttpStatus, json =>
    {
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", "OAuthException");
        json.WriteNumber("code", error.Code);
        if (error.Subcode is { } subcode)
        {
            json.WriteNumber("error_subcode", subcode);
        }

        if (error.Details is { } details)
        {
            json.WriteStartObject("error_data");
            json.WriteString("messaging_product", "whatsapp");
            json.WriteString("details", details);
            json.WriteEndObject();
        }

        json.WriteString("fbtrace_id", GraphIds.Trace());
        json.WriteEndObject();
    });

    /// <summary>What a proxy in front of Meta answers on a bad day: no JSON at all.</summary>
    public static Task HtmlErrorAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status502BadGateway;
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync("<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>");
    }

    public static Task JsonAsync(HttpContext http, JsonNode node) => BytesAsync(http, 200, JsonSerializer.SerializeToUtf8Bytes(node));

    private static Task WriteAsync(HttpContext http, int status, Action<Utf8JsonWriter> content)
    {
        using var stream = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return BytesAsync(http, status, stream.ToArray());
    }

    private static Task BytesAsync(HttpContext http, int status, byte[] bytes)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=UTF-8";
        http.Response.ContentLength = bytes.Length;
        return http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }
}
