using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Ecodrix.Sandbox.Google;

/// <summary>Stands in for Google's consent page, tokens and calendar. Everything that goes wrong at Google can be made to go wrong here.</summary>
public sealed class GoogleSandbox
{
    private readonly ConcurrentDictionary<string, Grant> _codes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _access = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _refresh = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CalendarEvent> _events = new(StringComparer.Ordinal);
    private readonly LiveFeed _live;
    private int _quotaErrors;
    private int _refreshes;
    private int _inserts;
    private int _withdrawn;
    private int _held;

    internal GoogleSandbox(LiveFeed live) => _live = live;

    /// <summary>How often a new event's link is still pending when it is looked at.</summary>
    public int PendingLooks { get; set; }

    /// <summary>How long each calendar call takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The scope that the person ticks; the calendar's, unless a test says otherwise.</summary>
    public string GrantedScope { get; set; } = "https://www.googleapis.com/auth/calendar.events";

    /// <summary>The events made so far, deleted ones among them.</summary>
    public IReadOnlyList<CalendarEvent> Events => [.. _events.Values.OrderBy(e => e.At)];

    /// <summary>Consents that hold.</summary>
    public int Consents => _refresh.Count;

    /// <summary>Consents that were withdrawn.</summary>
    public int Withdrawn => _withdrawn;

    /// <summary>Access tokens that are accepted.</summary>
    public int AccessTokens => _access.Count;

    /// <summary>How many of the next changes to the calendar are refused with 403 rateLimitExceeded.</summary>
    public int QuotaErrors => Math.Max(0, _quotaErrors);

    /// <summary>Calls that wait for <see cref="Delay"/> to pass.</summary>
    public int Held => _held;

    /// <summary>How often an access token was fetched by refresh token.</summary>
    public int Refreshes => _refreshes;

    /// <summary>How often an event was asked for, refused ones included.</summary>
    public int Inserts => _inserts;

    /// <summary>Lets all access tokens expire.</summary>
    public void ExpireAccess()
    {
        _access.Clear();
        _live.Hint("google");
    }

    /// <summary>Withdraws every consent, as a person does in their account's settings.</summary>
    public void Revoke()
    {
        _withdrawn += _refresh.Count;
        _refresh.Clear();
        _access.Clear();
        _live.Hint("google");
    }

    /// <summary>Lets the next changes to the calendar fail with 403 rateLimitExceeded.</summary>
    public void FailWithQuota(int times) => _quotaErrors = times;

    /// <summary>Forgets the events; consents and what shall go wrong stay.</summary>
    public void Clear() => _events.Clear();

    /// <summary>Lets <see cref="Delay"/> pass.</summary>
    internal async Task HoldAsync(CancellationToken ct)
    {
        if (Delay <= TimeSpan.Zero)
        {
            return;
        }

        Interlocked.Increment(ref _held);
        try
        {
            await Task.Delay(Delay, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }

    internal string Consent(string clientId, string redirectUri, string challenge)
    {
        var code = Word();
        _codes[code] = new Grant(clientId, redirectUri, challenge);
        return code;
    }

    internal JsonObject? ByCode(string? code, string? redirectUri, string? verifier)
    {
        if (code is null || verifier is null || !_codes.TryRemove(code, out var grant) || grant.RedirectUri != redirectUri
            || grant.Challenge != Challenge(verifier))
        {
            return null;
        }

        var refresh = "1//" + Word();
        _refresh[refresh] = true;
        var answer = Access(refresh);
        answer["refresh_token"] = refresh;
        return answer;
    }

    internal JsonObject? ByRefresh(string? refresh)
    {
        if (refresh is null || !_refresh.ContainsKey(refresh))
        {
            return null;
        }

        Interlocked.Increment(ref _refreshes);
        return Access(refresh);
    }

    internal bool Accepts(string token) => _access.ContainsKey(token);

    internal bool TakesQuotaError() => Volatile.Read(ref _quotaErrors) > 0 && Interlocked.Decrement(ref _quotaErrors) >= 0;

    internal bool Insert(string id, JsonObject body, DateTimeOffset now)
    {
        Interlocked.Increment(ref _inserts);
        var made = new CalendarEvent(id, (string?)body["summary"] ?? "", (string?)body["start"]?["dateTime"] ?? "", (string?)body["attendees"]?[0]?["email"], now, body);
        var fresh = _events.TryAdd(id, made);
        _live.Hint("google");
        return fresh;
    }

    /// <summary>Deletes an event; null if there never was one, false if it is deleted already.</summary>
    internal bool? Delete(string id, string told)
    {
        if (!_events.TryGetValue(id, out var found))
        {
            return null;
        }

        var deleted = found.Delete(told);
        _live.Hint("google");
        return deleted;
    }

    internal JsonObject? Read(string id)
    {
        if (!_events.TryGetValue(id, out var found))
        {
            return null;
        }

        var view = (JsonObject)found.Body.DeepClone();
        var ready = found.Looks++ >= PendingLooks;
        view["id"] = id;
        view["status"] = found.Deleted ? "cancelled" : "confirmed";
        if (view["conferenceData"]?["createRequest"] is JsonObject request)
        {
            request["status"] = new JsonObject { ["statusCode"] = ready ? "success" : "pending" };
            if (ready)
            {
                view["hangoutLink"] = $"https://meet.google.com/{id[^10..^7]}-{id[^7..^3]}-{id[^3..]}";
            }
        }

        return view;
    }

    private JsonObject Access(string refresh)
    {
        var token = "ya29." + Word();
        _access[token] = refresh;
        return new JsonObject { ["access_token"] = token, ["expires_in"] = 3599, ["scope"] = GrantedScope, ["token_type"] = "Bearer" };
    }

    private static string Challenge(string verifier) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string Word() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    private sealed record Grant(string ClientId, string RedirectUri, string Challenge);
}

/// <summary>An event in the stand-in's calendar.</summary>
/// <param name="Id">The id the caller gave.</param>
/// <param name="Summary">Its title.</param>
/// <param name="Start">When it begins.</param>
/// <param name="Attendee">The first who is invited.</param>
/// <param name="At">When it was made.</param>
/// <param name="Body">The request as it came.</param>
public sealed record CalendarEvent(string Id, string Summary, string Start, string? Attendee, DateTimeOffset At, JsonObject Body)
{
    private string? _told;

    /// <summary>Whether it was deleted.</summary>
    public bool Deleted => _told is not null;

    /// <summary>Who is told of the deletion: <c>all</c> or <c>none</c>; null while the event stands.</summary>
    public string? Told => _told;

    internal int Looks { get; set; }

    internal bool Delete(string told) => Interlocked.CompareExchange(ref _told, told, null) is null;
}
