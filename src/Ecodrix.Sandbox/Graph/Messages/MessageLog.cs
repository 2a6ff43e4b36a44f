using System.Collections.Concurrent;
using System.Text;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>The accepted messages: a bounded history, and counters that cover everything since the last clearing.</summary>
internal sealed class MessageLog(SandboxOptions options)
{
    private const int MostReferences = 1_000_000;
    private const int RefusedKept = 200;
    private const int RefusedBody = 16 * 1024;

    private readonly ConcurrentDictionary<string, SentMessage> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<SentMessage> _order = new();
    private readonly ConcurrentDictionary<string, int> _byReference = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, long> _refusals = new();
    private readonly ConcurrentQueue<RefusedSend> _refused = new();
    private TaskCompletionSource _arrival = NewSignal();
    private long _accepted;
    private long _refusedCount;

    // Counted here because a concurrent dictionary takes all its locks to tell its size.
    private int _kept;
    private int _references;

    public long Accepted => Interlocked.Read(ref _accepted);

    public IReadOnlyCollection<SentMessage> All => _order;

    /// <summary>How often each <c>biz_opaque_callback_data</c> was accepted: 1 everywhere is exactly once.</summary>
    public IReadOnlyDictionary<string, int> References => _byReference;

    public IReadOnlyDictionary<int, long> Refusals => _refusals;

    public IReadOnlyCollection<RefusedSend> Refused => _refused;

    /// <summary>Completes with the next accepted message. Read it before looking, so that none slips through between.</summary>
    public Task NextArrival => Volatile.Read(ref _arrival).Task;

    public SentMessage? Find(string id) => _byId.GetValueOrDefault(id);

    public void Add(SentMessage message)
    {
        _byId[message.Id] = message;
        _order.Enqueue(message);
        Interlocked.Increment(ref _accepted);
        Count(message.OpaqueData);
        if (Interlocked.Increment(ref _kept) > options.MessageHistory && _order.TryDequeue(out var oldest))
        {
            Interlocked.Decrement(ref _kept);
            _byId.TryRemove(oldest.Id, out _);
        }

        Interlocked.Exchange(ref _arrival, NewSignal()).TrySetResult();
    }

    public void Refuse(string phoneNumberId, GraphError error, ReadOnlySpan<byte> body)
    {
        _refusals.AddOrUpdate(error.Code, 1, (_, count) => count + 1);
        var text = Encoding.UTF8.GetString(body.Length <= RefusedBody ? body : body[..RefusedBody]);
        _refused.Enqueue(new RefusedSend(
            Interlocked.Increment(ref _refusedCount), options.TimeProvider.GetUtcNow(), phoneNumberId, error.Code, error.Message, error.Details, text));
        while (_refused.Count > RefusedKept)
        {
            _refused.TryDequeue(out _);
        }
    }

    public void Clear()
    {
        _order.Clear();
        _byId.Clear();
        _byReference.Clear();
        _refusals.Clear();
        _refused.Clear();
        Interlocked.Exchange(ref _accepted, 0);
        Interlocked.Exchange(ref _kept, 0);
        Interlocked.Exchange(ref _references, 0);
    }

    private void Count(string? reference)
    {
        if (reference is not null && (Volatile.Read(ref _references) < MostReferences || _byReference.ContainsKey(reference))
            && _byReference.AddOrUpdate(reference, 1, (_, count) => count + 1) == 1)
        {
            Interlocked.Increment(ref _references);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
