namespace Ecodrix.Engine.Callbacks;

/// <summary>Says in words what was wrong with an attempt and what helps: the one place that does.</summary>
internal static class CallbackWords
{
    private const string Late = "It is tried again by itself.";

    /// <summary>What went wrong; null where the receiver took it.</summary>
    public static string? Error(CallbackAttempt attempt) => attempt.StatusCode is { } code ? Answered(code)?.Why : attempt.Error;

    /// <summary>What to do about it; null where nothing is to be done.</summary>
    public static string? Remedy(CallbackAttempt attempt) => attempt.StatusCode is { } code ? Answered(code)?.Remedy : attempt.Fault switch
    {
        OutboundFault.Refused => "Give a public https address. For development whoever runs the platform can allow a host by Ecodrix:Callbacks:AllowedPrivateHosts.",
        OutboundFault.Name => $"Check the host in callbackUrl, and that its DNS entry is public. {Late}",
        OutboundFault.Connection => $"Check that the receiver runs, listens on this port and lets the platform through its firewall. {Late}",
        OutboundFault.Tls => "Renew the receiver's certificate, or serve the whole chain: it must be valid for the host in callbackUrl.",
        OutboundFault.Silence => $"Answer with 200 first and work afterwards: a callback waits ten seconds. {Late}",
        OutboundFault.Broken => $"The receiver, or a proxy before it, hung up or did not speak HTTP: its log at this time says why. {Late}",
        _ => null,
    };

    private static (string Why, string Remedy)? Answered(int code) => code switch
    {
        >= 200 and < 300 => null,
        >= 300 and < 400 => ($"The receiver answered {code}: it leads elsewhere, and redirects are not followed.", "Send the address it leads to as callbackUrl."),
        400 or 422 => ($"The receiver answered {code}: it did not accept the body.", "Its answer may say why. The body is fixed: it is the receiver that must take it."),
        401 or 403 => ($"The receiver answered {code}: it lets nobody in.", "Callbacks bring no login: let the address through and check the signature. If the signature is what it refuses, the tester under Settings → Integration says why."),
        404 => ("The receiver answered 404: there is nothing at this address.", "Check callbackUrl and the receiver's routes."),
        405 => ("The receiver answered 405: it takes no POST at this address.", "Check callbackUrl, and let the route take POST."),
        408 or 425 or 429 => ($"The receiver answered {code}: not now.", $"{Late} If it happens often, let the receiver take more at once."),
        409 => ("The receiver answered 409: it is still at an earlier attempt.", $"{Late} Answer a webhook-id that is already known with 200."),
        410 => ("The receiver answered 410: it wants no more callbacks here.", "Send another callbackUrl with the trigger, or send this one again once the address is back."),
        413 => ("The receiver answered 413: the body is too large for it.", "Let it take larger bodies, or send less callbackMetadata with the trigger."),
        415 => ("The receiver answered 415: it does not take application/json.", "Let the route take JSON, and read the raw body before it is parsed."),
        >= 500 => ($"The receiver answered {code}: it failed.", $"Look for the webhook-id in its log at this time. {Late}"),
        _ => ($"The receiver answered {code}.", "Its answer may say why."),
    };
}
