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

    /// <summary>Maintenance of the number, a minute at most.</summary>
    Maintenance,
}

/// <summary>One of Meta's errors, in its own words, with our judgement and the remedy.</summary>
/// <param name="Code">Meta's code.</param>
/// <param name="Title">Meta's text.</param>
/// <param name="Details">What Meta adds.</param>
internal sealed record GraphError(int Code, string Title, string? Details)
{
    public const int AppTooFast = 4;
    public const int TooFast = 130429;
    public const int BlockedByContact = 130403;
    public const int NoMarketing = 131050;

    /// <summary>Codes that pass by themselves. All others are final: a code we do not know may mean anything, and sending again may send twice.</summary>
    private static readonly Dictionary<int, GraphVerdict> Passing = new()
    {
        [1] = GraphVerdict.Retry,
        [2] = GraphVerdict.Retry,
        [4] = GraphVerdict.Retry,
        [80007] = GraphVerdict.Retry,
        [80008] = GraphVerdict.Retry,
        [130429] = GraphVerdict.Retry,
        [131000] = GraphVerdict.Retry,
        [131016] = GraphVerdict.Retry,
        [131056] = GraphVerdict.PairRate,
        [131057] = GraphVerdict.Maintenance,
        [133004] = GraphVerdict.Retry,
    };

    private static readonly Dictionary<int, string> Hints = new()
    {
        [0] = "The access token is not valid. Set a new whatsappToken.",
        [3] = "The app lacks a capability. Check its permissions in Meta's app dashboard.",
        [10] = "The token lacks a permission. It needs whatsapp_business_messaging.",
        [33] = "The phone number id does not exist or the token may not use it. Check whatsappPhoneNumberId.",
        [100] = "Meta did not accept a parameter of the message.",
        [190] = "The access token has expired. Set a new whatsappToken.",
        [368] = "Meta has blocked the account for a time because of its policy.",
        [130403] = "The business has been blocked by this person.",
        [130472] = "The person is part of an experiment of Meta's and gets no marketing messages.",
        [130497] = "The account may not send to this country.",
        [131005] = "The token lacks a permission. It needs whatsapp_business_messaging.",
        [131008] = "A parameter is missing in the message.",
        [131009] = "A parameter of the message has a wrong value.",
        [131021] = "Sender and recipient are the same number.",
        [131026] = "The message cannot be delivered: the number is not on WhatsApp, has an old version or has not accepted its terms. Check the number.",
        [131030] = "A test number may only send to numbers on its list. Add the recipient in Meta's dashboard.",
        [131031] = "The business account is locked. See Meta Business Support.",
        [131042] = "There is a problem with the payment method. Settle it in Meta Business Suite.",
        [131047] = "More than 24 hours have passed since the person last wrote. Send an approved template instead.",
        [131048] = "Meta limits this number because too many messages were blocked or marked as spam. Pause campaigns and check its quality.",
        [131049] = "Meta did not deliver this marketing message to keep people engaged. Try again after 24 hours at the earliest.",
        [131050] = "The person has opted out of marketing messages.",
        [131051] = "This type of message is not supported.",
        [131052] = "The media could not be fetched.",
        [131053] = "The media could not be uploaded. Check its type and size.",
        [131062] = "This message needs a phone number, not a user id.",
        [132000] = "The number of variables does not fit the template. Sync the templates and check the mapping.",
        [132001] = "There is no approved template with this name and language. Sync the templates and choose one of them.",
        [132005] = "The text with its variables is too long.",
        [132007] = "The template's content goes against Meta's policy.",
        [132012] = "A variable has the wrong format. Check the mapping.",
        [132015] = "The template is paused because of its quality. Edit it, or use another.",
        [132016] = "The template is disabled for good because of its quality. Use another.",
    };

    /// <summary>What to do about it.</summary>
    public GraphVerdict Verdict => Passing.GetValueOrDefault(Code, GraphVerdict.Final);

    /// <summary>What a person can do about it.</summary>
    public string Hint => Hints.GetValueOrDefault(Code, Code is >= 200 and < 300 ? Hints[10] : "See Meta's error reference for this code.");

    /// <summary>Whether it stands in the way of everything the account sends: going on would only fail the rest as well.</summary>
    public bool StopsAccount => Code is 0 or 3 or 10 or 33 or 190 or (>= 200 and < 300) or 368 or 131005 or 131031 or 131042 or 131048 or 131064;

    /// <summary>Whether it stands in the way of every message with this template.</summary>
    public bool StopsTemplate => Code is 132001 or 132007 or 132015 or 132016;

    /// <summary>How long to wait before attempt <paramref name="attempt"/> + 1.</summary>
    public TimeSpan Wait(int attempt) => Verdict switch
    {
        // Meta's own advice for a pair: 4^X seconds.
        GraphVerdict.PairRate => TimeSpan.FromSeconds(Math.Min(Math.Pow(4, attempt), 3600)),
        GraphVerdict.Maintenance => TimeSpan.FromSeconds(60),
        _ => Jobs.JobRunner.BackOff(attempt),
    };
}
