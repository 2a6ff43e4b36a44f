using System.Text.Json;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Triggers;

/// <summary>A trigger request that has been checked.</summary>
/// <param name="Request">As sent.</param>
/// <param name="Phone">E.164.</param>
/// <param name="Email">Lower-case.</param>
/// <param name="RunAt">When it shall run; null means now.</param>
internal sealed record CheckedTrigger(TriggerRequest Request, string? Phone, string? Email, DateTime? RunAt)
{
    /// <summary>The correlation key without the spaces around it; null when there is none.</summary>
    public string? CorrelationKey => string.IsNullOrWhiteSpace(Request.CorrelationKey) ? null : Request.CorrelationKey.Trim();
}

/// <summary>Reads and checks trigger requests, all faults at once.</summary>
internal sealed class TriggerReading(OutboundAddresses addresses, TimeProvider clock)
{
    public const int LongestDelay = 525_600;

    private const string StartTime = "meetConfig.startTime";

    /// <summary>Beyond it a time is a slip, and an offset could leave the calendar.</summary>
    private static readonly TimeSpan Furthest = TimeSpan.FromDays(20 * 365);

    /// <exception cref="RefusedException">UNKNOWN_TRIGGER, VALIDATION_ERROR.</exception>
    public CheckedTrigger Read(TenantScope scope, JsonElement body) => body.ValueKind == JsonValueKind.Object
        ? Read(scope, body.Deserialize<TriggerRequest>(EcodrixJson.Options)!)
        : throw RefusedException.Validation("body", "The body must be a JSON object.");

    private CheckedTrigger Read(TenantScope scope, TriggerRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Trigger) || !TriggerCatalogue.ClientNames.Contains(request.Trigger))
        {
            throw UnknownTrigger(request.Trigger);
        }

        var check = new Check();
        var phone = check.Phone(request.Phone, "phone", scope.Settings.Country);
        var email = check.Email(request.Email, "email");
        check.That(!string.IsNullOrWhiteSpace(request.Phone) || !string.IsNullOrWhiteSpace(request.Email), "phone", "Send phone or email: the event must concern somebody.");
        check.JsonObject(request.Variables, "variables");
        check.JsonObject(request.Data, "data");
        check.Range(request.MeetConfig?.DurationMinutes, "meetConfig.durationMinutes", 1, 1440);
        check.Email(request.MeetConfig?.AttendeeEmail, "meetConfig.attendeeEmail");
        check.Text(request.CorrelationKey, "correlationKey");
        check.That(request.CancelPending != true || !string.IsNullOrWhiteSpace(request.CorrelationKey), "correlationKey", "cancelPending needs a correlationKey.");
        check.OneOf(request.CallbackOn, "callbackOn", ["finished", "accepted"]);
        if (addresses.Fault(request.CallbackUrl) is { } fault)
        {
            check.That(false, "callbackUrl", $"callbackUrl {fault}");
        }

        check.That(
            request.MeetConfig?.StartTime is not { } start || (start - clock.GetUtcNow()).Duration() <= Furthest, StartTime, $"{StartTime} must lie within {Furthest.TotalDays / 365:0} years of now.");
        var runAt = RunAt(check, request);
        check.Throw();
        return new CheckedTrigger(request, phone, email, runAt);
    }

    private DateTime? RunAt(Check check, TriggerRequest request)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var ways = (request.DelayMinutes > 0 ? 1 : 0) + (request.RunAt is null ? 0 : 1) + (request.RelativeTo is null ? 0 : 1);
        check.That(ways <= 1, "delayMinutes", "Send only one of delayMinutes, runAt and relativeTo.");
        check.Range(request.DelayMinutes, "delayMinutes", 0, LongestDelay);
        check.OneOf(request.RelativeTo, "relativeTo", [StartTime]);
        check.That(request.RelativeTo is null || request.MeetConfig?.StartTime is not null, StartTime, "relativeTo needs meetConfig.startTime.");
        check.That(request.RelativeTo is not null || request.OffsetMinutes is null, "offsetMinutes", "offsetMinutes needs relativeTo.");
        check.Range(request.OffsetMinutes, "offsetMinutes", -LongestDelay, LongestDelay);
        if (check.HasFaults)
        {
            return null;
        }

        DateTime? at = request.DelayMinutes > 0 ? now.AddMinutes(request.DelayMinutes.Value)
            : request.RunAt is { } moment ? moment.UtcDateTime
            : request.RelativeTo is not null ? request.MeetConfig!.StartTime!.Value.AddMinutes(request.OffsetMinutes ?? 0).UtcDateTime
            : null;
        check.That(at is null || at <= now.AddMinutes(LongestDelay), "runAt", "An event may wait for a year at most.");
        // A reminder whose time has passed (booked half an hour ahead, reminded one hour before) is due now.
        return at > now ? at : null;
    }

    private static RefusedException UnknownTrigger(string? name) => new(
        RefusalKind.Invalid,
        "UNKNOWN_TRIGGER",
        name is not null && TriggerCatalogue.Names.Contains(name)
            ? $"{name} is fired by the platform itself. Client servers may fire {string.Join(", ", TriggerCatalogue.ClientNames)}."
            : $"trigger must be one of {string.Join(", ", TriggerCatalogue.ClientNames)}.",
        new { triggers = TriggerCatalogue.ClientNames });
}
