namespace Ecodrix.Components.People;

/// <summary>What the audit log notes, in the words of people.</summary>
internal static class AuditWords
{
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["automation.changed"] = "Changed an automation",
        ["automation.deleted"] = "Deleted an automation",
        ["automation.made"] = "Made an automation",
        ["broadcast.cancelled"] = "Called a broadcast off",
        ["broadcast.launched"] = "Launched a broadcast",
        ["broadcast.paused"] = "Paused a broadcast",
        ["broadcast.resumed"] = "Let a broadcast go on",
        ["broadcast.retried"] = "Tried a broadcast's failures again",
        ["canned_reply.changed"] = "Changed a canned reply",
        ["canned_reply.deleted"] = "Deleted a canned reply",
        ["canned_reply.made"] = "Made a canned reply",
        ["chat.settings_changed"] = "Changed chat settings",
        ["client.changed"] = "Changed settings",
        ["client.made"] = "Made the tenant",
        ["keys.changed"] = "Changed API keys",
        ["key.used"] = "First use of an API key that day",
        ["lead.erased"] = "Erased a person",
        ["leads.exported"] = "Exported leads",
        ["leads.imported"] = "Imported leads",
        ["origins.changed"] = "Changed browser origins",
        ["person.changed"] = "Changed a person",
        ["person.invited"] = "Invited a person",
        ["person.locked_out"] = "Locked out after wrong passwords",
        ["person.password_set"] = "Set a password",
        ["person.reset_link"] = "Made a reset link",
        ["person.second_factor_failed"] = "Gave a wrong second factor",
        ["person.second_factor_off"] = "Switched the second factor off",
        ["person.second_factor_on"] = "Switched a second factor on",
        ["person.second_factor_reset"] = "Reset a second factor",
        ["person.session_ended"] = "Ended a session",
        ["person.sign_in_failed"] = "Gave a wrong password",
        ["person.signed_in"] = "Signed in",
        ["pipeline.archived"] = "Archived a pipeline",
        ["pipeline.changed"] = "Changed a pipeline",
        ["pipeline.made"] = "Made a pipeline",
        ["pipeline.made_default"] = "Made a pipeline the default",
        ["platform.set_up"] = "Set the platform up",
        ["scoring.changed"] = "Changed the scoring",
        ["secrets.changed"] = "Changed secrets",
        ["template.mapped"] = "Mapped a template",
        ["view.removed"] = "Removed a shared view of the leads",
        ["view.shared"] = "Shared a view of the leads",
    };

    /// <summary>An action in words; the action itself where it has none.</summary>
    public static string Title(string action) => Titles.GetValueOrDefault(action, action);
}
