namespace Ecodrix.Engine.People;

/// <summary>What a person is to the platform or to one tenant.</summary>
public enum Role
{
    /// <summary>Runs the platform: everything, its staff included.</summary>
    PlatformAdmin,

    /// <summary>Onboards and helps tenants: everything in every tenant, but not the platform's own people.</summary>
    Staff,

    /// <summary>Runs one tenant: its records, rules, settings and people.</summary>
    TenantAdmin,

    /// <summary>Answers and moves deals in one tenant.</summary>
    Agent,

    /// <summary>Looks and changes nothing.</summary>
    Viewer,
}

/// <summary>What a person may want to do.</summary>
public enum Permission
{
    /// <summary>Look at records and reports.</summary>
    View,

    /// <summary>Change leads, write notes, answer conversations.</summary>
    Work,

    /// <summary>Change rules, pipelines, templates, scoring and send broadcasts.</summary>
    Design,

    /// <summary>Change the tenant's settings, keys, secrets and people.</summary>
    Administer,

    /// <summary>Make, suspend and end tenants.</summary>
    ManageTenants,

    /// <summary>Invite and change the platform's own people.</summary>
    ManageStaff,
}

/// <summary>Which role may do what.</summary>
public static class Roles
{
    /// <summary>Whether a role belongs to the platform rather than to one tenant.</summary>
    public static bool IsPlatform(this Role role) => role is Role.PlatformAdmin or Role.Staff;

    /// <summary>Whether a role may do something.</summary>
    public static bool May(this Role role, Permission permission) => permission switch
    {
        Permission.View => true,
        Permission.Work => role is not Role.Viewer,
        Permission.Design or Permission.Administer => role is Role.PlatformAdmin or Role.Staff or Role.TenantAdmin,
        Permission.ManageTenants => role.IsPlatform(),
        _ => role is Role.PlatformAdmin,
    };

    /// <summary>The role as people read it.</summary>
    public static string Title(this Role role) => role switch
    {
        Role.PlatformAdmin => "Platform admin",
        Role.Staff => "Staff",
        Role.TenantAdmin => "Admin",
        Role.Agent => "Agent",
        _ => "Viewer",
    };
}
