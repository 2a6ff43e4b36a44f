using MongoDB.Driver;

namespace Ecodrix.Engine.Jobs;

/// <summary>
/// Records how jobs end. What ends while a record is being written is recorded together by the next write, so that a hundred jobs
/// ending at once cost a few commands and one alone does not wait.
/// </summary>
internal sealed class JobEndings(IMongoCollection<Job> jobs)
{
    private static readonly BulkWriteOptions Unordered = new() { IsOrdered = false };

    private readonly Lock _lock = new();
    private List<WriteModel<Job>> _waiting = [];
    private Task _writing = Task.CompletedTask;
    private Task? _next;

    /// <summary>Records an end; done when it is in the database.</summary>
    /// <exception cref="MongoException">It, or another recorded together with it, could not be.</exception>
    public Task RecordAsync(FilterDefinition<Job> which, UpdateDefinition<Job> update)
    {
        lock (_lock)
        {
            _waiting.Add(new UpdateOneModel<Job>(which, update));
            return _next ??= WriteAfterAsync(_writing);
        }
    }

    private async Task WriteAfterAsync(Task before)
    {
        // Out of the lock first: what is done here may be done by the thread that calls.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        List<WriteModel<Job>> batch;
        lock (_lock)
        {
            (batch, _waiting) = (_waiting, []);
            (_writing, _next) = (_next!, null);
        }

        // Never cancelled: others' ends are in it too.
        await jobs.BulkWriteAsync(batch, Unordered, CancellationToken.None);
    }
}
