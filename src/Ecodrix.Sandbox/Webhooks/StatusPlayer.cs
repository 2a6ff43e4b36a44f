using System.Collections.Concurrent;
using Ecodrix.Sandbox.Graph.Messages;
using Ecodrix.Sandbox.Graph.Numbers;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>
/// Plays the life of an accepted message. The next status waits until the receiver has acknowledged the one before, so a
/// receiver that was down misses nothing and sees them in the intended order.
/// </summary>
internal sealed class StatusPlayer(SandboxOptions options, NumberDirectory numbers, WebhookPayloads payloads, WebhookPoster poster) : IDisposable
{
    private readonly ConcurrentDictionary<Play, ITimer> _timers = new();

    /// <summary>Called when a status has happened, and again when the receiver has acknowledged it (then with true).</summary>
    public Action<SentMessage, MessageStatus, bool>? Changed { get; set; }

    /// <summary>Starts the statuses that follow acceptance, from the given step on.</summary>
    public void Start(SentMessage message, IReadOnlyList<StatusStep> steps, int from = 0)
    {
        if (options.AutoStatuses && from < steps.Count)
        {
            Schedule(new Play(message, steps), from);
        }
    }

    /// <summary>Posts one status now.</summary>
    public void Post(SentMessage message, StatusStep step, Action<bool>? then = null)
    {
        var at = options.TimeProvider.GetUtcNow();
        var status = new MessageStatus(step.Status, at, step.Error?.Code, step.Error?.Details ?? step.Error?.Title);
        message.Record(status);
        Changed?.Invoke(message, status, false);
        var number = numbers.Get(message.PhoneNumberId);
        void Acknowledged(bool answered)
        {
            Changed?.Invoke(message, status, true);
            then?.Invoke(answered);
        }

        if (numbers.WebhookFor(number) is not { } target)
        {
            Acknowledged(true);
            return;
        }

        var change = payloads.Status(message, number, step, at);
        for (var copy = 0; copy < step.Copies; copy++)
        {
            poster.Post(new WebhookUpdate(target, number.WabaId ?? NumberDirectory.DefaultWaba, change, copy == 0 ? Acknowledged : null));
        }
    }

    public void Clear()
    {
        foreach (var (play, timer) in _timers)
        {
            if (_timers.TryRemove(play, out _))
            {
                timer.Dispose();
            }
        }
    }

    public void Dispose() => Clear();

    private void Schedule(Play play, int index)
    {
        if (index >= play.Steps.Count)
        {
            return;
        }

        var step = play.Steps[index];
        if (step.After <= TimeSpan.Zero)
        {
            Run(play, index);
            return;
        }

        var timer = options.TimeProvider.CreateTimer(
            _ =>
            {
                if (_timers.TryRemove(play, out var own))
                {
                    own.Dispose();
                    Run(play, index);
                }
            },
            null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timers[play] = timer;
        timer.Change(step.After, Timeout.InfiniteTimeSpan);
    }

    private void Run(Play play, int index) => Post(play.Message, play.Steps[index], answered =>
    {
        if (answered)
        {
            Schedule(play, index + 1);
        }
    });

    /// <summary>One message on its way; a class, so that each has its own identity.</summary>
    private sealed class Play(SentMessage message, IReadOnlyList<StatusStep> steps)
    {
        public SentMessage Message { get; } = message;

        public IReadOnlyList<StatusStep> Steps { get; } = steps;
    }
}
