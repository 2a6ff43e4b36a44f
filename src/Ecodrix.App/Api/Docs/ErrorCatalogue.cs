namespace Ecodrix.App.Api.Docs;

/// <summary>What a route may refuse.</summary>
internal sealed record RefusalCodes(IReadOnlyList<string> Codes);

/// <summary>What a body looks like that is read as free JSON.</summary>
/// <param name="Example">An example, as JSON.</param>
/// <param name="Type">The type it has the form of; null where keys are free.</param>
internal sealed record BodyForm(string Example, Type? Type = null);

/// <summary>A stable error code.</summary>
/// <param name="Status">The HTTP status it comes with.</param>
/// <param name="When">When it comes, and what to do.</param>
internal sealed record ApiError(int Status, string When);

/// <summary>Every error code of the API. A test holds it against the codes that the engine really refuses with.</summary>
internal static class ErrorCatalogue
{
    /// <summary>The codes.</summary>
    public static IReadOnlyDictionary<string, ApiError> All { get; } = new SortedDictionary<string, ApiError>(StringComparer.Ordinal)
    {
        ["VALIDATION_ERROR"] = new(400, "Fields are at fault; details names each with what would be right."),
        ["INVALID_JSON"] = new(400, "The body is not JSON; the message says where."),
        ["GOOGLE_DENIED"] = new(400, "The consent was declined at Google; connect again."),
        ["GOOGLE_SCOPE_MISSING"] = new(400, "Access to the calendar was not ticked; connect again and allow it."),
        ["GOOGLE_STATE_INVALID"] = new(400, "Google's answer belongs to no connection under way in this browser; connect again."),
        ["INVALID_ID"] = new(400, "An id is not 24 hexadecimal digits."),
        ["UNKNOWN_TRIGGER"] = new(400, "The trigger is none of those a client may fire; the message lists them."),
        ["UNKNOWN_ACTION"] = new(400, "The bulk action is none there is."),
        ["TOO_MANY_LEADS"] = new(400, "More rows than one import takes; split them."),
        ["UNSUPPORTED_FILE"] = new(400, "The file is not of a kind WhatsApp takes, or larger than Meta allows for its kind."),
        ["MISSING_CREDENTIALS"] = new(401, "The headers that say who asks are missing."),
        ["INVALID_CREDENTIALS"] = new(401, "The key is wrong, or the client code unknown."),
        ["GOOGLE_LINK_INVALID"] = new(401, "The link has run out after ten minutes, or was changed; ask for a new one."),
        ["INVALID_SIGNATURE"] = new(401, "The webhook's signature does not fit its body."),
        ["SIGNED_OUT"] = new(401, "The session has ended; sign in again."),
        ["TENANT_SUSPENDED"] = new(403, "The client is suspended: its keys and people are refused, and what was still to be done waits until it is resumed."),
        ["SCOPE_REQUIRED"] = new(403, "The key does not carry the scope of this route."),
        ["ORIGIN_NOT_ALLOWED"] = new(403, "The browser's origin is not one of this client's."),
        ["NOT_PERMITTED"] = new(403, "The person's role does not allow it."),
        ["TWO_FACTOR_REQUIRED"] = new(403, "A second factor is required: it is set up on the account page, and stays on."),
        ["INVALID_VERIFY_TOKEN"] = new(403, "Meta's handshake carries another token than the client's."),
        ["NOT_FOUND"] = new(404, "There is no such address."),
        ["ACTIVITY_NOT_FOUND"] = new(404, "There is no such activity."),
        ["AUTOMATION_NOT_FOUND"] = new(404, "There is no such rule."),
        ["BROADCAST_NOT_FOUND"] = new(404, "There is no such broadcast."),
        ["CALLBACK_NOT_FOUND"] = new(404, "There is no such callback."),
        ["CANNED_REPLY_NOT_FOUND"] = new(404, "There is no such canned reply."),
        ["CLIENT_NOT_FOUND"] = new(404, "There is no such client."),
        ["COLLECTION_NOT_FOUND"] = new(404, "There is no such collection to map from."),
        ["CONVERSATION_NOT_FOUND"] = new(404, "There is no such conversation."),
        ["EVENT_NOT_FOUND"] = new(404, "There is no such event, or it is older than the days events are kept."),
        ["IMPORT_NOT_FOUND"] = new(404, "There is no such import."),
        ["INVITE_INVALID"] = new(404, "The invitation was used, withdrawn, or has run out; ask for a new one."),
        ["JOB_NOT_FOUND"] = new(404, "There is no such job, or it ended more than a week ago."),
        ["KEY_NOT_FOUND"] = new(404, "There is no such key."),
        ["LEAD_NOT_FOUND"] = new(404, "There is no such lead."),
        ["MEDIA_NOT_FOUND"] = new(404, "There is no such file."),
        ["MESSAGE_NOT_FOUND"] = new(404, "There is no such message."),
        ["NOTE_NOT_FOUND"] = new(404, "There is no such note."),
        ["ORIGIN_NOT_FOUND"] = new(404, "The origin is not one of this client's."),
        ["PERSON_NOT_FOUND"] = new(404, "There is no such person."),
        ["PIPELINE_NOT_FOUND"] = new(404, "There is no such pipeline."),
        ["SECRET_NOT_FOUND"] = new(404, "The secret is not set."),
        ["STAGE_NOT_FOUND"] = new(404, "There is no such stage."),
        ["TEMPLATE_NOT_FOUND"] = new(404, "There is no such template in that language; sync first."),
        ["VIEW_NOT_FOUND"] = new(404, "There is no such saved view, or it is somebody else's."),
        ["METHOD_NOT_ALLOWED"] = new(405, "The address does not take this method."),
        ["BROADCAST_STATE"] = new(409, "The broadcast's state does not allow it."),
        ["CLIENT_CODE_TAKEN"] = new(409, "Another client has this code."),
        ["CONFIRM_REQUIRED"] = new(409, "It cannot be undone; repeat it with what the message asks for."),
        ["CONTACT_BLOCKED"] = new(409, "The contact was blocked."),
        ["DEFAULT_PIPELINE"] = new(409, "The default pipeline stays; make another the default first."),
        ["DUPLICATE_PHONE"] = new(409, "A lead has this number; details carries its id, if it may be seen."),
        ["EVENT_PENDING"] = new(409, "The event is still at work; wait for it to end, or cancel it."),
        ["EMAIL_TAKEN"] = new(409, "Somebody has this address."),
        ["IDEMPOTENCY_IN_PROGRESS"] = new(409, "The first request with this key is still being worked on; repeat it shortly."),
        ["IMPORT_TOO_OLD"] = new(409, "An import can be reverted within 24 hours."),
        ["JOB_NOT_FAILED"] = new(409, "Only a failed job can be tried again."),
        ["JOB_NOT_QUEUED"] = new(409, "The job has begun or ended; only one that waits can be called off."),
        ["JOB_NOT_YOURS"] = new(409, "The job is the platform's own work and is not called off by hand."),
        ["ALREADY_DONE"] = new(409, "A replay of the event has done it, or is still at it."),
        ["REPLAY_PENDING"] = new(409, "An earlier replay of the event is still at work."),
        ["LAST_ADMIN"] = new(409, "The last administrator stays."),
        ["LAST_STAGE"] = new(409, "A pipeline keeps at least one open stage."),
        ["NAME_TAKEN"] = new(409, "Something of the kind has this name."),
        ["NOT_FAILED"] = new(409, "Only what has failed can be tried again."),
        ["NOT_REACTABLE"] = new(409, "WhatsApp takes no reaction to this message."),
        ["OPTED_OUT"] = new(409, "The contact has asked not to be written to."),
        ["SECRET_MISSING"] = new(409, "A secret this needs is not set; the message names it."),
        ["SHORTCUT_TAKEN"] = new(409, "Another canned reply has this shortcut."),
        ["STAGE_HAS_LEADS"] = new(409, "The stage has leads; name a stage to move them to."),
        ["TEMPLATE_NOT_APPROVED"] = new(409, "Meta has not approved the template, or has paused it."),
        ["TOO_OLD_TO_REACT"] = new(409, "WhatsApp takes reactions to messages of up to 30 days."),
        ["VERSION_CONFLICT"] = new(409, "Somebody changed it meanwhile; read it again."),
        ["WEBHOOK_SECRET_MISSING"] = new(409, "The client has no automationWebhookSecret to sign callbacks with."),
        ["WINDOW_CLOSED"] = new(409, "More than 24 hours have passed since the contact wrote; send a template. details names the approved ones."),
        ["PAYLOAD_TOO_LARGE"] = new(413, "The body is larger than the route takes."),
        ["UNSUPPORTED_MEDIA_TYPE"] = new(415, "The body is not of a kind the route takes."),
        ["EMAIL_INVALID"] = new(422, "The mail cannot be made as its template says; the message says why."),
        ["DATASOURCE_UNREACHABLE"] = new(422, "The database cannot be reached or written; nothing was changed."),
        ["IDEMPOTENCY_KEY_REUSED"] = new(422, "The key was used with another body."),
        ["TEMPLATE_INVALID"] = new(422, "The Liquid template cannot be read; the message says where."),
        ["VARIABLES_MISSING"] = new(422, "Variables of the template have no value; details names them."),
        ["RATE_LIMITED"] = new(429, "Too many requests; Retry-After says when to go on. Nothing was executed."),
        ["INTERNAL_ERROR"] = new(500, "A fault of ours; the request id helps to find it."),
        ["GOOGLE_CLIENT_REFUSED"] = new(502, "Google refused the client id or secret."),
        ["GOOGLE_NO_OFFLINE_ACCESS"] = new(502, "Google gave no lasting access; remove Ecodrix from the account's connected apps and connect again."),
        ["UPSTREAM_ERROR"] = new(502, "Meta, Google or a mail server said no; details carries its code and text."),
        ["DATABASE_UNAVAILABLE"] = new(503, "The database does not answer; try again in a moment."),
    };

