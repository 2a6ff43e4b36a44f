using System.Text.Json;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Graph.Messages;

namespace Ecodrix.Sandbox.Control;

/// <summary>What the control API tells about the sandbox.</summary>
internal sealed class StateViews(SandboxState state)
{
    private const int Most = 1_000;
    private const int MostRepeated = 100;

    private readonly MessageRendering _rendering = new(state.Graph);

    /// <summary>All that the page shows, newest last.</summary>
    public object State(int limit)
    {
        var count = Math.Clamp(limit, 1, Most);
        return new
        {
            messages = state.Graph.Messages.TakeLast(count).Select(Message),
            refused = state.Graph.Refused.TakeLast(count).Select(r => new
            {
                r.Number,
                r.At,
                r.PhoneNumberId,
                to = Recipient(r.Body),
                r.Code,
                r.Message,
                r.Details,
                r.Body,
            }),
            inbound = state.Graph.Inbound.TakeLast(count),
            callbacks = state.Callbacks.All.TakeLast(Math.Min(count, 50)).Select(Callback),
            callbackNames = state.Callbacks.Behaviours.ToDictionary(b => b.Key, b => b.Value),
            webhooks = state.Graph.WebhookAttempts.TakeLast(30),
            numbers = state.Graph.Directory.All.Take(100).Select(n => new
            {
                n.Id,
                n.WabaId,
                n.DisplayPhoneNumber,
                n.VerifiedName,
                webhookUrl = state.Graph.Directory.WebhookFor(n)?.Url,
            }),
            settings = SettingsBody.Of(state.Options),
            webhook = new { url = state.Options.WebhookUrl, appSecret = state.Options.AppSecret, verifyToken = state.Options.VerifyToken },
            mails = state.Mail.All.TakeLast(Math.Min(count, 100)),
            mail = new { port = state.Mail.Port, tlsPort = state.Mail.TlsPort, fingerprint = state.Mail.Fingerprint },
            google = Google(),
            stats = Stats(null),
        };
    }

    /// <summary>Counters since the last clearing; with a reference, how often exactly that one was accepted.</summary>
    public object Stats(string? reference)
    {
        var references = state.Graph.AcceptedByOpaqueData;
        return new
        {
            accepted = state.Graph.Accepted,
            references = references.Count,
            repeated = references.Where(r => r.Value > 1).Take(MostRepeated).ToDictionary(r => r.Key, r => r.Value),
            count = reference is null ? (int?)null : references.GetValueOrDefault(reference),
            refused = state.Graph.RefusedByCode,
            webhooks = new
            {
                posted = state.Graph.Poster.Posted,
                failed = state.Graph.Poster.Failed,
                dropped = state.Graph.Poster.Dropped,
                waiting = state.Graph.Poster.Waiting,
            },
            callbacks = state.Callbacks.Counts,
        };
    }

    public object Messages(string? to, string? reference, int limit) => state.Graph.Messages
        .Where(m => (to is null || m.WaId == to.TrimStart('+') || m.UserId == to || m.To == to) && (reference is null || m.OpaqueData == reference))
        .TakeLast(Math.Clamp(limit, 1, Most))
        .Select(Message);

    public object Message(SentMessage m) => new
    {
        m.Id,
        m.PhoneNumberId,
        m.To,
        m.WaId,
        m.UserId,
        contact = m.Recipient,
        m.Type,
        m.Category,
        m.OpaqueData,
        m.ReplyTo,
        m.AcceptedAt,
        m.Version,
        m.Statuses,
        shown = _rendering.Render(m),
        request = Json(m.Request),
    };

    /// <summary>The calendar, its consents, and what shall go wrong next.</summary>
    public object Google() => new
    {
        events = state.Google.Events.TakeLast(MostRepeated).Select(e => new { e.Id, e.Summary, e.Start, e.Attendee, e.At, e.Deleted, e.Told, request = e.Body }),
        state.Google.Consents,
        state.Google.Withdrawn,
        state.Google.AccessTokens,
        state.Google.Refreshes,
        state.Google.Inserts,
        next = new { state.Google.PendingLooks, delayMs = (int)state.Google.Delay.TotalMilliseconds, state.Google.QuotaErrors },
    };

    public object Callbacks(string? name, int limit) => state.Callbacks.All
        .Where(c => name is null || c.Name == name)
        .TakeLast(Math.Clamp(limit, 1, Most))
        .Select(Callback);

    private static object Callback(CaughtCallback c) => new
    {
        c.Id,
        c.Name,
        c.At,
        c.AnsweredWith,
        c.Signature,
        c.StandardWebhooks,
        c.Headers,
        c.Body,
    };

    private static string? Recipient(string body)
    {
        try
        {
            var json = Json(body);
            return json.ValueKind == JsonValueKind.Object && (json.TryGetProperty("to", out var to) || json.TryGetProperty("recipient", out to))
                ? to.ToString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
