using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>The rules of tags, wherever they come from.</summary>
internal static class LeadTags
{
    public const int MostTags = 50;
    public const int LongestTag = 50;

    /// <summary>Trimmed, without doubles and blanks; too many or too long ones are faults.</summary>
    public static List<string> Read(Check check, IReadOnlyList<string>? tags, string field)
    {
        if (tags is null)
        {
            return [];
        }

        var read = tags.Where(t => !string.IsNullOrWhiteSpace(t)).Select(t => t.Trim()).Distinct(StringComparer.Ordinal).ToList();
        check.That(read.TrueForAll(t => t.Length <= LongestTag), field, $"A tag may have at most {LongestTag} characters.");
        check.That(read.Count <= MostTags, field, $"A lead may have at most {MostTags} tags.");
        return read.FindAll(t => t.Length <= LongestTag).Take(MostTags).ToList();
    }

    /// <summary>The update that leaves a lead with these tags; null when it has them. Only real changes fire.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, when they are too many.</exception>
    public static UpdateDefinition<Lead>? Change(TenantScope scope, Lead lead, List<string> tags, DateTime now)
    {
        var fresh = tags.Except(lead.Tags).ToList();
        var gone = lead.Tags.Except(tags).ToList();
        if (fresh.Count + gone.Count == 0)
        {
            return null;
        }

        new Check().That(tags.Count <= MostTags, "add", $"A lead may have at most {MostTags} tags.").Throw();
        return Pending.Add(
            Builders<Lead>.Update.Set(l => l.Tags, tags),
            [
                .. fresh.Select(t => Outbox.Change(scope, now, ActivityType.TagAdded, $"Tag added: {t}", Trigger.TagAdded, new BsonDocument("tag", t))),
                .. gone.Select(t => Outbox.Change(scope, now, ActivityType.TagRemoved, $"Tag removed: {t}", Trigger.TagRemoved, new BsonDocument("tag", t))),
            ]);
    }
}
