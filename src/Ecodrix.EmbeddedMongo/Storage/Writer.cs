namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// The one thread that writes. Whatever has queued up while a transaction ran goes into the next one, so that many callers
/// share a commit; each is answered after it.
/// </summary>
internal sealed class Writer : IAsyncDisposable
{
    private readonly WriteSession _session;
    private readonly object _gate = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<QueuedWrite> _queue = [];
    private bool _stopped;

    public Writer(WriteSession session, CountQueue counting)
    {
        _session = session;
        counting.Wake = Wake;
        _thread = new Thread(Loop) { IsBackground = true, Name = "Embedded MongoDB writer" };
        _thread.Start();
    }

    /// <summary>Queues work and waits until it is committed.</summary>
    /// <exception cref="MongoError">91 after the store has begun to stop; or whatever the work refuses.</exception>
    public Task<T> RunAsync<T>(Func<WriteSession, T> work, CancellationToken ct)
    {
        var write = new QueuedWrite<T>(work, ct);
        lock (_gate)
        {
            if (_stopped)
            {
                throw new MongoError(91, "ShutdownInProgress", "The server is shutting down");
            }

            _queue.Add(write);
            Monitor.Pulse(_gate);
        }

        return write.Outcome;
    }

    /// <summary>Finishes what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.Pulse(_gate);
        }

        await _ended.Task.ConfigureAwait(false);
        _session.Dispose();
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    private void Loop()
    {
        var batch = new List<QueuedWrite>();
        while (Take(ref batch))
        {
            if (batch.Count > 0)
            {
                RunBatch(batch);
                batch.Clear();
            }
            else
            {
                _session.DoChores();
            }
        }

        _ended.SetResult();
    }

    /// <summary>Swaps in what has queued up. An empty batch means: nothing to do but chores.</summary>
    private bool Take(ref List<QueuedWrite> batch)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_stopped && !_session.HasChores)
            {
                Monitor.Wait(_gate);
            }

            (batch, _queue) = (_queue, batch);
            return batch.Count > 0 || !_stopped;
        }
    }

    private void RunBatch(List<QueuedWrite> batch)
    {
        try
        {
            _session.Begin();
            foreach (var write in batch)
            {
                write.Run(_session);
                _session.ThrowIfLost();
            }

            _session.Commit();
        }
        catch (Exception e) when (e is SqliteFailure or InvalidOperationException)
        {
            _session.Abandon();
            foreach (var write in batch)
            {
                write.Fail(Describe(e));
            }

            return;
        }

        foreach (var write in batch)
        {
            write.Complete();
        }
    }

    private static MongoError Describe(Exception cause) => cause is SqliteFailure { IsDiskFull: true }
        ? new MongoError(14031, "OutOfDiskSpace", "The disk is full: nothing of this write was kept.")
        : new MongoError(8, "UnknownError", cause.Message);
}
