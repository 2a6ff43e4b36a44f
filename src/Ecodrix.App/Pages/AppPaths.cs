namespace Ecodrix.App.Pages;

/// <summary>The addresses of pages. A tenant's pages begin with <c>/c/{code}</c>, so that a link says whose it is.</summary>
internal static class AppPaths
{
    public const string Tenants = "/tenants";

    public const string Staff = "/staff";

    /// <summary>What the platform's own people did.</summary>
    public const string Audit = "/audit";

    public const string Account = "/account";

    /// <summary>Where somebody is led who must set up a second factor first.</summary>
    public const string SecondFactor = $"{Account}?required=true";

    /// <summary>Where one begins to work.</summary>
    public static string Home(string code) => Inbox(code);

    public static string Events(string code) => $"/c/{code}/events";

    public static string Automations(string code) => $"/c/{code}/automations";

    /// <summary>A rule, or <c>new</c> for one to be made.</summary>
    public static string Rule(string code, string rule) => $"{Automations(code)}/{rule}";

    /// <summary>The events a rule acted on.</summary>
    public static string Runs(string code, string rule) => $"{Events(code)}?rule={rule}";

    /// <summary>Those among them that failed by that rule.</summary>
    public static string FailedRuns(string code, string rule) => $"{Runs(code, rule)}&status={Failing}";

    /// <summary>What stands for any failure where a list of events is narrowed by a status.</summary>
    public const string Failing = "failing";

    public static string Event(string code, string eventId) => $"/c/{code}/events/{eventId}";

    public static string Callbacks(string code) => $"/c/{code}/callbacks";

    /// <summary>A callback with its attempts.</summary>
    public static string Callback(string code, string callbackId) => $"{Callbacks(code)}/{callbackId}";

    public static string Secrets(string code) => $"/c/{code}/settings/secrets";

    /// <summary>The step of the onboarding that connects Google.</summary>
    public static string ConnectGoogle(string code) => $"/c/{code}/onboarding?step=4";

    public static string Inbox(string code) => $"/c/{code}/inbox";

    public static string Conversation(string code, string conversationId) => $"/c/{code}/inbox/{conversationId}";

    public static string Templates(string code) => $"/c/{code}/templates";

    public static string Template(string code, string name, string language) => $"/c/{code}/templates/{name}?language={language}";

    public static string Broadcasts(string code) => $"/c/{code}/broadcasts";

    public static string Broadcast(string code, string broadcastId) => $"/c/{code}/broadcasts/{broadcastId}";

    public static string NewBroadcast(string code) => $"/c/{code}/broadcasts/new";

    public static string Board(string code) => $"/c/{code}/board";

    public static string Leads(string code) => $"/c/{code}/leads";

    public static string Lead(string code, string leadId) => $"/c/{code}/leads/{leadId}";

    public static string Activity(string code) => $"/c/{code}/activity";

    /// <summary>The tenant an address is about, or null.</summary>
    public static string? TenantOf(string relativePath)
    {
        var parts = relativePath.Split('?', '#')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts is ["c", var code, ..] ? code : null;
    }
}
