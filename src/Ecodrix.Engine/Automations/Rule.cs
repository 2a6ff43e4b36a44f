using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Automations;

/// <summary>An automation rule: when a trigger fires and the condition holds, do these actions in order.</summary>
internal sealed class Rule
{
    public const string Collection = "automations";

    private RuleCondition? _judging;

    public ObjectId Id { get; set; }

    public required string Name { get; set; }

    public required string Trigger { get; set; }

    public BsonDocument TriggerConfig { get; set; } = [];

    public BsonDocument? Condition { get; set; }

    public List<RuleStep> Actions { get; set; } = [];

    public bool Enabled { get; set; }

    public bool StopOnError { get; set; }

    public RuleLimit? Limits { get; set; }

    public int Version { get; set; }

    public DateTime CreatedAt { get; set; }

    public DateTime UpdatedAt { get; set; }

    /// <summary>The condition, read once; null without one.</summary>
    public RuleCondition? Judging => Condition is null ? null : _judging ??= RuleCondition.Parse(Condition);

    /// <summary>Whether matching it calls off what is pending under the event's correlation key.</summary>
    public bool CancelsPending => TriggerConfig.TryGetValue("cancelPending", out var value) && value == BsonBoolean.True;

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("enabled", "trigger"), IndexModel.On("-_id"));
}

/// <summary>One action of a rule.</summary>
internal sealed class RuleStep
{
    public required string Type { get; set; }

    public int DelayMinutes { get; set; }

    public BsonDocument Config { get; set; } = [];
}

internal static class AutomationCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Rule> Rules => db.Collection<Rule>(Rule.Collection);
    }
}
