using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Sends one chat message. However it goes, the message ends as sent or failed, never as queued for ever.</summary>
internal sealed class SendJob(MessageSending sending, MessageReopening messages) : IJobHandler
{
    public const string JobKind = "whatsapp.send";

    public string Kind => JobKind;

    /// <summary>The job that sends a message; another attempt by hand is another job.</summary>
    public static NewJob For(Message message, int round) => new(
        Ids.From(JobKind, message.Id.ToString(), $"{round}"), JobKind, new BsonDocument("message", message.Id))
    { Priority = JobPriority.High };

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var id = run.Ref("message");
        if (await run.Scope.Db.Messages.FindByIdAsync(id, ct) is not { } message)
        {
            // Its conversation was deleted meanwhile.
            return JobResult.DoneAndForgotten;
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

    public Task ReopenAsync(JobRun run, CancellationToken ct) => messages.ReopenAsync(run.Scope, run.Ref("message"), ct);

    public Task GaveUpAsync(JobRun run, string error, CancellationToken ct) => sending.GiveUpAsync(run.Scope, run.Ref("message"), error, ct);
}
