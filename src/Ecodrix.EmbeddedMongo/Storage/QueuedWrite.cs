namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>A write that waits for the writer, and whoever waits for it.</summary>
internal abstract class QueuedWrite
{
    /// <summary>Does the work within the running transaction. Keeps its outcome to itself until the commit.</summary>
    public abstract void Run(WriteSession session);

    /// <summary>The transaction is committed: tells the waiting caller the outcome.</summary>
    public abstract void Complete();

    /// <summary>The transaction is lost, and with it whatever the work did.</summary>
    public abstract void Fail(Exception cause);
}

internal sealed class QueuedWrite<T>(Func<WriteSession, T> work, CancellationToken ct) : QueuedWrite
{
    // The caller goes on on another thread: the writer has others to serve.
    private readonly TaskCompletionSource<T> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _error;

    public Task<T> Outcome => _outcome.Task;

    public override void Run(WriteSession session)
    {
        try
        {
            // Its time may have run out while it waited for its turn.
            ct.ThrowIfCancellationRequested();
            session.Cancellation = ct;
            _result = work(session);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _error = e;
        }
    }

    public override void Complete()
    {
        if (_error is null)
        {
            _outcome.SetResult(_result!);
        }
        else
        {
            _outcome.SetException(_error);
        }
    }

    public override void Fail(Exception cause) => _outcome.TrySetException(_error ?? cause);
}
