using Ecodrix.Engine.Kernel;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>The steps of a job's life once it has been enqueued, as updates. Not as expressions: the driver would translate each anew for each job.</summary>
internal static class JobUpdates
{
    private static readonly string Queued = JobStatus.Queued.Word();

    /// <summary>A worker takes it: one attempt more.</summary>
    public static BsonDocument Take(string node, string token, DateTime now, DateTime until) => new()
    {
        ["$set"] = new BsonDocument
        {
            ["status"] = JobStatus.Processing.Word(),
            ["leaseOwner"] = node,
            ["leaseToken"] = token,
            ["leaseUntil"] = until,
            ["startedAt"] = now,
        },
        ["$inc"] = new BsonDocument("attempts", 1),
    };

    /// <summary>Its worker lives.</summary>
    public static BsonDocument Renew(DateTime until) => new("$set", new BsonDocument("leaseUntil", until));

    /// <summary>Its worker has gone silent: the attempt counts, for it may be the job that silenced it.</summary>
    public static BsonDocument Reclaim() => Requeue();

    /// <summary>Its worker gives it back: that was no attempt.</summary>
    public static BsonDocument GiveBack() => Requeue().NoAttempt();

    /// <summary>It waits for a gate.</summary>
    public static BsonDocument Gate(ObjectId gate, string why) => Requeue(new BsonDocument { ["after"] = gate, ["error"] = why }).NoAttempt();

    /// <summary>It waits.</summary>
    /// <param name="at">Until when; null until the time it has.</param>
    /// <param name="why">What stood in the way; null when nothing went wrong.</param>
    /// <param name="countsAsAttempt">Whether this one used up an attempt.</param>
    public static BsonDocument Postpone(DateTime? at, string? why, bool countsAsAttempt)
    {
        var set = new BsonDocument();
        if (at is { } time)
        {
            set["runAt"] = time;
        }

        if (why is not null)
        {
            set["error"] = why;
        }

        return countsAsAttempt ? Requeue(set) : Requeue(set).NoAttempt();
    }

    /// <summary>It runs once more, with all its attempts.</summary>
    public static BsonDocument RunAgain() => Requeue(new BsonDocument("attempts", 0));

    /// <summary>It has ended.</summary>
    public static BsonDocument End(JobStatus status, string? error, DateTime now)
    {
        var (set, unset) = (new BsonDocument { ["status"] = status.Word(), ["finishedAt"] = now, ["expireAt"] = now + JobRunner.Kept }, NoLease());
        (error is null ? unset : set)["error"] = error ?? "";
        return new BsonDocument { ["$set"] = set, ["$unset"] = unset };
    }

    /// <summary>The job, as long as nobody has taken this claim of it away.</summary>
    public static FilterDefinition<Job> Held(Job job) => new BsonDocument { ["_id"] = job.Id, ["leaseToken"] = job.LeaseToken };

    /// <summary>The same, unless the job was asked for again while it ran: that moves its time.</summary>
    public static FilterDefinition<Job> HeldAndNotAskedAgain(Job job) =>
        new BsonDocument { ["_id"] = job.Id, ["leaseToken"] = job.LeaseToken, ["runAt"] = job.RunAt };

    private static BsonDocument Requeue(BsonDocument? set = null) => new()
    {
        ["$set"] = (set ?? []).Add("status", Queued),
        ["$unset"] = NoLease(),
    };

    private static BsonDocument NoAttempt(this BsonDocument update) => update.Add("$inc", new BsonDocument("attempts", -1));

    /// <summary>What a job has only while a worker holds it.</summary>
    private static BsonDocument NoLease() => new() { ["leaseOwner"] = "", ["leaseToken"] = "", ["leaseUntil"] = "" };
}
