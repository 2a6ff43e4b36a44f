using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Driver;

namespace Ecodrix.Engine.Callbacks;

/// <summary>Tells clients how their events went, until they have heard it or it makes no sense to go on.</summary>
internal sealed class CallbackDelivery(IHttpClientFactory http, OutboundAddresses addresses, ILiveBus live, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "callback.deliver";
    public const string HttpName = "callbacks";

    private const int LongestResponse = 64 * 1024;

    /// <summary>A 4xx is the receiver's own no: it gets this many tries, not the whole schedule.</summary>
    private const int TriesForClientErrors = 3;

    private static readonly TimeSpan[] Schedule =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10),
    ];

    public string Kind => JobKind;

    public Task ReopenAsync(JobRun run, CancellationToken ct)
    {
        var id = run.Ref("callback");
        return run.Scope.Db.Callbacks.UpdateOneAsync(
            c => c.Id == id && c.Status == CallbackStatus.Failed, Builders<Callback>.Update.Set(c => c.Status, CallbackStatus.Pending).Unset(c => c.FinishedAt), null, ct);
    }

    public async Task CalledOffAsync(JobRun run, string why, CancellationToken ct)
    {
        var id = run.Ref("callback");
        if (await run.Scope.Db.Callbacks.Find(c => c.Id == id).FirstOrDefaultAsync(ct) is { Status: CallbackStatus.Pending or CallbackStatus.Retrying } callback)
        {
            await EndAsync(run.Scope, callback, null, CallbackStatus.Failed, null, why, ct);
        }
    }

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var scope = run.Scope;
        var callback = await scope.Db.Callbacks.Find(c => c.Id == run.Ref("callback")).FirstOrDefaultAsync(ct);
        if (callback is null || callback.Status is CallbackStatus.Delivered or CallbackStatus.Failed)
        {
            return JobResult.Done;
        }

        var keys = WebhookSigning.KeysOf(scope, clock.GetUtcNow().UtcDateTime);
        if (keys.Current is null)
        {
            return await EndAsync(scope, callback, null, CallbackStatus.Failed, null, "The automationWebhookSecret was removed, and nothing is sent unsigned.", ct);
        }

        var (attempt, retryAfter) = await TryAsync(callback, keys, ct);
        var next = Next(callback.Attempts.Count + 1, attempt.StatusCode, retryAfter);
        var status = attempt.StatusCode is >= 200 and < 300 ? CallbackStatus.Delivered : next is null ? CallbackStatus.Failed : CallbackStatus.Retrying;
        return await EndAsync(scope, callback, attempt, status, next, attempt.Error ?? $"The receiver answered {attempt.StatusCode}.", ct);
    }

    /// <summary>When to try again after a failed attempt; null when not at all.</summary>
    /// <param name="made">Attempts made so far.</param>
    /// <param name="statusCode">What the receiver answered; null when it did not.</param>
    /// <param name="retryAfter">How long it asked to be left alone.</param>
    internal static TimeSpan? Wait(int made, int? statusCode, TimeSpan? retryAfter)
    {
        var passing = statusCode is null or < 400 or >= 500 or 408 or 409 or 425 or 429;
        if (statusCode == 410 || made > Schedule.Length || (!passing && made >= TriesForClientErrors))
        {
            return null;
        }

        var wait = Schedule[made - 1] * (0.8 + (Random.Shared.NextDouble() * 0.4));
        var asked = retryAfter is { } wish && wish > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : retryAfter;
        return asked > wait ? asked : wait;
    }

    private DateTime? Next(int made, int? statusCode, TimeSpan? retryAfter) => statusCode is >= 200 and < 300
        ? null
        : Wait(made, statusCode, retryAfter) is { } wait ? clock.GetUtcNow().UtcDateTime + wait : null;

    private async Task<(CallbackAttempt Attempt, TimeSpan? RetryAfter)> TryAsync(Callback callback, WebhookSigning keys, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var now = clock.GetUtcNow();
        var attempt = new CallbackAttempt { At = now.UtcDateTime };
        TimeSpan? retryAfter = null;
        try
        {
            // The rules may have changed since the URL was accepted.
            if (addresses.Fault(callback.Url) is { } fault)
            {
                throw new OutboundRefusedException($"The URL {fault}");
            }

            var body = Encoding.UTF8.GetBytes(callback.Body);
            using var request = new HttpRequestMessage(HttpMethod.Post, callback.Url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Ecodrix", "1.0"));
            CallbackSignature.Sign(request, keys, callback.Id.ToString(), now, body);

            using var response = await http.CreateClient(HttpName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            attempt.StatusCode = (int)response.StatusCode;
            attempt.ResponseHead = Head(response);
            retryAfter = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - now) : null;
            attempt.ResponseBody = await ReadAsync(response, ct);
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            attempt.Error = attempt.StatusCode is null ? "No answer within 10 seconds." : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // A 2xx whose body breaks off is still a 2xx.
            attempt.Error = attempt.StatusCode is null ? Reason(e) : null;
        }

        attempt.LatencyMs = (int)clock.GetElapsedTime(began).TotalMilliseconds;
        return (attempt, retryAfter);
    }

    private async Task<JobResult> EndAsync(
        TenantScope scope, Callback callback, CallbackAttempt? attempt, CallbackStatus status, DateTime? next, string why, CancellationToken ct)
    {
        var ended = status is CallbackStatus.Delivered or CallbackStatus.Failed;
        var update = Builders<Callback>.Update.Set(c => c.Status, status).Set(c => c.NextAttemptAt, next);
        update = attempt is null ? update : update.Push(c => c.Attempts, attempt);
        update = ended ? update.Set(c => c.FinishedAt, clock.GetUtcNow().UtcDateTime) : update;
        await scope.Db.Callbacks.UpdateOneAsync(c => c.Id == callback.Id, update, null, ct);

        var made = callback.Attempts.Count + (attempt is null ? 0 : 1);
        await scope.Db.Events.UpdateOneAsync(
            e => e.Id == callback.EventLogId,
            Builders<EventLog>.Update.Set(e => e.Callback, new CallbackTrace { Id = callback.Id, Status = status.Word(), Attempts = made }),
            null,
            ct);
        live.Publish(scope.Code, "event.updated", new { id = callback.EventLogId.ToString() });
        return status == CallbackStatus.Delivered ? JobResult.Done : next is { } at ? JobResult.Later(at, why) : JobResult.GivenUp(why);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LongestResponse);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(ct);
            var read = await stream.ReadAtLeastAsync(buffer.AsMemory(0, LongestResponse), LongestResponse, throwOnEndOfStream: false, ct);
            return Encoding.UTF8.GetString(buffer, 0, read).Replace('\0', ' ');
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string Head(HttpResponseMessage response)
    {
        var head = new StringBuilder($"HTTP/{response.Version} {(int)response.StatusCode} {response.ReasonPhrase}\n");
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            // What a receiver sets as cookies is nobody's business.
            head.Append(name).Append(": ").AppendLine(name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) ? "••••" : string.Join(", ", values));
        }

        return head.Length > 4096 ? head.ToString(0, 4096) : head.ToString();
    }

    private static string Reason(Exception e) => e switch
    {
        OutboundRefusedException => e.Message,
        HttpRequestException { InnerException: OutboundRefusedException inner } => inner.Message,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "The host name could not be resolved.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The receiver could not be connected to.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "TLS failed: the receiver's certificate is not valid for its name, or is not trusted.",
        HttpRequestException { StatusCode: HttpStatusCode code } => $"The receiver answered {(int)code}.",
        _ => e.Message,
    };
}
