using Google.Apis.Discovery;
using Google.Apis.Requests;
using Google.Apis.Services;

namespace Google.Apis.Calendar.v3;

/// <summary>
/// The few calls of Google's Calendar API that are used, under the generated package's own names: <c>Google.Apis.Calendar.v3</c> can
/// take the place of this folder without a caller noticing.
/// </summary>
internal sealed class CalendarService : BaseClientService
{
    public CalendarService(Initializer initializer)
        : base(initializer)
    {
        Events = new EventsResource(this);
        BaseUri = GetEffectiveUri(BaseUriOverride, "https://www.googleapis.com/calendar/v3/");
        BatchUri = GetEffectiveUri(null, "https://www.googleapis.com/batch/calendar/v3");
    }

    public override IList<string> Features => [];

    public override string Name => "calendar";

    public override string BaseUri { get; }

    public override string BasePath => "calendar/v3/";

    public override string BatchUri { get; }

    public override string BatchPath => "batch/calendar/v3";

    public EventsResource Events { get; }
}

/// <summary>What all requests have in common.</summary>
internal abstract class CalendarBaseServiceRequest<TResponse>(IClientService service) : ClientServiceRequest<TResponse>(service)
{
    // A property that is not registered is refused by the library when the request is made.
    protected void Register(string name, string type, bool required = false) =>
        RequestParameters.Add(name, new Parameter { Name = name, IsRequired = required, ParameterType = type });
}
