using System.Text.Json;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Takes triggers from client servers: the product's front door.</summary>
public sealed class TriggerIntake
{
    private readonly TriggerReading _reading;
    private readonly EventProcessing _processing;
    private readonly CallbackOutbox _callbacks;
    private readonly Outbox _outbox;
    private readonly EventFeed _feed;
    private readonly TimeProvider _clock;

    internal TriggerIntake(
        TriggerReading reading, EventProcessing processing, CallbackOutbox callbacks, Outbox outbox, EventFeed feed, TimeProvider clock)
    {
        _reading = reading;
        _processing = processing;
        _callbacks = callbacks;
        _outbox = outbox;
        _feed = feed;
        _clock = clock;
    }

    /// <summary>
    /// Accepts an event and begins to work on it. Once its log is written it is accepted: whatever crashes after that, it is
    /// finished, without doing any step twice.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="body">The request as received; see <see cref="TriggerRequest"/>.</param>
    /// <param name="origin">Where it came from.</param>
    /// <param name="ct">Cancels before acceptance; after it the work is carried through.</param>
    /// <exception cref="RefusedException">UNKNOWN_TRIGGER, VALIDATION_ERROR.</exception>
    public async Task<TriggerAnswer> FireAsync(TenantScope scope, JsonElement body, RequestOrigin origin, CancellationToken ct)
    {
        var read = _reading.Read(scope, body);
        var received = Make(scope, read, BsonJson.ToDocument(body), origin);

        await _outbox.ArmAsync(scope, ct);
        try
        {
            await scope.Db.Events.InsertOneAsync(received, null, ct);
            received.CountAccepted();
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            // A repeat of a request whose first attempt was cut off after acceptance: that event is this one.
            received = await scope.Db.Events.Find(l => l.Id == received.Id).FirstAsync(ct);
        }

        System.Diagnostics.Activity.Current?.SetTag("ecodrix.tenant", scope.Code).SetTag("ecodrix.event", received.Id.ToString());

        // Accepted. A caller that hangs up now must not leave the event half done.
        var processed = received.Status == EventStatus.Received
            ? await _processing.BeginAsync(scope, received)
            : new ProcessedEvent(received, received.Rules.Count(r => r.Matched), [.. received.Actions.Select(a => a.Id.ToString())]);
        await _feed.AcceptedAsync(scope, processed.Event, CancellationToken.None);
        return Answer(scope, read, processed, origin);
    }

    private EventLog Make(TenantScope scope, CheckedTrigger read, BsonDocument request, RequestOrigin origin) => new()
    {
        Id = origin.OnceToken is { } once ? Ids.From("trigger", once) : ObjectId.GenerateNewId(),
        Trigger = read.Request.Trigger!,
        Source = EventSource.Client,
        Status = EventStatus.Received,
        Phone = read.Phone,
        Email = read.Email,
        Request = request,
        FiredBy = scope.Actor.Name,
        KeyPrefix = scope.Tenant.Keys.Find(k => k.Id.ToString() == scope.Actor.Id)?.Prefix,
        IdempotencyKey = origin.IdempotencyKey,
        RequestId = origin.RequestId,
        CorrelationKey = read.CorrelationKey,
        RunAt = read.RunAt,
        ReceivedAt = _clock.GetUtcNow().UtcDateTime,
    };

    private TriggerAnswer Answer(TenantScope scope, CheckedTrigger read, ProcessedEvent processed, RequestOrigin origin)
    {
        var log = processed.Event;
        return new TriggerAnswer
        {
            EventLogId = log.Id.ToString(),
            Trigger = log.Trigger,
            LeadId = log.LeadId?.ToString(),
            MeetLink = log.Meet?.Link,
            MeetWarning = log.Meet?.Warning,
            RulesMatched = processed.RulesMatched,
            Scheduled = log.Status == EventStatus.Scheduled && log.RunAt is not null,
            PausedWarning = scope.AutomationsPausedAt is null ? null : "Automations of this client are paused: the event is kept and goes on when they are resumed.",
            RunAt = log.Status == EventStatus.Scheduled ? log.RunAt : null,
            JobIds = processed.JobIds,
            CallbackWarning = read.Request.CallbackUrl is null ? null : _callbacks.Warning(scope),
            RequestId = origin.RequestId,
            TraceUrl = $"{origin.PublicUrl}/c/{scope.Code}/events/{log.Id}",
        };
    }
}
