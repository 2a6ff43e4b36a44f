using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>Lets an event go whose time has come.</summary>
internal sealed class FireJob(EventProcessing processing, PendingWork pending, EventFeed feed) : IJobHandler
{
    public string Kind => EventProcessing.FireKind;

    public bool CallsOut => true;

    public Task<bool> CallOffAsync(JobQueue queue, JobRun run, string why, CancellationToken ct) => pending.CancelAsync(run, why, ct);

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (AutomationGate.Hold(run.Scope) is { } held)
        {
            return held;
        }

        var log = await run.Scope.Db.Events.Find(e => e.Id == run.Ref("event")).FirstOrDefaultAsync(ct);
        if (log is null || log.Status is not (EventStatus.Scheduled or EventStatus.Received))
        {
            return JobResult.Done;
        }

        var lead = log.LeadId is { } id ? await run.Scope.Db.Leads.FindByIdAsync(id, ct) : null;
        await processing.DispatchAsync(run.Scope, log, lead, ct);
        await feed.UpdatedAsync(run.Scope, log, ct);
        return JobResult.Done;
    }
}
