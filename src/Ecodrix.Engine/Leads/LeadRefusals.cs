using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Leads;

internal static class LeadRefusals
{
    public static RefusedException NotFound(string leadId) =>
        new(RefusalKind.NotFound, "LEAD_NOT_FOUND", $"There is no lead {leadId}.");

    /// <summary>The number is taken. Which lead has it is told only to those who may see that lead.</summary>
    public static RefusedException DuplicatePhone(TenantScope scope, string phone, Lead? other) => new(
        RefusalKind.Conflict, "DUPLICATE_PHONE", $"A lead with the phone {phone} exists.", other is not null && scope.Sees(other) ? new { leadId = other.Id.ToString() } : null);

    public static RefusedException NoSuchRef(string field, string value) =>
        new(RefusalKind.NotFound, "LEAD_NOT_FOUND", $"No lead has {field} {value}.");

    public static RefusedException ConfirmErasure(string leadId) =>
        new(RefusalKind.Conflict, "CONFIRM_REQUIRED", "This erases everything about the person and cannot be undone. Repeat it with confirm=true.", new { leadId });

    public static RefusedException TooMany(long count, int most) =>
        new(RefusalKind.Invalid, "TOO_MANY_LEADS", $"At most {most} leads at once; these are {count}.", new { count, most });

    public static RefusedException ImportNotFound(string importId) =>
        new(RefusalKind.NotFound, "IMPORT_NOT_FOUND", $"There is no import {importId}, or it is more than a week old.");

    public static RefusedException ImportTooOld(string importId) =>
        new(RefusalKind.Conflict, "IMPORT_TOO_OLD", $"Import {importId} is more than 24 hours old and cannot be undone any more.");

    public static RefusedException ChangedMeanwhile(string leadId) =>
        new(RefusalKind.Conflict, "VERSION_CONFLICT", $"Lead {leadId} was changed meanwhile. Read it again and repeat the change.", new { leadId });
}
