using System.Collections.Concurrent;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>A status as Meta wrote it, and the value it stood in.</summary>
internal readonly record struct ToldStatus(JsonElement Value, JsonElement Status)
{
    public string? Wamid => Status.Text("id");

    /// <summary>Our own id, which Meta gives back even for a send whose answer was lost.</summary>
    public ObjectId? Ours => ObjectId.TryParse(Status.Text("biz_opaque_callback_data"), out var id) ? id : null;
}

/// <summary>Moves messages forward by Meta's statuses, whatever order they come in, and tells whoever waits for them.</summary>
internal sealed class StatusUpdates(
    MessageSending sending, MessageStatuses statuses, EventProgress progress, BroadcastTally tally, Threads threads, TimeProvider clock, ILogger<StatusUpdates> log)
{
    private const int MostLearnt = 100_000;

    private readonly ConcurrentDictionary<(string, string), bool> _learnt = new();

    /// <summary>Takes statuses of any messages, in the order they came; safe to repeat.</summary>
    public async Task TakeAsync(TenantScope scope, IReadOnlyList<ToldStatus> told, CancellationToken ct)
    {
        var found = await FindAsync(scope, told, ct);
        var by = new Dictionary<(ObjectId, string?), (Message Message, List<StatusNews> News)>();
        foreach (var one in told)
        {
            if (Read(one.Status) is not { } news)
            {
                log.LogInformation("A status {Status} of {Wamid} is of a kind not kept", one.Status.Text("status"), one.Wamid);
            }
            else if (found.Of(one) is not { } message)
            {
                log.LogInformation("A status came for {Wamid}, which was not sent from here", one.Wamid);
            }
            else if (!message.Superseded.Contains(news.Wamid ?? ""))
            {
                var key = (message.Id, news.Wamid);
                (by.TryGetValue(key, out var known) ? known.News : (by[key] = (message, [])).News).Add(news);
            }
        }

        // Whether or not it is news for the message: a crash may have come between the two writes.
        await tally.NoteAsync(scope, [.. by.Values.Where(b => b.Message.BroadcastId is not null).Select(b => (b.Message, b.News.MaxBy(n => n.Progress)!))], ct);
        await MoveAsync(scope, [.. by.Values.Where(b => b.News.Exists(n => !Knows(b.Message, n)))], ct);
        await LearnAsync(scope, told, ct);
    }

    private async Task MoveAsync(TenantScope scope, IReadOnlyList<(Message Message, List<StatusNews> News)> all, CancellationToken ct)
    {
        var failures = all.SelectMany(a => a.News.Where(n => n.Error is not null && n.Progress > a.Message.Progress).Select(n => (a.Message.ConversationId, n.Error!.Code))).ToList();
        var moved = await statuses.AdvanceAsync(scope, [.. all.Select(a => (a.Message, (IReadOnlyList<StatusNews>)a.News))], ct);
        foreach (var (conversation, code) in failures)
        {
            await sending.NoteContactAsync(scope, conversation, code, ct);
        }

        await progress.NoteMessagesAsync(scope, [.. moved.Where(m => m.EventLogId is not null).Select(m => (m.EventLogId!.Value, m.Id, m.Status.Word()))], ct);
    }

    /// <summary>A status that names both number and user id tells which belong together.</summary>
    private async Task LearnAsync(TenantScope scope, IEnumerable<ToldStatus> told, CancellationToken ct)
    {
        var contacts = told.Select(t => Named(scope, t)).OfType<Contact>().Where(c => _learnt.TryAdd((scope.Code, c.UserId!), true)).ToList();
        if (_learnt.Count > MostLearnt)
        {
            _learnt.Clear();
        }

        if (contacts.Count > 0)
        {
            await threads.LearnUserIdsAsync(scope, contacts, ct);
        }
    }

    private static Contact? Named(TenantScope scope, ToldStatus told)
    {
        var card = told.Value.Items("contacts").FirstOrDefault();
        return (told.Status.Text("recipient_user_id") ?? card.Text("user_id")) is { } userId && (told.Status.Text("recipient_id") ?? card.Text("wa_id")) is { } waId
            ? new Contact(ContactNumbers.Of(waId, scope.Settings.Country), userId)
            : null;
    }

    /// <summary>The messages told of: by our own id; else by Meta's.</summary>
    private static async Task<FoundMessages> FindAsync(TenantScope scope, IReadOnlyList<ToldStatus> told, CancellationToken ct)
    {
        var found = new FoundMessages();
        var ids = told.Select(t => t.Ours).OfType<ObjectId>().Distinct().ToList();
        if (ids.Count > 0)
        {
            found.ById = (await scope.Db.Messages.Find(Builders<Message>.Filter.In("_id", ids)).ToListAsync(ct)).ToDictionary(m => m.Id);
        }

        var wamids = told.Where(t => found.Of(t) is null).Select(t => t.Wamid).OfType<string>().Distinct().ToList();
        if (wamids.Count > 0)
        {
            found.ByWamid = (await scope.Db.Messages.Find(Builders<Message>.Filter.In("wamid", wamids)).ToListAsync(ct)).ToDictionary(m => m.Wamid!, StringComparer.Ordinal);
        }

        return found;
    }

    /// <summary>Whether all of it is on record: Meta repeats itself often, and what is known needs no writing.</summary>
    private static bool Knows(Message message, StatusNews news)
    {
        var noted = news.Status switch
        {
            MessageStatus.Sent => message.SentAt,
            MessageStatus.Delivered => message.DeliveredAt,
            MessageStatus.Read => message.ReadAt,
            _ => message.FailedAt,
        };
        return message.Progress >= news.Progress && noted <= news.At && message.Wamid == news.Wamid && (message.Pricing is not null || news.Pricing is null);
    }

    private StatusNews? Read(JsonElement status)
    {
        MessageStatus? to = status.Text("status") switch
        {
            "sent" => MessageStatus.Sent,
            "delivered" => MessageStatus.Delivered,
            "read" or "played" => MessageStatus.Read,
            "failed" => MessageStatus.Failed,
            _ => null,
        };
        return to is not { } known ? null : new StatusNews(known, status.Time("timestamp") ?? clock.GetUtcNow().UtcDateTime, status.Text("id"))
        {
            Error = known == MessageStatus.Failed ? Error(status) : null,
            Pricing = Pricing(status),
        };
    }

    private static MessagePricing? Pricing(JsonElement status) => status.Get("pricing") is { ValueKind: JsonValueKind.Object } pricing
        ? new MessagePricing { Category = pricing.Text("category"), Type = pricing.Text("type"), Model = pricing.Text("pricing_model") }
        : null;

    private static MessageError Error(JsonElement status)
    {
        var error = status.Items("errors").FirstOrDefault();
        var code = error.Get("code") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : -1;
        return MessageSending.Describe(new GraphError(code, error.Text("title") ?? error.Text("message") ?? "Meta gave no reason.", error.Get("error_data")?.Text("details")));
    }

    private sealed class FoundMessages
    {
        public Dictionary<ObjectId, Message> ById { get; set; } = [];

        public Dictionary<string, Message> ByWamid { get; set; } = [];

        public Message? Of(ToldStatus told) => told.Ours is { } id && ById.TryGetValue(id, out var ours) ? ours
            : told.Wamid is { } wamid && ByWamid.TryGetValue(wamid, out var metas) ? metas
            : null;
    }
}
