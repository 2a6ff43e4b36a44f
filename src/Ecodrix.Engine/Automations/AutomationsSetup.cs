using Ecodrix.Engine.Automations.Actions;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Automations;

internal static class AutomationsSetup
{
    public static IServiceCollection AddAutomations(this IServiceCollection services) => services
        .AddSingleton(Rule.Indexes)
        .AddSingleton(RuleUse.Indexes)
        .AddSingleton<RuleBook>()
        .AddSingleton<RuleLimits>()
        .AddSingleton<ActionPlanning>()
        .AddSingleton<RuleActions>()
        .AddSingleton<IRuleAction, SendWhatsapp>()
        .AddSingleton<IRuleAction, SendEmail>()
        .AddSingleton<IRuleAction, AddTag>()
        .AddSingleton<IRuleAction, RemoveTag>()
        .AddSingleton<IRuleAction, MoveStage>()
        .AddSingleton<IRuleAction, AssignTo>()
        .AddSingleton<IRuleAction, CreateNote>()
        .AddSingleton<IRuleAction, WaitUntil>()
        .AddSingleton<IRuleAction, SetField>()
        .AddSingleton<IRuleAction, HttpRequest>()
        .AddSingleton<IRuleAction, NotifyUser>()
        .AddSingleton<IJobHandler, ActionJob>()
        .AddOperation<RuleDryRun>()
        .AddOperation<RuleDesign>();
}
