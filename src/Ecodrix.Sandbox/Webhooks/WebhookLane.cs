using Ecodrix.Sandbox.Graph.Numbers;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>Updates that share one body, which stays the same over all tries.</summary>
internal sealed class WebhookDelivery(IReadOnlyList<WebhookUpdate> updates, DateTimeOffset since)
{
    public IReadOnlyList<WebhookUpdate> Updates { get; } = updates;

    public WebhookSettings Target { get; } = updates[0].Target;

    public DateTimeOffset Since { get; } = since;

    public byte[] Body { get; } = WebhookPayloads.Envelope(updates);

    public string Signature => field ??= WebhookSignature.Of(Body, Target.AppSecret);

    public int Attempts { get; set; }
}

/// <summary>What waits for one receiver, and how many posts to it are under way.</summary>
internal sealed class WebhookLane
{
    private const int Concurrent = 16;

    private int _underWay;

    public Lock Gate { get; } = new();

    public Queue<WebhookUpdate> Fresh { get; } = new();

    public Queue<WebhookDelivery> Again { get; } = new();

    public int Waiting => Fresh.Count + Again.Count + _underWay;

    public bool TakeSlot()
    {
        if (_underWay >= Concurrent)
        {
            return false;
        }

        _underWay++;
        return true;
    }

    public void ReturnSlot() => _underWay--;

    public WebhookDelivery? Next(SandboxOptions options)
    {
        if (Again.TryDequeue(out var repeated))
        {
            return repeated;
        }

        var batch = new List<WebhookUpdate>();
        while (batch.Count < Math.Max(1, options.WebhookBatch) && Fresh.TryDequeue(out var update))
        {
            batch.Add(update);
        }

        return batch.Count == 0 ? null : new WebhookDelivery(batch, options.TimeProvider.GetUtcNow());
    }
}
