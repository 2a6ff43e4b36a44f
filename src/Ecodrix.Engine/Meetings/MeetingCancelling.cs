using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Meetings;

/// <summary>Calls off the meetings of events, as long as they have not begun: what was held stays in the calendar.</summary>
internal sealed class MeetingCancelling(JobQueue queue, TimeProvider clock)
{
    /// <summary>Calls off the meeting that an event made.</summary>
    /// <returns>Whether there was one to call off.</returns>
    public async Task<bool> OfEventAsync(TenantScope scope, EventLog log, string why, CancellationToken ct)
    {
        // A replay is about the meeting of the event it repeats, which that event alone may call off.
        if (log.ReplayOf is not null || log.Meet is not { Cancelled: null } meet || StartOf(log) is not { } start || start <= clock.GetUtcNow())
        {
            return false;
        }

        // One that was never made needs nobody to take it out; that it was called off keeps a replay from making it after all.
        var noted = await scope.Db.Events.UpdateOneAsync(
            Builders<EventLog>.Filter.Where(e => e.Id == log.Id && e.Meet!.Cancelled == null) & Builders<EventLog>.Filter.Ne(e => e.Meet!.NeverMade, !meet.NeverMade),
            Builders<EventLog>.Update.Set(e => e.Meet!.Cancelled, meet.NeverMade ? MeetingCancellation.Done : MeetingCancellation.Pending), null, ct);
        if (meet.NeverMade)
        {
            return false;
        }

        var job = new NewJob(Ids.From(log.Id.ToString(), MeetingCancelJob.JobKind), MeetingCancelJob.JobKind, new BsonDocument { ["event"] = log.Id, ["why"] = why }) { EventLogId = log.Id };
        await queue.EnqueueAsync(scope, [job], ct);
        return noted.ModifiedCount == 1;
    }

    /// <summary>Calls off the meetings of certain events.</summary>
    public async Task OfEventsAsync(TenantScope scope, FilterDefinition<EventLog> which, string why, CancellationToken ct)
    {
        var made = await scope.Db.Events.Find(which & Builders<EventLog>.Filter.Ne(e => e.Meet, null)).ToListAsync(ct);
        foreach (var log in made)
        {
            await OfEventAsync(scope, log, why, ct);
        }
    }

    /// <summary>
    /// Takes the meetings of an erased person's events out of the calendar, those that were held too: they carry a name and an address. The
    /// jobs stand by themselves, so that an erasure that is repeated does not call them off with the events' other work.
    /// </summary>
    /// <returns>How many there were.</returns>
    public async Task<int> OfErasedAsync(TenantScope scope, IReadOnlyList<ObjectId> events, CancellationToken ct)
    {
        var made = await scope.Db.Events.Find(
                Builders<EventLog>.Filter.In(e => e.Id, events) & Builders<EventLog>.Filter.Where(e => e.Meet != null && e.Meet.NeverMade != true && e.Meet.Cancelled != MeetingCancellation.Done && e.ReplayOf == null))
            .Project(e => e.Id).ToListAsync(ct);
        await queue.EnqueueAsync(
            scope,
            [.. made.Select(id => new NewJob(Ids.From(id.ToString(), "erased meeting"), MeetingCancelJob.JobKind, new BsonDocument { ["event"] = id, ["why"] = "The person was erased" }))],
            ct);
        return made.Count;
    }

    private static DateTimeOffset? StartOf(EventLog log) =>
        log.OfSystem ? null : BsonJson.ToObject(log.Request).Deserialize<TriggerRequest>(EcodrixJson.Options)?.MeetConfig?.StartTime;
}

/// <summary>Deletes an event's meeting from the calendar and writes into the event's trace how that went.</summary>
internal sealed class MeetingCancelJob(IMeetings meetings, EventFeed feed) : IJobHandler
{
    public const string JobKind = "meeting.cancel";

    public string Kind => JobKind;

    public bool CallsOut => true;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (await meetings.CancelAsync(run.Scope, run.Ref("event").ToString(), ct) is { } stays)
        {
            return JobResult.GivenUp(stays);
        }

        // Nobody shall be sent to a link that is dead.
        await NoteAsync(run, MeetingCancellation.Done, $"The meeting was taken out of the calendar. {run.Payload["why"].AsString}.", gone: true, ct);
        return JobResult.Done;
    }

    public Task GaveUpAsync(JobRun run, string error, CancellationToken ct) =>
        NoteAsync(run, MeetingCancellation.Failed, $"The meeting is still in the calendar: {error}", gone: false, ct);

    public Task ReopenAsync(JobRun run, CancellationToken ct) => NoteAsync(run, MeetingCancellation.Pending, null, gone: false, ct);

    private async Task NoteAsync(JobRun run, MeetingCancellation how, string? words, bool gone, CancellationToken ct)
    {
        var id = run.Ref("event");
        var update = Builders<EventLog>.Update.Set(e => e.Meet!.Cancelled, how).Set(e => e.Meet!.Warning, words);
        // An erased person's event has no meeting to tell of any more.
        await run.Scope.Db.Events.UpdateOneAsync(e => e.Id == id && e.Meet != null, gone ? update.Unset(e => e.Meet!.Link) : update, null, ct);
        await feed.UpdatedAsync(run.Scope, [id], ct);
    }
}
