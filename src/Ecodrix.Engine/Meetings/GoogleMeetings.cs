using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Google;
using Google.Apis.Calendar.v3;
using Google.Apis.Calendar.v3.Data;
using Google.Apis.Http;
using Google.Apis.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.Meetings;

/// <summary>Makes Google Meet links: an event in the calendar of whoever connected Google, with a conference.</summary>
internal sealed class GoogleMeetings : IMeetings, IDisposable
{
    private const string Calendar = "primary";
    private const int DefaultMinutes = 30;
    private const string NotConnected = "Google is not connected for this client. Connect it in the client's onboarding.";
    private const string Reconnect = "Google no longer accepts this client's consent: reconnect Google in the client's onboarding.";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);
    private static readonly string[] QuotaReasons = ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"];

    private readonly GoogleTokens _tokens;
    private readonly CalendarService _calendar;
    private readonly TimeProvider _clock;
    private readonly ILogger<GoogleMeetings> _log;

    public GoogleMeetings(GoogleTokens tokens, IOptions<GoogleOptions> options, TimeProvider clock, ILogger<GoogleMeetings> log)
    {
        _log = log;
        _tokens = tokens;
        _clock = clock;
        _calendar = new CalendarService(new BaseClientService.Initializer
        {
            ApplicationName = "Ecodrix",
            BaseUri = $"{options.Value.BaseUrl.TrimEnd('/')}/calendar/v3/",
            // The ten seconds are better spent on an answer than on the library's own waiting.
            DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
        });
    }

    public async Task<MeetingOutcome> MakeAsync(TenantScope scope, NewMeeting meeting, CancellationToken ct)
    {
        if (scope.Tenant.Google is null)
        {
            return Without(NotConnected) with { NeverMade = true };
        }

        var mayBeThere = new StrongBox<bool>();
        return await MakeOrWarnAsync(scope, meeting, mayBeThere, ct) with { NeverMade = !mayBeThere.Value };
    }

    private async Task<MeetingOutcome> MakeOrWarnAsync(TenantScope scope, NewMeeting meeting, StrongBox<bool> mayBeThere, CancellationToken ct)
    {
        using var time = new CancellationTokenSource(Longest, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        try
        {
            return await MakeAsync(scope, meeting, mayBeThere, fresh: false, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Without("Google did not answer within 10 seconds.");
        }
        catch (GoogleReconnectException)
        {
            return Without(Reconnect);
        }
        catch (RefusedException refused)
        {
            return Without(refused.Message);
        }
        catch (GoogleApiException e)
        {
            return Without(Words(e));
        }
        catch (HttpRequestException e)
        {
            return Without($"Google could not be reached: {e.Message}");
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // An event waits for this: whatever Google answers must not keep it from going on.
            _log.LogWarning(e, "A meeting of {Tenant} could not be made", scope.Code);
            return Without("Google's answer could not be read.");
        }
    }

    public string? Fault(TenantScope scope) => scope.Tenant.Google switch
    {
        null => Without(NotConnected).Warning,
        { NeedsReconnect: true } => Without(Reconnect).Warning,
        _ => null,
    };

    public async Task<string?> CancelAsync(TenantScope scope, string id, CancellationToken ct)
    {
        if (scope.Tenant.Google is null)
        {
            return "Google is no longer connected for this client.";
        }

        using var time = new CancellationTokenSource(Longest, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        try
        {
            return await CancelAsync(scope, id, fresh: false, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException("Google did not answer within 10 seconds.");
        }
        catch (GoogleReconnectException e)
        {
            return e.Message;
        }
    }

    public void Dispose() => _calendar.Dispose();

    private async Task<string?> CancelAsync(TenantScope scope, string id, bool fresh, CancellationToken ct)
    {
        try
        {
            var delete = _calendar.Events.Delete(Calendar, id);
            delete.SendUpdates = EventsResource.DeleteRequest.SendUpdatesEnum.All;
            delete.Credential = new Bearer(await _tokens.AccessAsync(scope, fresh, ct));
            await delete.ExecuteAsync(ct);
            return null;
        }
        catch (GoogleApiException e) when (e.HttpStatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            // Deleted by an attempt before this one, or by a person.
            return null;
        }
        catch (GoogleApiException e) when (e.HttpStatusCode == HttpStatusCode.Unauthorized && !fresh)
        {
            return await CancelAsync(scope, id, fresh: true, ct);
        }
        catch (GoogleApiException e) when ((int)e.HttpStatusCode is >= 400 and < 500 && !IsQuota(e))
        {
            return Words(e);
        }
    }

    private async Task<MeetingOutcome> MakeAsync(TenantScope scope, NewMeeting meeting, StrongBox<bool> mayBeThere, bool fresh, CancellationToken ct)
    {
        var bearer = new Bearer(await _tokens.AccessAsync(scope, fresh, ct));
        Event made;
        try
        {
            var insert = _calendar.Events.Insert(Body(scope, meeting), Calendar);
            insert.ConferenceDataVersion = 1;
            insert.SendUpdates = EventsResource.InsertRequest.SendUpdatesEnum.All;
            insert.Credential = bearer;
            mayBeThere.Value = true;
            made = await insert.ExecuteAsync(ct);
        }
        catch (GoogleApiException e) when (e.HttpStatusCode == HttpStatusCode.Conflict)
        {
            // Made by an attempt before this one.
            made = await GetAsync(meeting.Id, bearer, ct);
        }
        catch (GoogleApiException e) when ((int)e.HttpStatusCode is >= 400 and < 500)
        {
            // A plain no: nothing was made.
            mayBeThere.Value = false;
            return e.HttpStatusCode == HttpStatusCode.Unauthorized && !fresh ? await MakeAsync(scope, meeting, mayBeThere, fresh: true, ct) : Without(Words(e));
        }

        return await AwaitLinkAsync(made, meeting.Id, bearer, ct);
    }

    private async Task<MeetingOutcome> AwaitLinkAsync(Event? made, string id, Bearer bearer, CancellationToken ct)
    {
        using var looks = new PeriodicTimer(BetweenLooks, TimeProvider.System);
        while (true)
        {
            if (made is null)
            {
                return Without("Google answered with nothing.");
            }

            if (Link(made) is { } link)
            {
                return new MeetingOutcome(link, null);
            }

            if (made.ConferenceData?.CreateRequest?.Status?.StatusCode == "failure")
            {
                return Without("Google made the calendar event, but could not make its conference.");
            }

            try
            {
                await looks.WaitForNextTickAsync(ct);
                made = await GetAsync(id, bearer, ct);
            }
            catch (OperationCanceledException)
            {
                return Without("Google made the calendar event, but its link was not ready within 10 seconds; it is in the calendar.");
            }
        }
    }

    private Task<Event> GetAsync(string id, Bearer bearer, CancellationToken ct)
    {
        var get = _calendar.Events.Get(Calendar, id);
        get.Credential = bearer;
        return get.ExecuteAsync(ct);
    }

    private static Event Body(TenantScope scope, NewMeeting meeting) => new()
    {
        // Hexadecimal digits are within the base32hex that Google asks of ids.
        Id = meeting.Id,
        Summary = meeting.Title,
        Start = At(scope, meeting.Start),
        End = At(scope, meeting.Start.AddMinutes(meeting.Minutes > 0 ? meeting.Minutes : DefaultMinutes)),
        Attendees = meeting.Attendee is null ? null : [new EventAttendee { Email = meeting.Attendee }],
        ConferenceData = new ConferenceData
        {
            CreateRequest = new CreateConferenceRequest { RequestId = meeting.Id, ConferenceSolutionKey = new ConferenceSolutionKey { Type = "hangoutsMeet" } },
        },
    };

    private static EventDateTime At(TenantScope scope, DateTimeOffset time) =>
        new() { DateTimeRaw = time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), TimeZone = scope.Settings.TimeZone };

    private static string? Link(Event made) =>
        made.HangoutLink ?? made.ConferenceData?.EntryPoints?.FirstOrDefault(e => e.EntryPointType == "video")?.Uri;

    private static MeetingOutcome Without(string why) => new(null, $"No Meet link was made: {why} Everything else runs as usual.");

    private static bool IsQuota(GoogleApiException e) => e.HttpStatusCode == HttpStatusCode.TooManyRequests
        || (e.HttpStatusCode == HttpStatusCode.Forbidden && QuotaReasons.Contains(e.Error?.Errors?.FirstOrDefault()?.Reason));

    private static string Words(GoogleApiException e)
    {
        var reason = e.Error?.Errors?.FirstOrDefault()?.Reason;
        return e.HttpStatusCode switch
        {
            HttpStatusCode.TooManyRequests => "Google's request limit is used up for the moment.",
            HttpStatusCode.Forbidden when IsQuota(e) => $"Google's request limit is used up for the moment ({reason}).",
            HttpStatusCode.Forbidden => $"Google does not let this account make events ({reason ?? "forbidden"}): reconnect Google and allow access to the calendar.",
            HttpStatusCode.Unauthorized => "Google does not accept the access token: reconnect Google.",
            HttpStatusCode.BadRequest => $"Google refused the event: {e.Error?.Message ?? "no reason given"}.",
            _ => $"Google answered {(int)e.HttpStatusCode}.",
        };
    }

    /// <summary>One tenant's token on one request: the service itself is everybody's.</summary>
    private sealed class Bearer(string token) : IHttpExecuteInterceptor
    {
        public Task InterceptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return Task.CompletedTask;
        }
    }
}
