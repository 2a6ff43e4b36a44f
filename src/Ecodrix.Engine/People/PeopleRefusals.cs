using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.People;

internal static class PeopleRefusals
{
    public static RefusedException SignedOut() =>
        new(RefusalKind.Unauthenticated, "SIGNED_OUT", "You are no longer signed in. Sign in again.");

    public static RefusedException NotPermitted(Role role, Permission permission) => new(
        RefusalKind.Forbidden, "NOT_PERMITTED", $"{role.Title()} accounts may not {Verb(permission)}. Ask an admin.");

    public static RefusedException TwoFactorRequired() => new(
        RefusalKind.Forbidden, "TWO_FACTOR_REQUIRED", "A second factor is required here. Set up an authenticator app on your account page, and keep it on.");

    public static RefusedException EmailTaken(string email) =>
        new(RefusalKind.Conflict, "EMAIL_TAKEN", $"Somebody already uses {email}. An address belongs to one account.");

    public static RefusedException NotFound(string accountId) =>
        new(RefusalKind.NotFound, "PERSON_NOT_FOUND", $"There is no person {accountId} here.");

    public static RefusedException InvalidInvite() => new(
        RefusalKind.NotFound, "INVITE_INVALID", "This link has been used or has expired. Ask whoever sent it for a new one.");

    public static RefusedException LastAdmin() =>
        new(RefusalKind.Conflict, "LAST_ADMIN", "This is the last active admin. Make somebody else an admin first.");

    private static string Verb(Permission permission) => permission switch
    {
        Permission.Work => "change records",
        Permission.Design => "change rules, pipelines and templates",
        Permission.Administer => "change settings and people",
        Permission.ManageTenants => "manage clients",
        Permission.ManageStaff => "manage the platform's people",
        _ => "see this",
    };
}
