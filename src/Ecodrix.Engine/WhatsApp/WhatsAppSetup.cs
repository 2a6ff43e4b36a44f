using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Engine.WhatsApp.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.WhatsApp;

internal static class WhatsAppSetup
{
    public static IServiceCollection AddWhatsApp(this IServiceCollection services)
    {
        services.AddOptions<WhatsAppOptions>().BindConfiguration("Ecodrix:WhatsApp").ValidateDataAnnotations().ValidateOnStart();
        services.AddHttpClient(GraphClient.HttpName, client => client.Timeout = TimeSpan.FromSeconds(30))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2), ConnectTimeout = TimeSpan.FromSeconds(10) })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        return services
            .AddSingleton(Conversation.Indexes)
            .AddSingleton(Message.Indexes)
            .AddSingleton<IWhatsApp, GraphClient>()
            .AddSingleton<Threads>()
            .AddSingleton<MessageDrafts>()
            .AddSingleton<MessageSending>()
            .AddSingleton<InboundMessages>()
            .AddSingleton<IJobHandler, WebhookJob>()
            .AddOperation<WebhookIntake>();
    }
}
