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
}
