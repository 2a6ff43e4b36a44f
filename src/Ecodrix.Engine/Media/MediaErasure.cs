using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Media;

/// <summary>How many files were erased, and how many of them still lie in a store that could not be asked.</summary>
internal readonly record struct ErasedFiles(long Erased, long Waiting);

/// <summary>Erases files for good, wherever they lie.</summary>
internal sealed class MediaErasure(FileStores store, JobQueue queue, TimeProvider clock)
{
    /// <summary>How long somebody who waits for an erasure waits for stores in all. The rest is a job's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int Together = 500;

    /// <summary>
    /// Erases files; one that is gone already counts for nothing. What lies in a store that cannot be asked now is left to a job that tries
    /// until it is gone: all that is known of such a file is forgotten here at once but for where it lies.
    /// </summary>
    public async Task<ErasedFiles> EraseAsync(TenantScope scope, IReadOnlyCollection<ObjectId> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
        {
            return default;
        }

        var which = Builders<MediaFile>.Filter.In(f => f.Id, ids);
        var files = await scope.Db.Media.Find(which).ToListAsync(ct);
        var (left, _) = await TryAsync(scope, files, ct);
        // Before their entries go, so that a repeat finds what is left.
        await queue.EnqueueAsync(scope, [.. left.Chunk(Together).Select(MediaErasureJob.For)], ct);
        await scope.Db.Media.DeleteManyAsync(which, ct);
        return new ErasedFiles(files.Count - left.Count, left.Count);
    }

    /// <summary>Has the stores forget files; answers which they did not, and why. A store that failed once is asked no more.</summary>
    public async Task<(List<MediaFile> Left, string? Why)> TryAsync(TenantScope scope, IReadOnlyCollection<MediaFile> files, CancellationToken ct)
    {
        using var time = new CancellationTokenSource(Patience, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        var left = new List<MediaFile>();
        string? why = null;
        foreach (var file in files.OrderBy(f => f.Store))
        {
            try
            {
                if (why is null || file.Store == StoreKind.Disk)
                {
                    await store.DeleteAsync(scope, file, limit.Token);
                    continue;
                }
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                why = "The bucket does not answer.";
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // Whatever a store fails with, nothing else must wait for it.
                why = e.Message;
            }

            left.Add(file);
        }

        return (left, why);
    }
}

/// <summary>Erases files that lay in a store which could not be asked when they were to be erased. Tries until they are gone.</summary>
internal sealed class MediaErasureJob(MediaErasure erasure, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "media.erase";

    public string Kind => JobKind;

    public bool CallsOut => true;

    /// <summary>What somebody has a right to is not called off.</summary>
    public bool MayBeCalledOff => false;

    /// <summary>For some files: only where they lie, as nothing else may be left of them.</summary>
    public static NewJob For(IEnumerable<MediaFile> files) => new(
        ObjectId.GenerateNewId(), JobKind,
        new BsonDocument("files", new BsonArray(files.Select(f => new BsonDocument { ["key"] = f.Key, ["store"] = f.Store is { } kind ? (int)kind : BsonNull.Value }))))
    {
        Priority = JobPriority.Low,
        MaxAttempts = 1_000_000,
    };

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var (left, why) = await erasure.TryAsync(run.Scope, [.. run.Payload["files"].AsBsonArray.Select(f => Read(f.AsBsonDocument))], ct);
        return why is null
            ? JobResult.DoneAndForgotten
            : JobResult.Later(clock.GetUtcNow().UtcDateTime + JobRunner.BackOff(run.Attempt), $"{left.Count} erased files still lie in their store. {why}");
    }

    private static MediaFile Read(BsonDocument file) => new()
    {
        Key = file["key"].AsString,
        Store = file["store"] is BsonInt32 kind ? (StoreKind)kind.Value : null,
        MimeType = "",
        Kind = "",
        FileName = "",
        Sha256 = "",
    };
}
