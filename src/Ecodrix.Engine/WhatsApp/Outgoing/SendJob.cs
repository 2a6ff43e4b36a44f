using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Sends one chat message. However it goes, the message ends as sent or failed, never as queued for ever.</summary>
internal sealed class SendJob(MessageSending sending, MessageReopening messages, TemplateMappings templates, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "whatsapp.send";

    /// <summary>How often the job looks for its message, each time a little later: some twenty seconds in all.</summary>
    private const int Looks = 5;

    public string Kind => JobKind;

    public bool CallsOut => true;

    /// <summary>The job that sends a message, which may be written after it.</summary>
    public static NewJob For(ObjectId messageId) => new(
        Ids.From(JobKind, messageId.ToString(), "0"), JobKind, new BsonDocument("message", messageId))
    { Priority = JobPriority.High };

    /// <summary>The job that sends a failed message once more: one for each time it fails, however often it is asked for.</summary>
    public static NewJob Again(Message failed) => new(
        Ids.From(JobKind, failed.Id.ToString(), $"{failed.FailedAt:O}"), JobKind, new BsonDocument { ["message"] = failed.Id, ["failedAt"] = Failure(failed) })
    { Priority = JobPriority.High };

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var id = run.Ref("message");
        var message = await run.Scope.Db.Messages.FindByIdAsync(id, ct);
        if (message is null || StillClosed(run, message))
        {
            // It comes right after its job; if not, the call that makes it was cut off, or its conversation was deleted meanwhile.
            return run.Attempt < Looks ? JobResult.Later(clock.GetUtcNow().UtcDateTime.AddSeconds(2 * run.Attempt)) : JobResult.DoneAndForgotten;
        }

        // Each time anew: since it was written the contact may have opted out, or the window closed.
        if (sending.Became(message) is null && await BanAsync(run.Scope, message, ct) is var ban and not SendBan.None)
        {
            return JobResult.GivenUp(ban.Words());
        }

        return await sending.SendAsync(run.Scope, message, ct) switch
        {
            SendOutcome.Sent => JobResult.DoneAndForgotten,
            SendOutcome.Failed failed => JobResult.GivenUp($"{failed.Error.Title} ({failed.Error.Code}). {failed.Error.Hint}"),
            SendOutcome.Later later when later.CountsAsAttempt && run.IsLastAttempt => JobResult.GivenUp(later.Why),
            SendOutcome.Later later => JobResult.Later(later.At, later.Why, later.CountsAsAttempt),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
    }

    private async Task<SendBan> BanAsync(TenantScope scope, Message message, CancellationToken ct)
    {
        if (await scope.Db.Conversations.FindByIdAsync(message.ConversationId, ct) is not { } conversation)
        {
            // Just gone into another of the same contact: nothing forbids it.
            return SendBan.None;
        }

        var lead = conversation.LeadId is { } leadId ? await scope.Db.Leads.FindByIdAsync(leadId, ct) : null;
        return await OutgoingGate.DecideAsync(scope, templates, message, conversation, lead, clock.GetUtcNow().UtcDateTime, ct);
    }

    /// <summary>Whether the message still stands as failed as it was when this job was made to send it again.</summary>
    private static bool StillClosed(JobRun run, Message message) =>
        message.Status == MessageStatus.Failed && run.Payload.TryGetValue("failedAt", out var failedAt) && failedAt == Failure(message);

    private static BsonValue Failure(Message message) => message.FailedAt is { } at ? new BsonDateTime(at) : BsonNull.Value;

    public Task ReopenAsync(JobRun run, CancellationToken ct) => messages.ReopenAsync(run.Scope, run.Ref("message"), ct);

    public Task GaveUpAsync(JobRun run, string error, CancellationToken ct) => sending.GiveUpAsync(run.Scope, run.Ref("message"), error, ct);
}
