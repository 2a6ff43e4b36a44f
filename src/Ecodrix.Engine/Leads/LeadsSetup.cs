using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Leads;

internal static class LeadsSetup
{
    public static IServiceCollection AddLeads(this IServiceCollection services) => services
        .AddSingleton(Lead.Indexes)
        .AddOperation<LeadIntake>()
        .AddOperation<LeadEdits>()
        .AddOperation<LeadMoves>()
        .AddOperation<LeadSearch>();
}
