using MongoDB.Bson;

namespace Ecodrix.Engine.Automations;

/// <summary>Where a fact is, by the name rules use: any lead field, <c>metadata.*</c>, <c>variables.*</c>, <c>data.*</c>.</summary>
internal readonly struct FactPath
{
    private readonly string[] _path;
    private readonly bool _ofLead;

    public FactPath(string field)
    {
        _path = field.Split('.');
        _ofLead = _path[0] is not ("variables" or "data" or "lead" or "meet" or "tenant" or "trigger");
    }

    /// <summary>The fact; null where there is none.</summary>
    public BsonValue Find(BsonDocument facts)
    {
        if (!_ofLead)
        {
            return Walk(facts, _path);
        }

        var lead = facts.GetValue("lead", BsonNull.Value);
        var found = Walk(lead, _path);
        if (found.IsBsonNull && _path[0] == "metadata" && _path.Length > 1)
        {
            // metadata.plan without saying which half it is in.
            var metadata = Walk(lead, _path.AsSpan(0, 1));
            var rest = _path.AsSpan(1);
            found = Walk(Walk(metadata, ["refs"]), rest);
            found = found.IsBsonNull ? Walk(Walk(metadata, ["extra"]), rest) : found;
        }

        return found;
    }

    private static BsonValue Walk(BsonValue value, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            value = value switch
            {
                BsonDocument document => document.GetValue(name, BsonNull.Value),
                BsonArray array when int.TryParse(name, out var at) && at >= 0 && at < array.Count => array[at],
                _ => BsonNull.Value,
            };
        }

        return value;
    }
}
