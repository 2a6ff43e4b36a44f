using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Pipelines;

internal static class PipelineRefusals
{
    public static RefusedException NotFound(string pipelineId) =>
        new(RefusalKind.NotFound, "PIPELINE_NOT_FOUND", $"There is no pipeline {pipelineId}.");

    public static RefusedException StageNotFound(string? stageId) =>
        new(RefusalKind.NotFound, "STAGE_NOT_FOUND", $"There is no stage {stageId}.");

    public static RefusedException NameTaken(string name) =>
        new(RefusalKind.Conflict, "NAME_TAKEN", $"The name \"{name}\" is taken. Choose another.", new { name });

    public static RefusedException IsDefault(string pipelineId) =>
        new(RefusalKind.Conflict, "DEFAULT_PIPELINE", "The default pipeline cannot be archived. Make another one the default first.", new { pipelineId });

    public static RefusedException StageHasLeads(string stageId, long count) =>
        new(RefusalKind.Conflict, "STAGE_HAS_LEADS", $"{count} leads are in this stage. Say with moveLeadsToStageId where they go.", new { stageId, leadCount = count });

    public static RefusedException LastStage(string stageId) =>
        new(RefusalKind.Conflict, "LAST_STAGE", "A pipeline needs at least one stage.", new { stageId });
}
