using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>The part of a filter that asks what a lead was and when: it finds the records behind a figure of a report.</summary>
internal static class LeadPast
{
    private static readonly FilterDefinitionBuilder<Lead> Where = Builders<Lead>.Filter;
    private static readonly FilterDefinitionBuilder<StageVisit> Visit = Builders<StageVisit>.Filter;

    /// <summary>The conditions asked for; faults go to <paramref name="check"/>.</summary>
    public static List<FilterDefinition<Lead>> Read(Check check, TenantScope scope, LeadFilter filter)
    {
        var zone = scope.Settings.TimeZone;
        var created = DateRange.Read(check, filter.CreatedFrom, filter.CreatedTo, zone, "createdFrom", "createdTo");
        var closed = DateRange.Read(check, filter.ClosedFrom, filter.ClosedTo, zone, "closedFrom", "closedTo");
        var still = DateRange.Read(check, null, filter.InStageSince, zone, "inStageSince", "inStageSince");
        var left = DateRange.Read(check, filter.LeftFrom, filter.LeftTo, zone, "leftFrom", "leftTo");
        var open = DateRange.Read(check, null, filter.OpenOn, zone, "openOn", "openOn");
        check.That(
            !string.IsNullOrEmpty(filter.LeftStageId) || (string.IsNullOrEmpty(filter.LeftFrom) && string.IsNullOrEmpty(filter.LeftTo)),
            "leftStageId", "leftFrom and leftTo say when a stage was left: name it with leftStageId.");

        List<FilterDefinition<Lead>> all = [created.On<Lead>(l => l.CreatedAt), closed.On<Lead>(l => l.ClosedAt), still.On<Lead>(l => l.StageEnteredAt)];
        if (open.Until is { } until)
        {
            all.Add(Where.Lt(l => l.CreatedAt, until) & (Where.Eq(l => l.Status, LeadStatus.Open) | Where.Gte(l => l.ClosedAt, until)));
        }

        if (filter.BeenIn?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } stages)
        {
            all.Add(Where.In("stageHistory.stageId", stages.Select(s => Ids.Parse(s, "beenIn"))));
        }

        if (Ids.ParseOptional(filter.LeftStageId, "leftStageId") is { } stage)
        {
            all.Add(Where.ElemMatch(l => l.StageHistory, Visit.Eq(v => v.StageId, stage) & Visit.Ne(v => v.LeftAt, null) & left.On<StageVisit>(v => v.LeftAt)));
        }

        return all;
    }
}
