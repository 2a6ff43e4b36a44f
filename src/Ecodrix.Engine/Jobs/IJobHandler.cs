using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>Does the jobs of one kind. Safe to repeat: a node may die after the work and before the job is marked done.</summary>
internal interface IJobHandler
{
    /// <summary>The kind, for example <c>automation.action</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Does the work. A <see cref="Kernel.RefusedException"/> fails the job for good; any other exception is retried with
    /// exponential back-off while attempts are left.
    /// </summary>
    Task<JobResult> RunAsync(JobRun run, CancellationToken ct);

    /// <summary>Records that the job has been given up, wherever the work it stands for is shown. Safe to repeat.</summary>
    Task GaveUpAsync(JobRun run, string error, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Whether it mostly waits for somebody else, such as Meta or a client's server: while they do not answer its worker does other jobs.</summary>
    bool CallsOut => false;

    /// <summary>Whether a tenant may call such a job off. Work the platform needs, or that has a switch of its own, may not.</summary>
    bool MayBeCalledOff => true;

    /// <summary>Makes what a given-up job stands for open again, before it is run once more. Safe to repeat.</summary>
    /// <exception cref="Kernel.RefusedException">It cannot be done again.</exception>
    Task ReopenAsync(JobRun run, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Records that the job was called off before it ran, wherever the work it stands for is shown.</summary>
    Task CalledOffAsync(JobRun run, string why, CancellationToken ct) => GaveUpAsync(run, why, ct);

    /// <summary>Calls the job off if it has not begun, and records that; answers whether it did.</summary>
    async Task<bool> CallOffAsync(JobQueue queue, JobRun run, string why, CancellationToken ct)
    {
        if ((await queue.CancelAsync(run.Scope, Builders<Job>.Filter.Eq(j => j.Id, run.Id), ct)).Count == 0)
        {
            return false;
        }

        await CalledOffAsync(run, why, ct);
        return true;
    }
}

/// <summary>One attempt at a job.</summary>
/// <param name="Scope">The tenant, on behalf of the platform.</param>
/// <param name="Id">The job's id.</param>
/// <param name="Payload">What it is about.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="MaxAttempts">How many there may be.</param>
internal sealed record JobRun(TenantScope Scope, ObjectId Id, BsonDocument Payload, int Attempt, int MaxAttempts)
{
    public bool IsLastAttempt => Attempt >= MaxAttempts;

    /// <summary>An id in the payload.</summary>
    public ObjectId Ref(string name) => Payload[name].AsObjectId;
}

/// <summary>How an attempt ended.</summary>
internal abstract record JobResult
{
    private JobResult()
    {
    }

    /// <summary>Done, and worth keeping for a while to be looked at.</summary>
    public static JobResult Done { get; } = new Completed(false);

    /// <summary>Done, and of no interest to anybody: the document goes at once.</summary>
    public static JobResult DoneAndForgotten { get; } = new Completed(true);

    /// <summary>To be tried again later.</summary>
    /// <param name="at">When.</param>
    /// <param name="why">What stood in the way; null when nothing went wrong.</param>
    /// <param name="countsAsAttempt">Whether this one used up an attempt.</param>
    public static JobResult Later(DateTime at, string? why = null, bool countsAsAttempt = true) => new Postponed(at, why, countsAsAttempt);

    /// <summary>To wait, without a time, for a gate to be opened: see <see cref="JobQueue.ReleaseAfterAsync"/>.</summary>
    /// <param name="gate">What <see cref="Job.After"/> shall name.</param>
    /// <param name="why">What it waits for.</param>
    public static JobResult Held(ObjectId gate, string why) => new Gated(gate, why);

    /// <summary>Given up: trying again would not help.</summary>
    public static JobResult GivenUp(string error) => new Abandoned(error);

    /// <summary>How it ended, in a word.</summary>
    public string Outcome => this switch
    {
        Completed => "completed",
        Postponed { Why: not null } => "retried",
        Postponed => "postponed",
        Gated => "held",
        _ => "failed",
    };

    internal sealed record Completed(bool Forget) : JobResult;

    internal sealed record Postponed(DateTime At, string? Why, bool CountsAsAttempt) : JobResult;

    internal sealed record Gated(ObjectId Gate, string Why) : JobResult;

    internal sealed record Abandoned(string Error) : JobResult;
}
