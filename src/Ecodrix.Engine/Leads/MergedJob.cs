using Ecodrix.Engine.Automations;
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
        await FollowAsync(run.Scope, run.Ref("other"), ct);
        return JobResult.DoneAndForgotten;
    }

    /// <summary>
    /// Brings it now, to where the lead has gone by now: the one that stayed may have been merged itself meanwhile. Safe to repeat.
    /// </summary>
    public static async Task FollowAsync(TenantScope scope, ObjectId other, CancellationToken ct)
    {
        for (var arrived = other; ;)
        {
            var way = await MergedLeads.WayAsync(scope, other, ct);
            if (way[^1] == arrived)
            {
                return;
            }

            // And what was left on the way there. Looked at once more afterwards: the last may have gone on while things were brought to it.
            arrived = way[^1];
            await BringAsync(scope, way[..^1], arrived, ct);
        }
    }

    private static async Task BringAsync(TenantScope scope, List<ObjectId> from, ObjectId to, CancellationToken ct)
    {
        var theirs = from.ConvertAll(id => (ObjectId?)id);
        await scope.Db.Activities.UpdateManyAsync(Builders<Activity>.Filter.In(a => a.LeadId, from), Builders<Activity>.Update.Set(a => a.LeadId, to), null, ct);
        await scope.Db.Conversations.UpdateManyAsync(Builders<Conversation>.Filter.In(c => c.LeadId, theirs), Builders<Conversation>.Update.Set(c => c.LeadId, to), null, ct);
        await scope.Db.Events.UpdateManyAsync(Builders<EventLog>.Filter.In(e => e.LeadId, theirs), Builders<EventLog>.Update.Set(e => e.LeadId, to), null, ct);
        await RuleLimits.MergeAsync(scope, from, to, ct);
        await LeadFields.MergeAsync(scope, from, to, ct);
        await LeadImport.MergeAsync(scope, from, ct);
        await scope.Db.Notifications.UpdateManyAsync(Builders<Notification>.Filter.In(n => n.LeadId, theirs), Builders<Notification>.Update.Set(n => n.LeadId, to), null, ct);
    }
}
