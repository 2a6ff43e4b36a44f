using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>One type of action a rule may take. Safe to repeat: what it makes has the action's id.</summary>
internal interface IRuleAction
{
    /// <summary>Its name in rules.</summary>
    string Type { get; }

    /// <summary>Notes what is wrong with a configuration.</summary>
    /// <param name="check">Where to note it.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="at">The prefix of field names.</param>
    void Check(Check check, BsonDocument config, string at);

    /// <summary>Whether it may look at the lead as it is now; if not, the lead is not read, and stands neither in the run nor in its facts.</summary>
    bool NeedsLead(BsonDocument config) => true;

    /// <summary>Does it. A <see cref="RefusedException"/> fails it for good, any other exception is retried.</summary>
    Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct);

    /// <summary>Says what it would do, and what would stand in its way. Changes nothing and calls nobody.</summary>
    async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct) => new(await run.RenderAllAsync(ct));
}

/// <summary>What an action would do.</summary>
/// <param name="Input">Its configuration, rendered.</param>
internal sealed record ActionPreview(BsonDocument Input)
{
    /// <summary>Whom it would reach, where it reaches somebody.</summary>
    public string? To { get; init; }

    /// <summary>How what it would send reads.</summary>
    public string? Text { get; init; }

    /// <summary>What would stand in its way.</summary>
    public IReadOnlyList<Obstacle> Obstacles { get; init; } = [];
}

/// <summary>Something that would keep an action from being done.</summary>
/// <param name="Code">A stable code, for example <c>NO_PHONE</c>.</param>
/// <param name="Message">What it is and what to do.</param>
public sealed record Obstacle(string Code, string Message)
{
    internal static Obstacle NoLead { get; } = new("NO_LEAD", "The event has no lead.");
}

/// <summary>An action about to be taken.</summary>
/// <param name="Scope">The tenant, on behalf of the rule and caused by the event.</param>
/// <param name="Event">The event.</param>
/// <param name="Action">The action's trace.</param>
/// <param name="Lead">The lead as it is now; null when the event has none.</param>
/// <param name="Facts">What templates may refer to.</param>
internal sealed record ActionRun(TenantScope Scope, EventLog Event, ActionTrace Action, Lead? Lead, BsonDocument Facts)
{
    /// <summary>A text of the configuration, rendered.</summary>
    public ValueTask<string> RenderAsync(string name, CancellationToken ct) =>
        LiquidText.RenderAsync(Action.Config.GetValue(name, "").ToString()!, Facts, LiquidEncoding.Plain, ct);

    /// <summary>The whole configuration with its texts rendered.</summary>
    public async Task<BsonDocument> RenderAllAsync(CancellationToken ct)
    {
        var input = new BsonDocument();
        foreach (var (name, value) in Action.Config.Select(e => (e.Name, e.Value)))
        {
            input[name] = value.IsString ? await RenderAsync(name, ct) : value;
        }

        return input;
    }

    /// <summary>The lead's id, where there is a lead.</summary>
    public string LeadId => Lead!.Id.ToString();
}

/// <summary>How an attempt at an action ended.</summary>
internal abstract record ActionOutcome
{
    private ActionOutcome()
    {
    }

    /// <summary>It ended.</summary>
    internal sealed record Ended(ActionEnd End) : ActionOutcome;

    /// <summary>It shall be tried again at a time.</summary>
    internal sealed record Later(DateTime At, string? Why, bool CountsAsAttempt, ActionEnd? SoFar) : ActionOutcome;

    public static ActionOutcome Done(BsonDocument? input = null, BsonDocument? output = null) =>
        new Ended(new ActionEnd(ActionStatus.Completed) { Input = input, Output = output });

    /// <param name="why">Why it is not done.</param>
    /// <param name="input">What would have been done.</param>
    /// <param name="code">The code of the reason: what helps depends on it.</param>
    public static ActionOutcome Skip(string why, BsonDocument? input = null, string? code = null) =>
        new Ended(new ActionEnd(ActionStatus.Skipped) { Error = why, ErrorCode = code, Input = input });

    /// <param name="code">The code of the reason: what helps depends on it.</param>
    /// <param name="why">What went wrong.</param>
    /// <param name="input">What was tried.</param>
    public static ActionOutcome Fail(string code, string why, BsonDocument input) =>
        new Ended(new ActionEnd(ActionStatus.Failed) { Error = why, ErrorCode = code, Input = input });
}

/// <summary>All types of actions.</summary>
internal sealed class RuleActions(IEnumerable<IRuleAction> actions)
{
    private readonly Dictionary<string, IRuleAction> _byType = actions.ToDictionary(a => a.Type);

    public IReadOnlyCollection<string> Types => _byType.Keys;

    public IRuleAction? Find(string type) => _byType.GetValueOrDefault(type);
}

/// <summary>Checks that several actions share.</summary>
internal static class ActionChecks
{
    /// <summary>A text that must be there and, as Liquid, be readable.</summary>
    public static void RequireText(this Check check, BsonDocument config, string name, string at, int max)
    {
        var text = config.GetValue(name, BsonNull.Value) is BsonString { Value: var value } && !string.IsNullOrWhiteSpace(value) ? value : null;
        check.That(text is not null, at + name, $"{at}{name} is required.");
        check.That(text is null || text.Length <= max, at + name, $"{at}{name} may have at most {max} characters.");
        check.That(text is null || LiquidText.Fault(text) is null, at + name, $"{at}{name} is not a readable template: {(text is null ? "" : LiquidText.Fault(text))}");
    }
}
