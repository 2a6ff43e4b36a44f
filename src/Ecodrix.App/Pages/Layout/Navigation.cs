using Ecodrix.Engine.People;
using MudBlazor;

namespace Ecodrix.App.Pages.Layout;

/// <summary>One entry of the rail and of the command palette.</summary>
/// <param name="Title">What it is called.</param>
/// <param name="Icon">Its icon.</param>
/// <param name="Path">Its path below <c>/c/{code}/</c>.</param>
/// <param name="Needs">Who may see it.</param>
/// <param name="OnPhone">Whether it is in the bottom bar of a phone; the rest is under "More".</param>
/// <param name="OfAll">Whether it is about everybody's records: not for an agent limited to their own.</param>
internal sealed record NavItem(string Title, string Icon, string Path, Permission Needs = Permission.View, bool OnPhone = false, bool OfAll = false)
{
    /// <summary>The other pages there are below it, with what they are called: for the palette, and to show this entry as the one that is open.</summary>
    public IReadOnlyList<(string Title, string Path)> Within { get; init; } = [];

    /// <summary>The paths of those.</summary>
    public IEnumerable<string> Beside => Within.Select(w => w.Path);
}

/// <summary>The pages of a tenant, in the rail's order.</summary>
internal static class NavItems
{
    public static IReadOnlyList<NavItem> All { get; } =
    [
        new("Inbox", Icons.Material.Outlined.Forum, "inbox", OnPhone: true),
        new("Board", Icons.Material.Outlined.ViewKanban, "board", OnPhone: true),
        new("Leads", Icons.Material.Outlined.People, "leads", OnPhone: true),
        new("Automations", Icons.Material.Outlined.Bolt, "automations", Permission.Design),
        new("Templates", Icons.Material.Outlined.ViewAgenda, "templates"),
        new("Broadcasts", Icons.Material.Outlined.Campaign, "broadcasts", OfAll: true),
        new("Analytics", Icons.Material.Outlined.Insights, "analytics") { Within = [("Activity", "activity")] },
        new("Monitor", Icons.Material.Outlined.Timeline, "events", OnPhone: true, OfAll: true) { Within = [("Callbacks", "callbacks"), ("Jobs", "jobs"), ("Health", "health"), ("Simulate a trigger", "simulate")] },
        new("Onboarding", Icons.Material.Outlined.Checklist, "onboarding", Permission.Administer),
        new("Settings", Icons.Material.Outlined.Settings, "settings", Permission.Administer)
        {
            Within =
            [
                ("People", "settings/people"), ("Pipelines and stages", "settings/pipelines"), ("Scoring", "settings/scoring"), ("Chat settings and canned replies", "settings/chat"),
                ("API keys", "settings/keys"), ("Secrets", "settings/secrets"), ("Browser origins", "settings/origins"), ("Integration and signature tester", "settings/integration"), ("Audit log", "settings/audit"),
            ],
        },
    ];

    /// <summary>The page of another tenant that an address is of: the list where it is one record's, and where one begins to work where it is no tenant's.</summary>
    /// <param name="address">A path of this site.</param>
    /// <param name="code">The other tenant.</param>
    public static string SamePage(string address, string code)
    {
        var here = address.Split('?', '#')[0].Split('/', 4) is ["", "c", _, var rest] ? rest : "";
        var page = All.SelectMany(i => i.Beside.Prepend(i.Path)).Where(p => here == p || here.StartsWith(p + "/", StringComparison.Ordinal)).MaxBy(p => p.Length);
        return page is null ? AppPaths.Home(code) : $"/c/{code}/{page}";
    }

    /// <summary>The pages somebody may open.</summary>
    public static IEnumerable<NavItem> For(Role role, bool onlyOwn) => All.Where(i => role.May(i.Needs) && !(i.OfAll && onlyOwn));
}
