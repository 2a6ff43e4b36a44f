using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Triggers;

namespace Ecodrix.App.Pages.Shared;

/// <summary>Which rules a move to another stage would set off.</summary>
internal static class MoveEffects
{
    /// <summary>The names of the enabled rules that would hear of it.</summary>
    /// <param name="rules">The tenant's rules.</param>
    /// <param name="pipelineId">The pipeline of the stage.</param>
    /// <param name="to">The stage.</param>
    /// <param name="from">The id of the stage that is left, where it is one.</param>
    public static IEnumerable<string> Of(IEnumerable<RuleView> rules, string pipelineId, StageView to, string? from) => rules
        .Where(r => r.Enabled && r.Trigger switch
        {
            Trigger.StageEnter => Concerns(r, pipelineId, to.Id),
            Trigger.StageExit => from is null ? true : Concerns(r, pipelineId, from),
            Trigger.DealWon => to.IsWon,
            Trigger.DealLost => to.IsLost,
            _ => false,
        })
        .Select(r => r.Name);

    private static bool Concerns(RuleView rule, string pipelineId, string stageId) =>
        (rule.TriggerConfig["stageId"]?.ToString() is not { Length: > 0 } stage || stage == stageId)
        && (rule.TriggerConfig["pipelineId"]?.ToString() is not { Length: > 0 } pipeline || pipeline == pipelineId);
}
