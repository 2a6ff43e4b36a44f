namespace Ecodrix.Components.People;

/// <summary>What the audit log notes, in the words of people.</summary>
internal static class AuditWords
{
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        ["chat.settings_changed"] = "Changed chat settings",
        ["client.changed"] = "Changed settings",
        ["client.made"] = "Made the tenant",
        ["keys.changed"] = "Changed API keys",
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
        ["platform.set_up"] = "Set the platform up",
        ["secrets.changed"] = "Changed secrets",
    };

    /// <summary>An action in words; the action itself where it has none.</summary>
    public static string Title(string action) => Titles.GetValueOrDefault(action, action);
}
