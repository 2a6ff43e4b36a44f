using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Callbacks;

/// <summary>One call to an address a tenant has named.</summary>
/// <param name="Method">The method.</param>
/// <param name="Url">Where to.</param>
/// <param name="Id">The same for every attempt: the receiver's means to know a repeat.</param>
/// <param name="Body">What is sent and signed; null for a method without a body.</param>
internal sealed record OutboundCall(HttpMethod Method, string Url, string Id, byte[]? Body)
{
    /// <summary>More headers, by name; <c>Content-Type</c> among them.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

/// <summary>Why a call was not answered.</summary>
internal enum OutboundFault
{
    /// <summary>The address is one that may not be called.</summary>
    Refused,

    /// <summary>The host's name was not found.</summary>
    Name,

    /// <summary>Nobody took the connection.</summary>
    Connection,

    /// <summary>The certificate was not good.</summary>
    Tls,

    /// <summary>No answer in time.</summary>
    Silence,

    /// <summary>The connection broke off, or what came was no HTTP.</summary>
    Broken,
}

/// <summary>What came of a call.</summary>
/// <param name="StatusCode">The HTTP status; null when there was no answer.</param>
/// <param name="LatencyMs">How long it took.</param>
/// <param name="Head">Status line and headers of the answer.</param>
/// <param name="Body">Its beginning, 64 KiB at most.</param>
/// <param name="Error">Why there was no answer.</param>
/// <param name="RetryAfter">How long the receiver asked to be left alone.</param>
internal sealed record OutboundAnswer(int? StatusCode, int LatencyMs, string? Head, string? Body, string? Error, TimeSpan? RetryAfter)
{
    /// <summary>What kind of <see cref="Error"/> it is.</summary>
    public OutboundFault? Fault { get; init; }

    /// <summary>Request line and headers as they were sent.</summary>
    public string? Sent { get; init; }

    /// <summary>The IP address it was sent to; null when there was no connection.</summary>
    public string? Address { get; init; }

    /// <summary>Whether the receiver took it.</summary>
    public bool Succeeded => StatusCode is >= 200 and < 300;

    /// <summary>Whether trying again may help.</summary>
    public bool IsPassing => StatusCode is null or 408 or 409 or 425 or 429 or >= 500;
}

/// <summary>Calls addresses that tenants have named, callbacks and actions alike: signed, to checked addresses only, within ten seconds, without following redirects.</summary>
internal sealed class OutboundCalls(IHttpClientFactory http, OutboundAddresses addresses, TimeProvider clock)
{
    public const string HttpName = "callbacks";

    private const int LongestResponse = 64 * 1024;

    /// <summary>For the whole call: the client's own timeout ends with the headers, and a body may drip for ever.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Makes the call. Whatever goes wrong on the way is in the answer.</summary>
    public async Task<OutboundAnswer> SendAsync(OutboundCall call, WebhookSigning keys, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var answer = new OutboundAnswer(null, 0, null, null, null, null);
        var peer = OutboundPeer.Listen();
        using var time = new CancellationTokenSource(Longest, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        try
        {
            // The rules may have changed since the URL was accepted.
            if (addresses.Fault(call.Url) is { } fault)
            {
                throw new OutboundRefusedException($"The URL {fault}");
            }

            using var request = Request(call, keys);
            answer = answer with { Sent = Head(request) };
            using var response = await http.CreateClient(HttpName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var after = response.Headers.RetryAfter;
            answer = answer with
            {
                StatusCode = (int)response.StatusCode,
                // Once more: what the platform traces its calls with was added on the way.
                Sent = Head(request),
                Head = Head(response),
                RetryAfter = after?.Delta ?? (after?.Date - clock.GetUtcNow()),
            };
            answer = answer with { Body = await ReadAsync(response, limit.Token) };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // A 2xx whose body never ends is still a 2xx.
            answer = answer.StatusCode is null ? answer with { Error = "No answer within 10 seconds.", Fault = OutboundFault.Silence } : answer;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // A 2xx whose body breaks off is still a 2xx.
            answer = answer.StatusCode is null ? answer with { Error = Reason(e), Fault = FaultOf(e) } : answer;
        }

        return answer with { LatencyMs = (int)clock.GetElapsedTime(began).TotalMilliseconds, Address = peer.Address };
    }

    private HttpRequestMessage Request(OutboundCall call, WebhookSigning keys)
    {
        var request = new HttpRequestMessage(call.Method, call.Url);
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Ecodrix", "1.0"));
        foreach (var (name, value) in call.Headers)
        {
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                request.Content?.Headers.Remove(name);
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        CallbackSignature.Sign(request, keys, call.Id, clock.GetUtcNow(), call.Body ?? []);
        return request;
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

    private static string Head(HttpRequestMessage request)
    {
        var head = new StringBuilder($"{request.Method} {request.RequestUri!.PathAndQuery} HTTP/{request.Version}\nHost: {request.RequestUri.Authority}\n");
        // To ask for the length is what puts it among the headers.
        _ = request.Content?.Headers.ContentLength;
        foreach (var (name, values) in request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>()))
        {
            head.Append(name).Append(": ").AppendJoin(", ", values).Append('\n');
        }

        return head.ToString();
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

    private static OutboundFault FaultOf(Exception e) => e switch
    {
        OutboundRefusedException or HttpRequestException { InnerException: OutboundRefusedException } => OutboundFault.Refused,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => OutboundFault.Name,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => OutboundFault.Connection,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => OutboundFault.Tls,
        _ => OutboundFault.Broken,
    };

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
