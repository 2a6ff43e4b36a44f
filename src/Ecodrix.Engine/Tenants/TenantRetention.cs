using System.Globalization;
using Ecodrix.Engine.Kernel;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>A log whose entries the database lets go by itself, some days after the date in a field.</summary>
/// <param name="Collection">The collection.</param>
/// <param name="Field">The date its days count from; an entry without it stays.</param>
/// <param name="Days">How many days, by the tenant's settings.</param>
internal sealed record RetainedLog(string Collection, string Field, Func<TenantSettings, int> Days);

/// <summary>
/// Retention by TTL indexes. A tenant has a database of its own, hence indexes of its own, so its setting is the index's: changing it
/// reaches what is already stored without a document being written.
/// </summary>
internal static class TenantRetention
{
    /// <summary>The settings a tenant's document says.</summary>
    public static TenantSettings SettingsOf(Tenant tenant) => new(
        tenant.Country, tenant.Currency, tenant.TimeZone, tenant.TriggerPerMinute, tenant.DefaultPerMinute, tenant.EventDays, tenant.CallbackDays, tenant.StaleDays);

    /// <summary>What of the settings the indexes carry, for the stamp that says whether they are up to date.</summary>
    public static string Stamp(IEnumerable<RetainedLog> logs, TenantSettings settings) =>
        string.Join(',', logs.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Collection}.{l.Field}:{l.Days(settings)}")));

    /// <summary>Makes the TTL indexes say what the settings say.</summary>
    public static async Task EnsureAsync(IMongoDatabase database, IEnumerable<RetainedLog> logs, TenantSettings settings, CancellationToken ct)
    {
        foreach (var log in logs)
        {
            var indexes = database.GetCollection<BsonDocument>(log.Collection).Indexes;
            var key = new BsonDocument(log.Field, 1);
            var kept = TimeSpan.FromDays(log.Days(settings));
            var present = await (await indexes.ListAsync(ct)).ToListAsync(ct);
            if (present.Find(i => i["key"] == key) is { } other)
            {
                if (other.GetValue("expireAfterSeconds", -1).ToInt64() == (long)kept.TotalSeconds)
                {
                    continue;
                }

                await indexes.DropOneAsync(other["name"].AsString, ct);
            }

            await indexes.CreateOneAsync(IndexModel.On(log.Field).Expiring(kept), null, ct);
        }
    }
}
