using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Jobs;

/// <summary>
/// Holds the automation jobs of a tenant whose automations are paused or that is suspended. A held job costs nothing until the gate opens: it waits for the
/// gate as it would for another job, and no worker looks at it.
/// </summary>
internal sealed class AutomationGate(JobQueue queue, ILiveBus live, TimeProvider clock)
{
    public const string ResumeKind = "automations.resume";
    public const string Why = "Automations are paused.";
    public const string Suspended = "The client is suspended.";

    /// <summary>What a held job waits for.</summary>
    public static ObjectId Of(string tenant) => Ids.From("automations.gate", tenant);

    /// <summary>The result of a job that finds its tenant's automations paused; null when they run.</summary>
    public static JobResult? Hold(TenantScope scope) =>
        HoldSuspended(scope) ?? (scope.AutomationsPausedAt is null ? null : JobResult.Held(Of(scope.Code), Why));

    /// <summary>The same of what people have set going, which only a suspended tenant's is held.</summary>
    public static JobResult? HoldSuspended(TenantScope scope) => scope.Tenant.Status == TenantStatus.Suspended ? JobResult.Held(Of(scope.Code), Suspended) : null;

    /// <summary>To be called before the gate is opened: lets go what is held a little later. So no crash after that leaves it held for ever.</summary>
    /// <remarks>A worker, here or on another node, may also have read the old setting a moment ago and hold a job just after the gate was opened.</remarks>
    public Task OpeningAsync(TenantScope scope, CancellationToken ct)
    {
        var later = new NewJob(ObjectId.GenerateNewId(), ResumeKind, []) { RunAt = clock.GetUtcNow().UtcDateTime + (2 * TenantDirectory.Freshness) };
        return queue.EnqueueAsync(scope, [later], ct, wake: false);
    }

    /// <summary>Tells of a switch, and when automations run again lets go what was held.</summary>
    public async Task SetAsync(TenantScope scope, bool paused, CancellationToken ct)
    {
        if (!paused)
        {
            await queue.ReleaseAfterAsync(Of(scope.Code), ct);
        }

        live.Publish(scope.Code, "automations.switched", new { paused });
    }
}

/// <summary>Lets go what was held while automations were being resumed.</summary>
internal sealed class ResumeJob(JobQueue queue) : IJobHandler
{
    public string Kind => AutomationGate.ResumeKind;

    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        if (AutomationGate.Hold(run.Scope) is null)
        {
            await queue.ReleaseAfterAsync(AutomationGate.Of(run.Scope.Code), ct);
        }

        return JobResult.DoneAndForgotten;
    }
}
