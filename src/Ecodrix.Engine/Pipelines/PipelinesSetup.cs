using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Pipelines;

internal static class PipelinesSetup
{
    public static IServiceCollection AddPipelines(this IServiceCollection services) => services
        .AddSingleton(Pipeline.Indexes)
        .AddSingleton<PipelineWrites>()
        .AddSingleton<DefaultPipeline>()
        .AddSingleton<StageMigration>()
        .AddSingleton<IJobHandler, StageSweep>()
        .AddOperation<PipelineDesign>()
        .AddOperation<StageDesign>()
        .AddOperation<PipelineFigures>();
}
