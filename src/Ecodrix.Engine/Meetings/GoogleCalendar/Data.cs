using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Calendar.v3.Data;

internal sealed class Event : IDirectResponseSchema
{
    [JsonProperty("id")]
    public string? Id { get; set; }

    [JsonProperty("summary")]
    public string? Summary { get; set; }

    [JsonProperty("status")]
    public string? Status { get; set; }

    [JsonProperty("start")]
    public EventDateTime? Start { get; set; }

    [JsonProperty("end")]
    public EventDateTime? End { get; set; }

    [JsonProperty("attendees")]
    public IList<EventAttendee>? Attendees { get; set; }

    [JsonProperty("hangoutLink")]
    public string? HangoutLink { get; set; }

    [JsonProperty("conferenceData")]
    public ConferenceData? ConferenceData { get; set; }

    [JsonProperty("etag")]
    public string? ETag { get; set; }
}

internal sealed class EventDateTime
{
    [JsonProperty("dateTime")]
    public string? DateTimeRaw { get; set; }

    [JsonProperty("timeZone")]
    public string? TimeZone { get; set; }
}

internal sealed class EventAttendee
{
    [JsonProperty("email")]
    public string? Email { get; set; }
}

internal sealed class ConferenceData
{
    [JsonProperty("createRequest")]
    public CreateConferenceRequest? CreateRequest { get; set; }

    [JsonProperty("entryPoints")]
    public IList<EntryPoint>? EntryPoints { get; set; }
}

internal sealed class CreateConferenceRequest
{
    [JsonProperty("requestId")]
    public string? RequestId { get; set; }

    [JsonProperty("conferenceSolutionKey")]
    public ConferenceSolutionKey? ConferenceSolutionKey { get; set; }

    [JsonProperty("status")]
    public ConferenceRequestStatus? Status { get; set; }
}

internal sealed class ConferenceSolutionKey
{
    [JsonProperty("type")]
    public string? Type { get; set; }
}

internal sealed class ConferenceRequestStatus
{
    [JsonProperty("statusCode")]
    public string? StatusCode { get; set; }
}

internal sealed class EntryPoint
{
    [JsonProperty("entryPointType")]
    public string? EntryPointType { get; set; }

    [JsonProperty("uri")]
    public string? Uri { get; set; }
}