    /// <summary>What a route may answer with, by its metadata: its own codes and those every route of its kind has.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<object> metadata, bool hasBody, string path)
    {
        var codes = new HashSet<string>(metadata.OfType<RefusalCodes>().SelectMany(r => r.Codes), StringComparer.Ordinal);
        if (metadata.OfType<TenantRoute>().Any())
        {
            codes.UnionWith(["MISSING_CREDENTIALS", "INVALID_CREDENTIALS", "TENANT_SUSPENDED", "SCOPE_REQUIRED", "ORIGIN_NOT_ALLOWED", "RATE_LIMITED"]);
        }

        if (metadata.OfType<AdminRoute>().Any())
        {
            codes.UnionWith(["MISSING_CREDENTIALS", "INVALID_CREDENTIALS", "NOT_PERMITTED"]);
            codes.UnionWith(path.Contains("{code}", StringComparison.Ordinal) ? ["CLIENT_NOT_FOUND"] : []);
        }

        if (metadata.OfType<IdempotentRoute>().Any())
        {
            codes.UnionWith(["IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"]);
        }

        if (hasBody)
        {
            codes.UnionWith(["INVALID_JSON", "VALIDATION_ERROR", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"]);
        }

        codes.UnionWith(["INTERNAL_ERROR", "DATABASE_UNAVAILABLE"]);
        return [.. codes.Order(StringComparer.Ordinal)];
    }
}
