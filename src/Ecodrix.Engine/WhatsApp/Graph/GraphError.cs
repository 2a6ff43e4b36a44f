namespace Ecodrix.Engine.WhatsApp.Graph;

/// <summary>What to do about one of Meta's errors. Meta asks to judge by <c>code</c>, never by HTTP status or text.</summary>
internal enum GraphVerdict
{
    /// <summary>Trying again does not help.</summary>
    Final,

    /// <summary>Passing: back off and try again.</summary>
    Retry,

    /// <summary>Too many to this one recipient: back off for longer, others may go on.</summary>
    PairRate,

    /// <summary>Too much in all: back off, and send more slowly.</summary>
    TooFast,

    /// <summary>Maintenance of the number, a minute at most.</summary>
    Maintenance,
}

/// <summary>What stands in the way beside the one message: going on would only fail the rest as well.</summary>
internal enum GraphStop
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Everything the account sends.</summary>
    Account,

    /// <summary>Every message with this template.</summary>
    Template,
}

/// <summary>One of Meta's errors, in its own words, with our judgement and the remedy.</summary>
/// <param name="Code">Meta's code.</param>
/// <param name="Title">Meta's text.</param>
/// <param name="Details">What Meta adds.</param>
internal sealed record GraphError(int Code, string Title, string? Details)
{
    public const int BlockedByBusiness = 130403;
    public const int NoMarketing = 131050;
    public const int BadParameter = 100;
    public const int BadValue = 131009;
    public const int NotFetched = 131052;
    public const int NotUploaded = 131053;

    private const string Permission = "The token lacks a permission. It needs whatsapp_business_messaging.";
    private const string Transient = "Something went wrong at Meta. Try again in a while.";
    private const string CallRate = "The account makes too many calls to Meta. Sending goes on more slowly.";
    private const string Registering = "This concerns the registration of the phone number. See WhatsApp Manager.";

