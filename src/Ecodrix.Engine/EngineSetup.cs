using Ecodrix.Engine.Analytics;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Email;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Monitoring;
using Ecodrix.Engine.Notifications;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.SavedViews;
using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ecodrix.Engine;

/// <summary>Registers the engine.</summary>
public static class EngineSetup
{
    /// <summary>Adds every feature. The host adds Data Protection and, for several nodes, another <see cref="ILiveBus"/>.</summary>
    public static IServiceCollection AddEcodrixEngine(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILiveBus, InProcessLiveBus>();
        services.AddOperation<ControlDatabase>();
        return services
            .AddTenants()
            .AddPeople()
            .AddJobs()
            .AddPipelines()
            .AddLeads()
            .AddTimeline()
            .AddScoring()
            .AddAnalytics()
            .AddTriggers()
            .AddAutomations()
            .AddNotifications()
            .AddSavedViews()
            .AddCallbacks()
            .AddEmail()
            .AddMeetings()
            .AddMedia()
            .AddWhatsApp()
            .AddMonitoring();
    }
}
