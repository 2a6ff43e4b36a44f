using Ecodrix.Engine.Automations.Actions;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Automations;

internal static class AutomationsSetup
{
    public static IServiceCollection AddAutomations(this IServiceCollection services) => services
        .AddSingleton(Rule.Indexes)
        .AddSingleton<RuleBook>()
        .AddSingleton<RuleActions>()
        .AddSingleton<IRuleAction, SendWhatsapp>()
        .AddSingleton<IRuleAction, SendEmail>()
        .AddSingleton<IRuleAction, AddTag>()
        .AddSingleton<IRuleAction, RemoveTag>()
        .AddSingleton<IRuleAction, MoveStage>()
        .AddSingleton<IRuleAction, AssignTo>()
        .AddSingleton<IRuleAction, CreateNote>()
        .AddSingleton<IRuleAction, WaitUntil>()
        .AddSingleton<IJobHandler, ActionJob>()
        .AddOperation<RuleDesign>();
}
