using System.Globalization;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;

namespace Ecodrix.Engine.Tenants;

/// <summary>What differs between two states of a tenant, as the audit log tells it. Secrets and keys appear by name, never by value.</summary>
internal static class TenantChanges
{
    /// <summary>The differences, and what they are called together.</summary>
    public static (string Action, List<AuditChange> Changes) Between(Tenant before, Tenant after)
    {
        var changes = new List<AuditChange>();
        Add(changes, "name", before.Name, after.Name);
        Add(changes, "status", before.Status.Word(), after.Status.Word());
        Add(changes, "defaultCountry", before.Country, after.Country);
        Add(changes, "currency", before.Currency, after.Currency);
        Add(changes, "timeZone", before.TimeZone, after.TimeZone);
        Add(changes, "triggerPerMinute", Text(before.TriggerPerMinute), Text(after.TriggerPerMinute));
        Add(changes, "defaultPerMinute", Text(before.DefaultPerMinute), Text(after.DefaultPerMinute));
        Add(changes, "automations", Run(before), Run(after));
        Add(changes, "eventDays", Text(before.EventDays), Text(after.EventDays));
        Add(changes, "callbackDays", Text(before.CallbackDays), Text(after.CallbackDays));
        Add(changes, "staleDays", Text(before.StaleDays), Text(after.StaleDays));
        Add(changes, "requireTwoFactor", YesNo(before.RequireTwoFactor), YesNo(after.RequireTwoFactor));
        Add(changes, "google", Google(before), Google(after));
        Add(changes, "datasource", Where(before), Where(after));
        var settings = changes.Count;

        foreach (var name in before.Secrets.Keys.Union(after.Secrets.Keys).Order(StringComparer.Ordinal))
        {
            var (old, now) = (before.Secrets.GetValueOrDefault(name), after.Secrets.GetValueOrDefault(name));
            if (old?.Cipher != now?.Cipher)
            {
                changes.Add(new AuditChange($"secret {name}", old is null ? null : "set", now is null ? null : old is null ? "set" : "replaced"));
            }
        }

        var secrets = changes.Count;
        foreach (var key in after.Keys)
        {
            var old = before.Keys.Find(k => k.Id == key.Id);
            Add(changes, $"key {key.Name} ({key.Prefix}…)", old is null ? null : State(old), State(key));
        }

        var keys = changes.Count;
        changes.AddRange(after.Origins.Except(before.Origins).Select(o => new AuditChange("origin", null, o)));
        changes.AddRange(before.Origins.Except(after.Origins).Select(o => new AuditChange("origin", o, null)));
        var action = settings > 0 ? "client.changed" : secrets > settings ? "secrets.changed" : keys > secrets ? "keys.changed" : "origins.changed";
        return (action, changes);
    }

    private static void Add(List<AuditChange> changes, string field, string? old, string? now)
    {
        if (old != now)
        {
            changes.Add(new AuditChange(field, old, now));
        }
    }

    private static string State(StoredKey key) =>
        key.RevokedAt is not null ? "revoked" : key.ExpiresAt is { } end ? $"until {Moments.Write(end)}" : "in use";

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Run(Tenant tenant) => tenant.AutomationsPausedAt is null ? "running" : "paused";

    private static string? Google(Tenant tenant) => tenant.Google is { } google ? $"connected {Moments.Write(google.ConnectedAt)}" : null;

    private static string Where(Tenant tenant) => (tenant.DatasourceUri is null ? "platform/" : "own/") + tenant.Database;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
