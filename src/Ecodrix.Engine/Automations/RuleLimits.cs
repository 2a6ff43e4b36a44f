using System.Globalization;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Automations;

/// <summary>How often a rule may meet one lead.</summary>
internal sealed class RuleLimit
{
    public const int MostPerDay = 100;

    public bool OncePerLead { get; set; }

    public int? PerLeadPerDay { get; set; }

    /// <summary>The limits an input asks for; null when it asks for none.</summary>
    public static RuleLimit? Of(RuleLimitsInput? input) => input is null or { OncePerLead: not true, PerLeadPerDay: null }
        ? null
        : new RuleLimit { OncePerLead = input.OncePerLead == true, PerLeadPerDay = input.PerLeadPerDay };
}

/// <summary>
/// One use of a limited rule for one lead. Its id is what is limited, rule, lead and where counted by day the tenant's day and a slot, so
/// that whoever inserts it first has it.
/// </summary>
internal sealed class RuleUse
{
    public const string Collection = "ruleUses";

    /// <summary><c>rule:lead</c> or <c>rule:lead:day:slot</c>.</summary>
    public required string Id { get; set; }

    /// <summary>The lead, so that its uses go with it when it is merged.</summary>
    public ObjectId? LeadId { get; set; }

    /// <summary>The happening that used it: an event and its replays are one.</summary>
    public ObjectId EventId { get; set; }

    public DateTime At { get; set; }

    /// <summary>When it is of no account any more; absent for a use that counts for ever.</summary>
    public DateTime? ExpireAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection,
        IndexModel.On("expireAt").Expiring(TimeSpan.Zero),
        IndexModel.On("leadId").Where(new BsonDocument("leadId", new BsonDocument("$exists", true))));
}

/// <summary>Keeps rules within their limits. A use is taken when an event is dispatched, by an insert that only one event can win.</summary>
internal sealed class RuleLimits(TimeProvider clock)
{
    /// <summary>A day in any time zone is over by then.</summary>
    private static readonly TimeSpan DayKept = TimeSpan.FromDays(3);

    /// <summary>Takes a use for each matched rule that is limited; a rule without one left counts as not matched. Safe to repeat.</summary>
    public Task<IReadOnlyList<RuleMatch>> TakeAsync(TenantScope scope, EventLog log, Lead? lead, IReadOnlyList<RuleMatch> matches, CancellationToken ct) =>
        ApplyAsync(scope, log, lead, matches, take: true, ct);

    /// <summary>As <see cref="TakeAsync"/>, but only looks.</summary>
    public Task<IReadOnlyList<RuleMatch>> LookAsync(TenantScope scope, EventLog log, Lead? lead, IReadOnlyList<RuleMatch> matches, CancellationToken ct) =>
        ApplyAsync(scope, log, lead, matches, take: false, ct);

    /// <summary>What leads have used counts for the one they were merged into, too: to the person it is the same rule twice. Safe to repeat.</summary>
    public static async Task MergeAsync(TenantScope scope, IReadOnlyList<ObjectId> from, ObjectId to, CancellationToken ct)
    {
        var uses = await scope.Db.RuleUses.Find(Builders<RuleUse>.Filter.In(u => u.LeadId, from.Select(id => (ObjectId?)id))).ToListAsync(ct);
        foreach (var use in uses)
        {
            // The rule, the lead, and of a day's use the day and the slot. Where the other has used a slot itself, it is one more of that day.
            var key = use.Id.Split(':');
            string[] places = key.Length < 4 ? [$"{key[0]}:{to}"] : [.. Enumerable.Range(1, RuleLimit.MostPerDay).Select(slot => $"{key[0]}:{to}:{key[2]}:{slot}")];
            foreach (var place in places)
            {
                var there = await InsertAsync(scope, new RuleUse { Id = place, LeadId = to, EventId = use.EventId, At = use.At, ExpireAt = use.ExpireAt }, ct);
                if (there is null || there.EventId == use.EventId)
                {
                    break;
                }
            }
        }
    }

    private async Task<IReadOnlyList<RuleMatch>> ApplyAsync(TenantScope scope, EventLog log, Lead? lead, IReadOnlyList<RuleMatch> matches, bool take, CancellationToken ct)
    {
        if (lead is null || !matches.Any(m => m.Trace.Matched && m.Rule.Limits is not null))
        {
            return matches;
        }

        var allowed = new List<RuleMatch>(matches.Count);
        foreach (var match in matches)
        {
            allowed.Add(match is { Trace.Matched: true, Rule.Limits: { } limit } && await RefusalAsync(scope, log, lead, match.Rule, limit, take, ct) is { } why
                ? RuleMatch.Refused(match.Rule, why) with { Limited = true }
                : match);
        }

        return allowed;
    }

    private async Task<string?> RefusalAsync(TenantScope scope, EventLog log, Lead lead, Rule rule, RuleLimit limit, bool take, CancellationToken ct)
    {
        // Once for all time is the narrower of the two: where it holds, the day's count cannot be reached.
        if (limit.OncePerLead)
        {
            var use = await UseAsync(scope, [$"{rule.Id}:{lead.Id}"], lead.Id, log, expires: false, take, ct);
            return use is null ? null : $"skipped: limit (once per lead, and event {use.EventId} was it)";
        }

        if (limit.PerLeadPerDay is not { } most)
        {
            return null;
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(scope.Settings.TimeZone);
        var day = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var slots = Enumerable.Range(1, most).Select(slot => $"{rule.Id}:{lead.Id}:{day}:{slot}").ToList();
        return await UseAsync(scope, slots, lead.Id, log, expires: true, take, ct) is null ? null : $"skipped: limit ({most} a day per lead, reached on {day})";
    }

    /// <summary>Uses the first free of several slots; null when it could, else the use that is in the way.</summary>
    private async Task<RuleUse?> UseAsync(TenantScope scope, List<string> slots, ObjectId lead, EventLog log, bool expires, bool take, CancellationToken ct)
    {
        var uses = scope.Db.RuleUses;
        var taken = await uses.Find(Builders<RuleUse>.Filter.In(u => u.Id, slots)).ToListAsync(ct);
        if (taken.Exists(u => u.EventId == log.Root))
        {
            // Taken by this event before a crash, or by the one it replays.
            return null;
        }

        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var slot in slots.Except(taken.Select(u => u.Id)).ToList())
        {
            if (!take)
            {
                return null;
            }

            var winner = await InsertAsync(scope, new RuleUse { Id = slot, LeadId = lead, EventId = log.Root, At = now, ExpireAt = expires ? now + DayKept : null }, ct);
            if (winner is null || winner.EventId == log.Root)
            {
                return null;
            }

            taken.Add(winner);
        }

        return taken[^1];
    }

    /// <summary>Inserts a use; null when it could, else the one that was there first.</summary>
    private static async Task<RuleUse?> InsertAsync(TenantScope scope, RuleUse use, CancellationToken ct)
    {
        try
        {
            await scope.Db.RuleUses.InsertOneAsync(use, null, ct);
            return null;
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return await scope.Db.RuleUses.FindByIdAsync(use.Id, ct) ?? new RuleUse { Id = use.Id };
        }
    }
}

internal static class RuleUseCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<RuleUse> RuleUses => db.Collection<RuleUse>(RuleUse.Collection);
    }
}
