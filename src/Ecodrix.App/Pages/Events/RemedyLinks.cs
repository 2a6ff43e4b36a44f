using Ecodrix.Components.Traces;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Triggers;

namespace Ecodrix.App.Pages.Events;

/// <summary>Where what helps an event is done, for those who may do it there.</summary>
internal static class RemedyLinks
{
    /// <summary>The button of a remedy; null where there is none, or where it is not for who looks.</summary>
    /// <param name="remedy">What helps.</param>
    /// <param name="code">The client code.</param>
    /// <param name="of">The event.</param>
    /// <param name="action">The action that was not done; null for the event's meeting.</param>
    /// <param name="may">What who looks may do.</param>
    public static RemedyLink? Of(Remedy remedy, string code, EventView of, ActionView? action, Func<Permission, bool> may) => remedy switch
    {
        Remedy.SetSecrets when may(Permission.Administer) => new("Open the secrets", AppPaths.Secrets(code)),
        Remedy.ConnectGoogle when may(Permission.Administer) => new("Connect Google", AppPaths.ConnectGoogle(code)),
        Remedy.ReconnectGoogle when may(Permission.Administer) => new("Reconnect Google", AppPaths.ConnectGoogle(code)),
        Remedy.OpenTemplates when may(Permission.Design) => new("Open the templates", AppPaths.Templates(code)),
        Remedy.ChangeRule when may(Permission.Design) && action is not null => new("Open the rule", AppPaths.Rule(code, action.RuleId)),
        Remedy.OpenConversation when may(Permission.Work) && of.Phone is { } phone => new("Open the conversation", $"{AppPaths.Inbox(code)}?search={Uri.EscapeDataString(phone)}"),
        Remedy.OpenLead when may(Permission.Work) && of.LeadId is { } lead => new("Open the lead", AppPaths.Lead(code, lead)),
        _ => null,
    };
}
