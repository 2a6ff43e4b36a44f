using System.Collections.Concurrent;

namespace Ecodrix.Sandbox.Callbacks;

/// <summary>Stands in for the client servers that callbacks are posted to.</summary>
public sealed class CallbackCatcher
{
    private const int MostNames = 1_000;

    private readonly SandboxOptions _options;
    private readonly LiveFeed _live;
    private readonly ConcurrentDictionary<string, CallbackBehaviour> _behaviours = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<CaughtCallback> _caught = new();
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private TaskCompletionSource _arrival = NewSignal();
    private long _lastId;

    internal CallbackCatcher(SandboxOptions options, LiveFeed live)
    {
        (_options, _live) = (options, live);
    }

    /// <summary>What arrived, oldest first, as far as the history reaches.</summary>
    public IReadOnlyList<CaughtCallback> All => [.. _caught];

    /// <summary>How many arrived per name since the last clearing.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>What arrived under one name, oldest first.</summary>
    public IReadOnlyList<CaughtCallback> Of(string name) => [.. _caught.Where(c => c.Name == name)];

    /// <summary>How a name answers, and the secret it checks with.</summary>
    public CallbackBehaviour Behaviour(string name) =>
        _behaviours.GetValueOrDefault(name) ?? new CallbackBehaviour { Secret = _options.CallbackSecrets.TryGetValue(name, out var secret) ? secret : null };

    /// <summary>Sets how a name answers, and the secret it checks with.</summary>
    public void Configure(string name, CallbackBehaviour behaviour)
    {
        if (_behaviours.Count < MostNames || _behaviours.ContainsKey(name))
        {
            _behaviours[name] = behaviour;
            _live.Hint("callback");
        }
    }

    /// <summary>Waits until a callback that matches has arrived, at once if it already has.</summary>
    public async Task<CaughtCallback> WaitForAsync(Func<CaughtCallback, bool> matches, CancellationToken ct)
    {
        while (true)
        {
            var next = Volatile.Read(ref _arrival).Task;
            if (_caught.FirstOrDefault(matches) is { } found)
            {
                return found;
            }

            await next.WaitAsync(ct);
        }
    }

    /// <summary>Forgets what arrived; secrets and programmed answers stay.</summary>
    public void Clear()
    {
        _caught.Clear();
        _counts.Clear();
        _live.Hint("cleared");
    }

    /// <summary>What was configured or has a secret from the start, by name.</summary>
    internal IEnumerable<KeyValuePair<string, CallbackBehaviour>> Behaviours =>
        _behaviours.Select(b => b.Key).Union(_options.CallbackSecrets.Select(s => s.Key), StringComparer.Ordinal).Select(name => KeyValuePair.Create(name, Behaviour(name)));

    internal CaughtCallback Catch(string name, IReadOnlyDictionary<string, string> headers, byte[] body)
    {
        var secret = Behaviour(name).Secret;
        var others = Behaviours.Where(b => b.Key != name && b.Value.Secret is not null)
            .Select(b => KeyValuePair.Create(b.Key, b.Value.Secret!));
        var now = _options.TimeProvider.GetUtcNow();
        var caught = new CaughtCallback
        {
            Id = Interlocked.Increment(ref _lastId),
            Name = name,
            At = now,
            Headers = headers,
            Bytes = body,
            AnsweredWith = NextStatus(name),
            Signature = CallbackSignatures.Check(body, headers.GetValueOrDefault("x-ecodrix-signature"), secret, others),
            StandardWebhooks = CallbackSignatures.CheckStandard(
                body, headers.GetValueOrDefault("webhook-id"), headers.GetValueOrDefault("webhook-timestamp"),
                headers.GetValueOrDefault("webhook-signature"), secret, now),
        };
        Keep(caught);
        return caught;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Keep(CaughtCallback caught)
    {
        _caught.Enqueue(caught);
        if (_counts.Count < MostNames || _counts.ContainsKey(caught.Name))
        {
            _counts.AddOrUpdate(caught.Name, 1, (_, n) => n + 1);
        }

        while (_caught.Count > _options.CallbackHistory)
        {
            _caught.TryDequeue(out _);
        }

        Interlocked.Exchange(ref _arrival, NewSignal()).TrySetResult();
        _live.Hint("callback");
    }

    private int NextStatus(string name)
    {
        while (_behaviours.TryGetValue(name, out var behaviour))
        {
            if (behaviour.RespondWith.Count == 0)
            {
                return 200;
            }

            if (_behaviours.TryUpdate(name, behaviour with { RespondWith = [.. behaviour.RespondWith.Skip(1)] }, behaviour))
            {
                return behaviour.RespondWith[0];
            }
        }

        return 200;
    }
}
