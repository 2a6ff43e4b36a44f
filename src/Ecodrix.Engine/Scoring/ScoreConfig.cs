using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Bson.Serialization.Attributes;
using MongoDB.Driver;

namespace Ecodrix.Engine.Scoring;

/// <summary>How a tenant scores its leads; there is one such document, or none until somebody sets it.</summary>
internal sealed class ScoreConfig
{
    public const string Collection = "scoring";
    public const string OnlyId = "config";

    [BsonId]
    public string Id { get; set; } = OnlyId;

    /// <summary>At this score and above a lead is hot.</summary>
    public int HotThreshold { get; set; } = 70;

    /// <summary>Below this score a lead is cold.</summary>
    public int ColdThreshold { get; set; } = 20;

    public List<ScoreRule> Rules { get; set; } = [];

    /// <summary>Client triggers after which a lead is scored again.</summary>
    public List<string> RecalculateOnTriggers { get; set; } = [];

    public int Version { get; set; }

    public DateTime? UpdatedAt { get; set; }
}

/// <summary>Points for a lead for which a comparison holds.</summary>
internal sealed class ScoreRule
{
    public required string Field { get; set; }

    public required string Operator { get; set; }

    public BsonValue Value { get; set; } = BsonNull.Value;

    public int Score { get; set; }

    /// <summary>The rule as people read it.</summary>
    [BsonIgnore]
    public string Text => Operator is "exists" or "not_exists" ? $"{Field} {Operator}" : $"{Field} {Operator} {Comparison.Show(Value)}";
}

/// <summary>Which rule gave a lead which points.</summary>
internal sealed class ScorePart
{
    public required string Rule { get; set; }

    public int Score { get; set; }
}

/// <summary>One change of a lead's score.</summary>
internal sealed class ScoreChange
{
    public DateTime At { get; set; }

    public int From { get; set; }

    public int To { get; set; }

    public required string Why { get; set; }
}

internal static class ScoringCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<ScoreConfig> Scoring => db.Collection<ScoreConfig>(ScoreConfig.Collection);
    }
}
