using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>
/// Sends a broadcast slice by slice, as many at a time as the number's pace allows, so that memory stays small, other jobs get their
/// turn, and a restart goes on where it stopped.
/// </summary>
internal sealed class BroadcastRun(
    BroadcastSlice slice, BroadcastPlanning planning, BroadcastTally tally, TemplateMappings templates, ChatPreferences preferences, NumberPace pace, TimeProvider clock) : IJobHandler
{
    private const string JobKind = "broadcast.run";
    private const int LargestSlice = 500;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    public string Kind => JobKind;

    public bool CallsOut => true;

    public bool MayBeCalledOff => false;

    public static NewJob For(Broadcast broadcast) => new(
        Ids.From(JobKind, broadcast.Id.ToString(), $"{broadcast.Round}"), JobKind, new BsonDocument { ["broadcast"] = broadcast.Id, ["round"] = broadcast.Round })
    {
        Priority = JobPriority.Low,
        RunAt = broadcast.Status == BroadcastStatus.Scheduled ? broadcast.ScheduledAt : null,
        MaxAttempts = 1_000_000,
    };

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (AutomationGate.HoldSuspended(run.Scope) is { } held)
        {
            return held;
        }

        try
        {
            return await StepAsync(run, ct);
        }
        catch (RefusedException refused)
        {
            await PauseAsync(run, refused.Message, ct);
            return JobResult.DoneAndForgotten;
        }
    }

    public Task GaveUpAsync(JobRun run, string error, CancellationToken ct) => PauseAsync(run, error, ct);

    /// <summary>What stands in the way of all of it stops it with the reason; somebody has to mend that and let it go on.</summary>
    private Task PauseAsync(JobRun run, string why, CancellationToken ct) => tally.PauseAsync(run.Scope, run.Ref("broadcast"), $"{why} Then resume.", ct);

    private async Task<JobResult> StepAsync(JobRun run, CancellationToken ct)
    {
        var (scope, id, round) = (run.Scope, run.Ref("broadcast"), run.Payload["round"].AsInt32);
        var now = clock.GetUtcNow().UtcDateTime;
        var broadcast = await scope.Db.Broadcasts.FindByIdAsync(id, ct);
        if (broadcast is null || broadcast.Round < round)
        {
            // What it is for is written right after it; if not, the launch or the resuming was cut off and has been repeated.
            return run.Attempt < 5 ? JobResult.Later(now.AddSeconds(5)) : JobResult.DoneAndForgotten;
        }

        if (broadcast.Round != round || broadcast.HasEnded || broadcast.Status == BroadcastStatus.Paused)
        {
            return JobResult.DoneAndForgotten;
        }

        if (broadcast.Status != BroadcastStatus.Running)
        {
            await scope.Db.Broadcasts.UpdateOneAsync(
                b => b.Id == id && b.Round == round && (b.Status == BroadcastStatus.Queued || b.Status == BroadcastStatus.Scheduled),
                Builders<Broadcast>.Update.Set(b => b.Status, BroadcastStatus.Running).Min(b => b.StartedAt, now), null, ct);
        }

        var template = await templates.FindAsync(scope, broadcast.TemplateName, broadcast.TemplateLanguage, ct);
        if (template?.Status != Template.Approved)
        {
            await tally.PauseAsync(scope, id, $"The template {broadcast.TemplateName} is {template?.Status ?? "gone"}. Resume when it is approved again.", ct);
            return JobResult.DoneAndForgotten;
        }

        // Before anything is marked as being sent: without one of them nothing can be.
        scope.RequireSecret(SecretCatalogue.WhatsAppPhoneNumberId);
        scope.RequireSecret(SecretCatalogue.WhatsAppToken);
        if (!broadcast.AudienceDone)
        {
            await ExpandAsync(scope, broadcast, template, ct);
        }

        return await SendAsync(scope, broadcast, template, now, ct);
    }

    private async Task<JobResult> SendAsync(TenantScope scope, Broadcast broadcast, Template template, DateTime now, CancellationToken ct)
    {
        var want = await WantAsync(scope, broadcast, ct);
        if (want == 0)
        {
            return JobResult.Later(now + Beat, null, countsAsAttempt: false);
        }

        var due = await scope.Db.Recipients
            .Find(r => r.BroadcastId == broadcast.Id && r.Status == RecipientStatus.Queued && r.RunAt <= now)
            .SortBy(r => r.RunAt).ThenBy(r => r.Id).Limit(want).ToListAsync(ct);
        if (broadcast.RatePerSecond is not null)
        {
            pace.GiveBack(Own(broadcast), want - due.Count);
        }

        if (due.Count == 0)
        {
            return await FinishAsync(scope, broadcast, now, ct);
        }

        var limit = (await preferences.GetAsync(scope, ct)).MessagesPerSecond;
        var number = scope.RequireSecret(SecretCatalogue.WhatsAppPhoneNumberId);
        // A tenth of the pace is left for what people wait for.
        var granted = await pace.TakeAsync(number, limit, due.Count, ct, leave: limit / 10);
        if (granted < due.Count && broadcast.RatePerSecond is not null)
        {
            pace.GiveBack(Own(broadcast), due.Count - granted);
        }

        if (granted > 0)
        {
            await slice.SendAsync(scope, broadcast, template, due[..granted], ct);
            await tally.AskAsync(scope, broadcast.Id, ct);
        }

        // From the beginning of this slice: one that took long is followed by the next at once, or the pace would not be kept.
        return JobResult.Later(now + Beat, null, countsAsAttempt: false);
    }

    /// <summary>How many the broadcast's own rate allows now.</summary>
    private async Task<int> WantAsync(TenantScope scope, Broadcast broadcast, CancellationToken ct)
    {
        var limit = (await preferences.GetAsync(scope, ct)).MessagesPerSecond;
        return broadcast.RatePerSecond is { } rate ? pace.TakeHere(Own(broadcast), Math.Min(rate, limit), LargestSlice) : LargestSlice;
    }

    private static string Own(Broadcast broadcast) => $"broadcast:{broadcast.Id}";

    private async Task<JobResult> FinishAsync(TenantScope scope, Broadcast broadcast, DateTime now, CancellationToken ct)
    {
        var next = await scope.Db.Recipients.Find(r => r.BroadcastId == broadcast.Id && r.Status == RecipientStatus.Queued)
            .SortBy(r => r.RunAt).Limit(1).Project(r => (DateTime?)r.RunAt).FirstOrDefaultAsync(ct);
        if (next is { } at)
        {
            return JobResult.Later(at > now + Beat ? at : now + Beat, null, countsAsAttempt: false);
        }

        var current = await scope.Db.Broadcasts.FindByIdAsync(broadcast.Id, ct);
        if (current is { AudienceDone: false })
        {
            return JobResult.Later(now, null, countsAsAttempt: false);
        }

        await scope.Db.Broadcasts.UpdateOneAsync(
            b => b.Id == broadcast.Id && b.Status == BroadcastStatus.Running && b.Round == broadcast.Round,
            Builders<Broadcast>.Update.Set(b => b.Status, BroadcastStatus.Completed).Set(b => b.FinishedAt, now), null, ct);
        await tally.CountAsync(scope, broadcast.Id, ct);
        return JobResult.Done;
    }

    /// <summary>Makes recipients of the next few hundred leads of an audience.</summary>
    private async Task ExpandAsync(TenantScope scope, Broadcast broadcast, Template template, CancellationToken ct)
    {
        var filter = BsonJson.ToObject(broadcast.Audience).Deserialize<LeadFilter>(EcodrixJson.Options) ?? new LeadFilter();
        var where = await BroadcastLaunch.AudienceOfAsync(scope, filter, ct);
        var after = broadcast.AudienceCursor;
        where &= after is { } cursor ? Builders<Lead>.Filter.Gt(l => l.Id, cursor) : Builders<Lead>.Filter.Empty;
        var leads = await scope.Db.Leads.Find(where).SortBy(l => l.Id).Limit(BroadcastPlanning.Chunk).ToListAsync(ct);
        if (leads.Count > 0)
        {
            var planned = await planning.DecideAsync(scope, template, [.. leads.Select(l => new PlannedRecipient(l.Phone!, null))], ct);
            var now = clock.GetUtcNow().UtcDateTime;
            try
            {
                await scope.Db.Recipients.InsertManyAsync(planned.Select(p => BroadcastLaunch.Recipient(broadcast.Id, p, now, 0)), new InsertManyOptions { IsOrdered = false }, ct);
            }
            catch (MongoBulkWriteException<BroadcastRecipient> e) when (e.WriteConcernError is null && e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
            {
                // Made before a crash.
            }
        }

        var done = leads.Count < BroadcastPlanning.Chunk;
        var update = Builders<Broadcast>.Update.Set(b => b.AudienceDone, done);
        await scope.Db.Broadcasts.UpdateOneAsync(b => b.Id == broadcast.Id, leads.Count > 0 ? update.Set(b => b.AudienceCursor, leads[^1].Id) : update, null, ct);
        broadcast.AudienceDone = done;
    }
}
