using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Notifications;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>
/// Brings what belonged to a lead that was merged to the one that stays, shortly after: whatever was still written to it in between, and all
/// of it where the merge was cut off. Not before the other is gone: a merge that is refused must leave each lead its own.
/// </summary>
internal sealed class MergedJob : IJobHandler
{
    public const string JobKind = "leads.merged";

    private static readonly TimeSpan After = TimeSpan.FromMinutes(1);

    public string Kind => JobKind;

    public bool MayBeCalledOff => false;

    public static NewJob Of(ObjectId other, ObjectId kept, DateTimeOffset now) =>
        new(ObjectId.GenerateNewId(), JobKind, new BsonDocument { ["other"] = other, ["kept"] = kept }) { RunAt = (now + After).UtcDateTime };

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var (other, kept) = (run.Ref("other"), run.Ref("kept"));
        if (!await run.Scope.Db.Leads.Find(l => l.Id == other).AnyAsync(ct))
        {
            await FollowAsync(run.Scope, other, kept, ct);
        }

        return JobResult.DoneAndForgotten;
    }

    /// <summary>Brings it now. Safe to repeat.</summary>
    public static async Task FollowAsync(TenantScope scope, ObjectId other, ObjectId kept, CancellationToken ct)
    {
        await scope.Db.Activities.UpdateManyAsync(a => a.LeadId == other, Builders<Activity>.Update.Set(a => a.LeadId, kept), null, ct);
        await scope.Db.Conversations.UpdateManyAsync(c => c.LeadId == other, Builders<Conversation>.Update.Set(c => c.LeadId, kept), null, ct);
        await scope.Db.Events.UpdateManyAsync(e => e.LeadId == other, Builders<EventLog>.Update.Set(e => e.LeadId, kept), null, ct);
        await scope.Db.Notifications.UpdateManyAsync(n => n.LeadId == other, Builders<Notification>.Update.Set(n => n.LeadId, kept), null, ct);
    }
}
