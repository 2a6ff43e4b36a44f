using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Leads;

internal static class LeadsSetup
{
    public static IServiceCollection AddLeads(this IServiceCollection services) => services
        .AddSingleton(Lead.Indexes)
        .AddSingleton(SeenField.Indexes)
        .AddSingleton(Import.Indexes)
        .AddSingleton(MergedLead.Indexes)
        .AddSingleton<LeadWrites>()
        .AddSingleton<ImportPlanner>()
        .AddSingleton<ImportUndo>()
        .AddSingleton<IJobHandler, BulkJob>()
        .AddSingleton<IJobHandler, SilenceJob>()
        .AddSingleton<IJobHandler, MergedJob>()
        .AddOperation<LeadFields>()
        .AddOperation<LeadIntake>()
        .AddOperation<LeadEdits>()
        .AddOperation<LeadMoves>()
        .AddOperation<LeadSearch>()
        .AddOperation<LeadBulk>()
        .AddOperation<LeadExport>()
        .AddOperation<LeadErasure>()
        .AddOperation<LeadMerge>()
        .AddOperation<LeadImport>()
        .AddOperation<SilenceScan>();
}
