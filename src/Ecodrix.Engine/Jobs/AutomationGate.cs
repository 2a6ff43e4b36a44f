using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Jobs;

/// <summary>
/// Holds the automation jobs of a tenant whose automations are paused. A held job costs nothing until the gate opens: it waits for the
/// gate as it would for another job, and no worker looks at it.
/// </summary>
internal sealed class AutomationGate(JobQueue queue, ILiveBus live, TimeProvider clock)
{
    public const string ResumeKind = "automations.resume";
    public const string Why = "Automations are paused.";

    /// <summary>What a held job waits for.</summary>
    public static ObjectId Of(string tenant) => Ids.From("automations.gate", tenant);

    /// <summary>The result of a job that finds its tenant's automations paused; null when they run.</summary>
    public static JobResult? Hold(TenantScope scope) => scope.AutomationsPausedAt is null ? null : JobResult.Held(Of(scope.Code), Why);

    /// <summary>Tells of a switch, and when automations run again lets go what was held.</summary>
    public async Task SetAsync(TenantScope scope, bool paused, CancellationToken ct)
    {
        if (!paused)
        {
            var now = clock.GetUtcNow().UtcDateTime;
            await queue.ReleaseAfterAsync(Of(scope.Code), ct);
            // A worker, here or on another node, may have read the old setting a moment ago and hold a job just after this.
            var later = new NewJob(Ids.From(ResumeKind, scope.Code, $"{now.Ticks}"), ResumeKind, []) { RunAt = now + (2 * TenantDirectory.Freshness) };
            await queue.EnqueueAsync(scope, [later], ct);
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
        if (run.Scope.AutomationsPausedAt is null)
        {
            await queue.ReleaseAfterAsync(AutomationGate.Of(run.Scope.Code), ct);
        }

        return JobResult.DoneAndForgotten;
    }
}