    /// <summary>The codes we know. All others are final: a code we do not know may mean anything, and sending again may send twice.</summary>
    private static readonly Dictionary<int, Judgement> Known = new()
    {
        [0] = Account("The access token is not valid. Set a new whatsappToken."),
        [1] = new(Transient, GraphVerdict.Retry),
        [2] = new(Transient, GraphVerdict.Retry),
        [3] = Account("The app lacks a capability. Check its permissions in Meta's app dashboard."),
        [4] = new(CallRate, GraphVerdict.TooFast),
        [10] = Account(Permission),
        [33] = Account("The phone number id does not exist or the token may not use it. Check whatsappPhoneNumberId."),
        [100] = new("Meta did not accept a parameter of the message."),
        [104] = Account("The call had no access token. Set whatsappToken."),
        [190] = Account("The access token has expired. Set a new whatsappToken."),
        [368] = Account("Meta has blocked the account for a time because of its policy."),
        [470] = new("More than 24 hours have passed since the person last wrote. Send an approved template instead."),
        [80007] = new(CallRate, GraphVerdict.TooFast),
        [80008] = new(CallRate, GraphVerdict.TooFast),
        [130403] = new("Your business has blocked this person on WhatsApp. Unblock them there, then take the mark off the conversation."),
        [130429] = new("The number sends too many messages a second. Sending goes on more slowly.", GraphVerdict.TooFast),
        [130472] = new("The person is part of an experiment of Meta's and gets no marketing messages."),
        [130497] = new("The account may not send to this country."),
        [131000] = new(Transient, GraphVerdict.Retry),
        [131005] = Account(Permission),
        [131008] = new("A parameter is missing in the message."),
        [131009] = new("A parameter of the message has a wrong value."),
        [131016] = new(Transient, GraphVerdict.Retry),
        [131021] = new("Sender and recipient are the same number."),
        [131026] = new("The message cannot be delivered: the number is not on WhatsApp, has an old version or has not accepted its terms. Check the number."),
        [131030] = new("A test number may only send to numbers on its list. Add the recipient in Meta's dashboard."),
        [131031] = Account("The business account is locked. See Meta Business Support."),
        [131037] = Account("The number's display name is not approved. Have it approved in WhatsApp Manager."),
        [131042] = Account("There is a problem with the payment method. Settle it in Meta Business Suite."),
        [131045] = Account("The phone number is not registered rightly. Register it anew in WhatsApp Manager."),
        [131047] = new("More than 24 hours have passed since the person last wrote. Send an approved template instead."),
        [131048] = Account("Meta limits this number because too many messages were blocked or marked as spam. Pause campaigns and check its quality."),
        [131049] = new("Meta did not deliver this marketing message to keep people engaged. Try again after 24 hours at the earliest."),
        [131050] = new("The person has opted out of marketing messages."),
        [131051] = new("This type of message is not supported."),
        [131052] = new("The media could not be fetched."),
        [131053] = new("The media could not be uploaded. Check its type and size."),
        [131055] = new("Meta takes only marketing templates this way. Send one, or send through the Cloud API."),
        [131056] = new("Too many messages went to this person in a short time. Wait a while before the next.", GraphVerdict.PairRate),
        [131057] = new("Meta is upgrading the number. It is done in a minute.", GraphVerdict.Maintenance),
        [131059] = new("Meta's list of templates changed while it was read. Sync once more."),
        [131062] = new("This message needs a phone number, not a user id."),
        [131063] = Account("Marketing messages through the Cloud API are switched off for this account. Switch them on in WhatsApp Manager, or use a utility template."),
        [131064] = Account("Meta limits the account because templates were put into the wrong category. Correct their categories and wait until the limit is lifted."),
        [132000] = Template("The number of variables does not fit the template. Sync the templates and check the mapping."),
        [132001] = Template("There is no approved template with this name and language. Sync the templates and choose one of them."),
        [132005] = new("The text with its variables is too long."),
        [132007] = Template("The template's content goes against Meta's policy."),
        [132012] = new("A variable has the wrong format. Check the mapping."),
        [132015] = Template("The template is paused because of its quality. Edit it, or use another."),
        [132016] = Template("The template is disabled for good because of its quality. Use another."),
        [132068] = Template("The template's flow is blocked. Mend the flow in WhatsApp Manager, or use another template."),
        [132069] = Template("The template's flow is throttled: it takes ten messages an hour. Mend the flow in WhatsApp Manager, or use another template."),
        [133000] = new(Registering),
        [133004] = new(Transient, GraphVerdict.Retry),
        [133005] = new("The PIN of the number's two-step verification is wrong. Set it anew in WhatsApp Manager."),
        [133006] = new("The phone number must be verified before it is registered. See WhatsApp Manager."),
        [133008] = new("The PIN was entered wrongly too often. Wait as long as Meta says."),
        [133009] = new("The PIN was entered too soon after the last time. Wait as long as Meta says."),
        [133010] = Account("The phone number is not registered on WhatsApp. Register it in WhatsApp Manager."),
        [133015] = new("The phone number was deleted a moment ago. Wait five minutes before registering it."),
        [133016] = new("The number was registered too often in a short time. Wait until Meta takes it again."),
        [134011] = new("The terms of WhatsApp Payments have not been accepted. Accept them in WhatsApp Manager."),
        [135000] = new("Meta did not understand the message and does not say why. Check the template and its variables."),
        [2593107] = new(Registering),
        [2593108] = new(Registering),
    };

    private static readonly Judgement NoPermission = Account(Permission);
    private static readonly Judgement Unknown = new("See Meta's error reference for this code.");

    /// <summary>What to do about it.</summary>
    public GraphVerdict Verdict => Of(Code).Verdict;

    /// <summary>What a person can do about it.</summary>
    public string Hint => Of(Code).Hint;

    /// <summary>What stands in the way beside this message.</summary>
    public GraphStop Stop => Of(Code).Stop;

    /// <summary>Whether a code stands in the way of more than its message.</summary>
    public static bool Stops(int code) => Of(code).Stop != GraphStop.None;

    private static Judgement Of(int code) => Known.GetValueOrDefault(code, code is >= 200 and < 300 ? NoPermission : Unknown);

    private static Judgement Account(string hint) => new(hint) { Stop = GraphStop.Account };

    private static Judgement Template(string hint) => new(hint) { Stop = GraphStop.Template };

    /// <summary>How long to wait before attempt <paramref name="attempt"/> + 1.</summary>
    public TimeSpan Wait(int attempt) => Verdict switch
    {
        // Meta's own advice for a pair: 4^X seconds.
        GraphVerdict.PairRate => TimeSpan.FromSeconds(Math.Min(Math.Pow(4, attempt), 3600)),
        GraphVerdict.Maintenance => TimeSpan.FromSeconds(60),
        _ => Jobs.JobRunner.BackOff(attempt),
    };

    private sealed record Judgement(string Hint, GraphVerdict Verdict = GraphVerdict.Final)
    {
        public GraphStop Stop { get; init; }
    }
}
