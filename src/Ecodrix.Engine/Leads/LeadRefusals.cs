using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Leads;

internal static class LeadRefusals
{
    public static RefusedException NotFound(string leadId) =>
        new(RefusalKind.NotFound, "LEAD_NOT_FOUND", $"There is no lead {leadId}.");

    public static RefusedException DuplicatePhone(string phone, string leadId) =>
        new(RefusalKind.Conflict, "DUPLICATE_PHONE", $"A lead with the phone {phone} exists.", new { leadId });

    public static RefusedException ChangedMeanwhile(string leadId) =>
        new(RefusalKind.Conflict, "VERSION_CONFLICT", $"Lead {leadId} was changed meanwhile. Read it again and repeat the change.", new { leadId });
}
