using System.Globalization;

namespace Ecodrix.Sandbox.Graph;

/// <summary>The errors that the sandbox can answer with.</summary>
internal static class GraphErrors
{
    public static readonly GraphError TokenMissing =
        new(190, "An access token is required to request this resource.", null, 401);

    public static readonly GraphError TokenMalformed = new(190, "Invalid OAuth access token - Cannot parse access token", null, 401);

    public static readonly GraphError TokenExpired =
        new(190, "Error validating access token: Session has expired.", null, 401, 463);

    public static readonly GraphError TokenOfAnother =
        new(10, "Application does not have permission for this action", "The token has no access to this phone number.", 403);

    public static readonly GraphError AppRate =
        new(4, "Application request limit reached", "The app has reached its API call rate limit.");

    public static readonly GraphError Unknown = new(131000, "Something went wrong", "Message failed to send due to an unknown error.", 500);

    public static readonly GraphError Unavailable = new(131016, "Service unavailable", "A service is temporarily unavailable.", 500);

    public static readonly GraphError SameNumber =
        new(131021, "Recipient cannot be sender", "Sender and recipient phone number is the same.");

    public static readonly GraphError Undeliverable = new(131026, "Message undeliverable", "Message Undeliverable.");

    public static readonly GraphError Payment = new(
        131042, "Business eligibility payment issue", "Message failed to send because there was an error related to your payment method.");

    public static readonly GraphError WindowClosed = new(
        131047, "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.");

    public static readonly GraphError Spam = new(
        131048, "Spam rate limit hit",
        "Message failed to send because there are restrictions on how many messages can be sent from this phone number.");

    public static readonly GraphError Ecosystem = new(
        131049, "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.");

    public static readonly GraphError OptedOut = new(
        131050, "User has stopped receipt of marketing messages",
        "This recipient has chosen to stop receiving marketing messages on WhatsApp from your business.");

    public static readonly GraphError PairRate = new(
        131056, "(Business Account, Consumer Account) pair rate limit hit",
        "Too many messages sent from this phone number to the same recipient in a short period of time.");

    public static readonly GraphError Throughput = new(130429, "Rate limit hit", "Cloud API message throughput has been reached.");

    public static readonly GraphError TemplatePaused =
        new(132015, "Template is Paused", "Template is paused due to low quality so it cannot be sent in a template message.");

    public static readonly GraphError TemplateDisabled = new(
        132016, "Template is Disabled", "Template has been paused too many times due to low quality and is now permanently disabled.");

    public static readonly GraphError BadCursor = new(131059, "Invalid paging cursor", "The paging cursor is not valid.");

    private static readonly Dictionary<int, GraphError> ByCode = new[]
    {
        TokenExpired, AppRate, Unknown, Unavailable, SameNumber, Undeliverable, Payment, WindowClosed, Spam, Ecosystem, OptedOut, PairRate,
        Throughput, TemplatePaused, TemplateDisabled,
        new GraphError(130472, "User's number is part of an experiment", "Message was not sent as part of an experiment."),
        new GraphError(131051, "Unsupported message type", "Message type is not currently supported."),
        new GraphError(131052, "Media download error", "Unable to download the media sent by the user."),
        new GraphError(131053, "Media upload error", "Unable to upload the media used in the message."),
        new GraphError(131009, "Parameter value is not valid", "One or more parameter values are invalid."),
    }.ToDictionary(e => e.Code);

    /// <summary>The error of a code, for statuses set by hand; an unlisted code gets the generic text.</summary>
    public static GraphError Of(int code) => ByCode.GetValueOrDefault(code) ?? Unknown with { Code = code, HttpStatus = 400 };

    /// <summary>A parameter has the wrong type, size or value.</summary>
    public static GraphRefusal Invalid(string path, string what) => Shape($"Param {path} {what}");

    /// <summary>A request whose shape is wrong beyond one parameter's value.</summary>
    public static GraphRefusal Shape(string sentence) => new(new GraphError(100, sentence, sentence));

    /// <summary>A mandatory parameter is absent or empty.</summary>
    public static GraphRefusal Missing(string path) =>
        new(new GraphError(131008, "Required parameter is missing", $"The parameter {path} is required."));

    /// <summary>A value of the right type that cannot be used.</summary>
    public static GraphRefusal Value(string details) => new(new GraphError(131009, "Parameter value is not valid", details));

    /// <summary>No such object for this token.</summary>
    public static GraphRefusal NoSuchObject(string method, string id) => new(new GraphError(
        100,
        $"Unsupported {method.ToLowerInvariant()} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation",
        null, 400, 33));

    /// <summary>The version or the path is not one of the Graph API's.</summary>
    public static GraphRefusal UnknownPath(string path) => new(new GraphError(2500, $"Unknown path components: {path}", null));

    /// <summary>No approved template of this name in this language.</summary>
    public static GraphRefusal NoTemplate(string name, string language) => new(new GraphError(
        132001, "Template name does not exist in the translation", $"template name ({name}) does not exist in {language}", 404));

    /// <summary>The parameters of a template part are too few or too many.</summary>
    public static GraphRefusal ParameterCount(string part, int given, int expected) => new(new GraphError(
        132000, "Number of parameters does not match the expected number of params",
        string.Create(CultureInfo.InvariantCulture,
            $"{part}: number of localizable_params ({given}) does not match the expected number of params ({expected})")));

    /// <summary>A template parameter has the wrong name, kind or format.</summary>
    public static GraphRefusal ParameterFormat(string details) =>
        new(new GraphError(132012, "Parameter format does not match format in the created template", details));
}
