using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.WhatsApp.Graph;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>Brings a snoozed conversation back when its time has come, unless it was opened or snoozed anew meanwhile.</summary>
internal sealed class SnoozeJob(InboxFeed feed) : IJobHandler
{
    private const string JobKind = "inbox.snooze";

    public string Kind => JobKind;

    public bool MayBeCalledOff => false;

    public static NewJob For(ObjectId conversationId, DateTime until) => new(
        Ids.From(JobKind, conversationId.ToString(), Moments.Write(until)), JobKind, new BsonDocument { ["conversation"] = conversationId, ["until"] = until })
    { RunAt = until };

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var id = run.Ref("conversation");
        var until = run.Payload["until"].ToUniversalTime();
        var opened = await run.Scope.Db.Conversations.FindOneAndUpdateAsync<Conversation>(
            c => c.Id == id && c.Status == ConversationStatus.Snoozed && c.SnoozedUntil == until,
            Builders<Conversation>.Update.Set(c => c.Status, ConversationStatus.Open).Unset(c => c.SnoozedUntil),
            new FindOneAndUpdateOptions<Conversation> { ReturnDocument = ReturnDocument.After }, ct);
        if (opened is not null)
        {
            feed.Changed(run.Scope, opened, "reopened");
        }

        return JobResult.DoneAndForgotten;
    }
}

/// <summary>Tells the contact that their messages have been read. Not worth more than a few tries.</summary>
internal sealed class ReadReceiptJob(IWhatsApp whatsApp, TimeProvider clock) : IJobHandler
{
    private const string JobKind = "inbox.read";

    public string Kind => JobKind;

    public bool CallsOut => true;

    public bool MayBeCalledOff => false;

    public static NewJob For(string wamid) => new(Ids.From(JobKind, wamid), JobKind, new BsonDocument("wamid", wamid)) { MaxAttempts = 3 };

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        try
        {
            await whatsApp.MarkReadAsync(run.Scope, run.Payload["wamid"].AsString, typing: false, ct);
        }
        catch (RefusedException refused) when (refused.RetryAfter is { } wait && !run.IsLastAttempt)
        {
            return JobResult.Later(clock.GetUtcNow().UtcDateTime + wait, refused.Message);
        }

        return JobResult.DoneAndForgotten;
    }
}
