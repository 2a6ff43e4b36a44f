using Google.Apis.Calendar.v3.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Calendar.v3;

/// <summary>The events of a calendar.</summary>
internal sealed class EventsResource(IClientService service)
{
    public InsertRequest Insert(Event body, string calendarId) => new(service, body, calendarId);

    public GetRequest Get(string calendarId, string eventId) => new(service, calendarId, eventId);

    public DeleteRequest Delete(string calendarId, string eventId) => new(service, calendarId, eventId);

    /// <summary>Makes an event.</summary>
    internal sealed class InsertRequest : CalendarBaseServiceRequest<Event>
    {
        public InsertRequest(IClientService service, Event body, string calendarId)
            : base(service)
        {
            CalendarId = calendarId;
            Body = body;
            InitParameters();
        }

        public enum SendUpdatesEnum
        {
            [StringValue("all")]
            All,

            [StringValue("none")]
            None,
        }

        [RequestParameter("calendarId", RequestParameterType.Path)]
        public string CalendarId { get; }

        /// <summary>1, or Google overlooks the conference that is asked for.</summary>
        [RequestParameter("conferenceDataVersion", RequestParameterType.Query)]
        public int? ConferenceDataVersion { get; set; }

        [RequestParameter("sendUpdates", RequestParameterType.Query)]
        public SendUpdatesEnum? SendUpdates { get; set; }

        public override string MethodName => "insert";

        public override string HttpMethod => "POST";

        public override string RestPath => "calendars/{calendarId}/events";

        private Event Body { get; }

        protected override object GetBody() => Body;

        protected override void InitParameters()
        {
            base.InitParameters();
            Register("calendarId", "path", required: true);
            Register("conferenceDataVersion", "query");
            Register("sendUpdates", "query");
        }
    }

    /// <summary>Reads an event.</summary>
    internal sealed class GetRequest : CalendarBaseServiceRequest<Event>
    {
        public GetRequest(IClientService service, string calendarId, string eventId)
            : base(service)
        {
            CalendarId = calendarId;
            EventId = eventId;
            InitParameters();
        }

        [RequestParameter("calendarId", RequestParameterType.Path)]
        public string CalendarId { get; }

        [RequestParameter("eventId", RequestParameterType.Path)]
        public string EventId { get; }

        public override string MethodName => "get";

        public override string HttpMethod => "GET";

        public override string RestPath => "calendars/{calendarId}/events/{eventId}";

        protected override void InitParameters()
        {
            base.InitParameters();
            Register("calendarId", "path", required: true);
            Register("eventId", "path", required: true);
        }
    }

    /// <summary>Deletes an event.</summary>
    internal sealed class DeleteRequest : CalendarBaseServiceRequest<string>
    {
        public DeleteRequest(IClientService service, string calendarId, string eventId)
            : base(service)
        {
            CalendarId = calendarId;
            EventId = eventId;
            InitParameters();
        }

        public enum SendUpdatesEnum
        {
            [StringValue("all")]
            All,

            [StringValue("none")]
            None,
        }

        [RequestParameter("calendarId", RequestParameterType.Path)]
        public string CalendarId { get; }

        [RequestParameter("eventId", RequestParameterType.Path)]
        public string EventId { get; }

        [RequestParameter("sendUpdates", RequestParameterType.Query)]
        public SendUpdatesEnum? SendUpdates { get; set; }

        public override string MethodName => "delete";

        public override string HttpMethod => "DELETE";

        public override string RestPath => "calendars/{calendarId}/events/{eventId}";

        protected override void InitParameters()
        {
            base.InitParameters();
            Register("calendarId", "path", required: true);
            Register("eventId", "path", required: true);
            Register("sendUpdates", "query");
        }
    }
}
