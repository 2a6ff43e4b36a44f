using System.Globalization;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Graph;

namespace Ecodrix.Engine.Automations;

/// <summary>What a person can do where something was not done.</summary>
public enum Remedy
{
    /// <summary>Try it again: what stood in the way may have passed.</summary>
    TryAgain,

    /// <summary>Set what is missing among the client's secrets, or correct it.</summary>
    SetSecrets,

    /// <summary>Connect Google.</summary>
    ConnectGoogle,

    /// <summary>Connect Google again: it no longer accepts the client's consent.</summary>
    ReconnectGoogle,

    /// <summary>Look after the template: its approval, its mapping, or which there are.</summary>
    OpenTemplates,

    /// <summary>Change the rule: it asks for what cannot be done.</summary>
    ChangeRule,

    /// <summary>Go to the conversation: it shows whether the person may be written to, and how.</summary>
    OpenConversation,

    /// <summary>Correct how the lead is reached.</summary>
    OpenLead,
}

/// <summary>Which remedy belongs to which cause: the one place that says so.</summary>
internal static class Remedies
{
    private const string Meta = "META_";

    private static readonly Dictionary<string, Remedy> ByCode = new(StringComparer.Ordinal)
    {
        ["SECRET_MISSING"] = Remedy.SetSecrets,
        ["WEBHOOK_SECRET_MISSING"] = Remedy.SetSecrets,
        ["SMTP_SIGN_IN_REFUSED"] = Remedy.SetSecrets,
        ["SMTP_SENDER_REFUSED"] = Remedy.SetSecrets,
        ["SMTP_SETTINGS_WRONG"] = Remedy.SetSecrets,
        ["TEMPLATE_NOT_FOUND"] = Remedy.OpenTemplates,
        ["TEMPLATE_NOT_APPROVED"] = Remedy.OpenTemplates,
        ["VARIABLE_MISSING"] = Remedy.OpenTemplates,
        ["ADDRESS_REFUSED"] = Remedy.ChangeRule,
        ["BODY_NOT_JSON"] = Remedy.ChangeRule,
        ["TEMPLATE_INVALID"] = Remedy.ChangeRule,
        ["VALIDATION_ERROR"] = Remedy.ChangeRule,
        ["STAGE_NOT_FOUND"] = Remedy.ChangeRule,
        ["PERSON_NOT_FOUND"] = Remedy.ChangeRule,
        ["EMPTY"] = Remedy.ChangeRule,
        ["OPTED_OUT"] = Remedy.OpenConversation,
        ["WINDOW_CLOSED"] = Remedy.OpenConversation,
        ["BLOCKED"] = Remedy.OpenConversation,
        ["NO_PHONE"] = Remedy.OpenLead,
        ["NO_EMAIL"] = Remedy.OpenLead,
        ["EMAIL_INVALID"] = Remedy.OpenLead,
        ["EMAIL_REFUSED"] = Remedy.OpenLead,
    };

    /// <summary>What helps an action; null where there is nothing to be done, or nothing went wrong.</summary>
    public static Remedy? Of(ActionTrace action) => action.Status switch
    {
        ActionStatus.Failed => Of(action.ErrorCode) ?? Remedy.TryAgain,
        // What was left out is not tried again: only its cause may be taken away, for the next time.
        ActionStatus.Skipped => Of(action.ErrorCode),
        _ => null,
    };

    /// <summary>One of Meta's codes as an action keeps it.</summary>
    public static string OfMeta(int code) => string.Create(CultureInfo.InvariantCulture, $"{Meta}{code}");

    private static Remedy? Of(string? code) => code switch
    {
        null => null,
        _ when code.StartsWith(Meta, StringComparison.Ordinal) && int.TryParse(code.AsSpan(Meta.Length), CultureInfo.InvariantCulture, out var number) => Of(number),
        _ => ByCode.TryGetValue(code, out var remedy) ? remedy : null,
    };

    private static Remedy? Of(int meta) => meta switch
    {
        0 or 10 or 33 or 104 or 190 or 131005 or (>= 200 and < 300) => Remedy.SetSecrets,
        470 or 131047 or GraphError.BlockedByBusiness or GraphError.NoMarketing => Remedy.OpenConversation,
        131021 or 131026 => Remedy.OpenLead,
        100 or 131008 or 131009 or 132005 or 132012 => Remedy.OpenTemplates,
        _ => new GraphError(meta, "", null).Stop == GraphStop.Template ? Remedy.OpenTemplates : null,
    };
}
