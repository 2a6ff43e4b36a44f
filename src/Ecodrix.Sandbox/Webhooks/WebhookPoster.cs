using System.Collections.Concurrent;
using System.Text;
using Ecodrix.Sandbox.Graph.Numbers;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>
/// Posts webhooks as Meta does: signed, several at once, updates that pile up share a post, and whatever is not answered
/// with 200 is posted again, byte for byte, at growing intervals.
/// </summary>
internal sealed class WebhookPoster : IAsyncDisposable
{
    private const int MostWaiting = 100_000;
    private const int AttemptsKept = 200;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private readonly SandboxOptions _options;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<WebhookSettings, WebhookLane> _lanes = new();
    private readonly ConcurrentDictionary<WebhookDelivery, ITimer> _timers = new();
    private readonly ConcurrentQueue<WebhookAttempt> _attempts = new();
    private long _posted;
    private long _failed;
    private long _dropped;

    public WebhookPoster(SandboxOptions options)
    {
        _options = options;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        })
        {
            Timeout = AnswerWithin,
        };
    }

    /// <summary>Called after each try.</summary>
    public Action? Tried { get; set; }

    public IReadOnlyCollection<WebhookAttempt> Attempts => _attempts;

    public long Posted => Interlocked.Read(ref _posted);

    public long Failed => Interlocked.Read(ref _failed);

    public long Dropped => Interlocked.Read(ref _dropped);

    public int Waiting => _lanes.Values.Sum(l => l.Waiting) + _timers.Count;

    /// <summary>Takes an update over; it returns at once.</summary>
    public void Post(WebhookUpdate update)
    {
        var lane = _lanes.GetOrAdd(update.Target, static _ => new WebhookLane());
        WebhookUpdate? pushedOut;
        bool start;
        lock (lane.Gate)
        {
            pushedOut = lane.Fresh.Count >= MostWaiting ? lane.Fresh.Dequeue() : null;
            lane.Fresh.Enqueue(update);
            start = lane.TakeSlot();
        }

        if (pushedOut is not null)
        {
            Interlocked.Increment(ref _dropped);
            pushedOut.Acknowledged?.Invoke(false);
        }

        if (start)
        {
            _ = PumpAsync(lane);
        }
    }

    /// <summary>Forgets everything that waits.</summary>
    public void Clear()
    {
        foreach (var lane in _lanes.Values)
        {
            lock (lane.Gate)
            {
                lane.Fresh.Clear();
                lane.Again.Clear();
            }
        }

        foreach (var (delivery, timer) in _timers)
        {
            if (_timers.TryRemove(delivery, out _))
            {
                timer.Dispose();
            }
        }

        _attempts.Clear();
        Interlocked.Exchange(ref _posted, 0);
        Interlocked.Exchange(ref _failed, 0);
        Interlocked.Exchange(ref _dropped, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Clear();
        _http.Dispose();
    }

    private async Task PumpAsync(WebhookLane lane)
    {
        await Task.Yield();
        while (true)
        {
            WebhookDelivery? delivery;
            lock (lane.Gate)
            {
                delivery = _stopping.IsCancellationRequested ? null : lane.Next(_options);
                if (delivery is null)
                {
                    lane.ReturnSlot();
                    return;
                }
            }

            if (await TryAsync(delivery))
            {
                Finish(delivery, true);
            }
            else if (_options.TimeProvider.GetUtcNow() - delivery.Since > _options.RetryFor)
            {
                Finish(delivery, false);
            }
            else
            {
                TryAgainLater(lane, delivery);
            }
        }
    }

    private async Task<bool> TryAsync(WebhookDelivery delivery)
    {
        var clock = _options.TimeProvider;
        var (at, started) = (clock.GetUtcNow(), clock.GetTimestamp());
        int? status = null;
        string? error = null;
        delivery.Attempts++;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, delivery.Target.Url)
            {
                Content = new ByteArrayContent(delivery.Body),
            };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            request.Headers.TryAddWithoutValidation("User-Agent", "facebookexternalua");
            request.Headers.TryAddWithoutValidation(WebhookSignature.Header, delivery.Signature);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stopping.Token);
            status = (int)response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or UriFormatException
            or InvalidOperationException or NotSupportedException or IOException or ObjectDisposedException)
        {
            error = e is OperationCanceledException ? "No answer within 10 seconds." : e.Message;
        }

        Interlocked.Increment(ref status == 200 ? ref _posted : ref _failed);
        Remember(new WebhookAttempt(
            at, delivery.Target.Url, delivery.Attempts, status, error, clock.GetElapsedTime(started).TotalMilliseconds,
            Encoding.UTF8.GetString(delivery.Body)));
        return status == 200;
    }

    private void TryAgainLater(WebhookLane lane, WebhookDelivery delivery)
    {
        var factor = Math.Pow(2, Math.Min(delivery.Attempts - 1, 20));
        var wait = TimeSpan.FromTicks((long)Math.Min(_options.RetryFirst.Ticks * factor, _options.RetryLongest.Ticks));
        var timer = _options.TimeProvider.CreateTimer(
            _ =>
            {
                // Clearing takes the timer out first; then there is nothing left to do.
                if (!_timers.TryRemove(delivery, out var own))
                {
                    return;
                }

                own.Dispose();
                bool start;
                lock (lane.Gate)
                {
                    lane.Again.Enqueue(delivery);
                    start = lane.TakeSlot();
                }

                if (start)
                {
                    _ = PumpAsync(lane);
                }
            },
            null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timers[delivery] = timer;
        timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Remember(WebhookAttempt attempt)
    {
        _attempts.Enqueue(attempt);
        while (_attempts.Count > AttemptsKept)
        {
            _attempts.TryDequeue(out _);
        }

        Tried?.Invoke();
    }

    private static void Finish(WebhookDelivery delivery, bool answered)
    {
        foreach (var update in delivery.Updates)
        {
            update.Acknowledged?.Invoke(answered);
        }
    }
}
