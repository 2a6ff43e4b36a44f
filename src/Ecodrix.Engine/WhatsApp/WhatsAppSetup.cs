using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Engine.WhatsApp.Templates;
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
        services.AddSingleton<IWhatsApp, GraphClient>();
        return services.AddInbox().AddOutgoing().AddWebhooks().AddTemplates().AddBroadcasts();
    }

    private static IServiceCollection AddInbox(this IServiceCollection services) => services
        .AddSingleton(Conversation.Indexes)
        .AddSingleton(Message.Indexes)
        .AddSingleton(CannedReply.Indexes)
        .AddSingleton<Threads>()
        .AddSingleton<InboxFeed>()
        .AddSingleton<ConversationOwners>()
        .AddSingleton<OptOuts>()
        .AddSingleton<IJobHandler, SnoozeJob>()
        .AddSingleton<IJobHandler, ReadReceiptJob>()
        .AddOperation<ChatPreferences>()
        .AddOperation<ConversationSearch>()
        .AddOperation<ConversationEdits>()
        .AddOperation<ConversationPresence>()
        .AddOperation<MessageSearch>()
        .AddOperation<MessageMarks>()
        .AddOperation<CannedReplies>();

    private static IServiceCollection AddOutgoing(this IServiceCollection services) => services
        .AddSingleton<MessageDrafts>()
        .AddSingleton<GraphBody>()
        .AddSingleton<NumberPace>()
        .AddSingleton<Reconciliation>()
        .AddSingleton<OwnNumbers>()
        .AddSingleton<MessageStatuses>()
        .AddSingleton<MessageSending>()
        .AddSingleton<MessageReopening>()
        .AddSingleton<IJobHandler, SendJob>()
        .AddOperation<ChatSending>();

    private static IServiceCollection AddWebhooks(this IServiceCollection services) => services
        .AddSingleton(AccountNotice.Indexes)
        .AddSingleton(StoredWebhook.Indexes)
        .AddSingleton<WebhookStore>()
        .AddSingleton<ContactChanges>()
        .AddSingleton<InboundMessages>()
        .AddSingleton<NewContacts>()
        .AddSingleton<InboundBatch>()
        .AddSingleton<StatusUpdates>()
        .AddSingleton<IJobHandler, WebhookJob>()
        .AddSingleton<IJobHandler, InboundMediaJob>()
        .AddOperation<AccountUpdates>()
        .AddOperation<WebhookIntake>();

    private static IServiceCollection AddTemplates(this IServiceCollection services) => services
        .AddSingleton(Template.Indexes)
        .AddSingleton<TemplateFilling>()
        .AddSingleton<IJobHandler, TemplateSyncJob>()
        .AddOperation<MappableCollections>()
        .AddOperation<TemplateSync>()
        .AddOperation<TemplateSyncRound>()
        .AddOperation<TemplateMappings>();

    private static IServiceCollection AddBroadcasts(this IServiceCollection services) => services
        .AddSingleton(Broadcast.Indexes)
        .AddSingleton(BroadcastRecipient.Indexes)
        .AddSingleton<BroadcastPlanning>()
        .AddSingleton<BroadcastSlice>()
        .AddSingleton<BroadcastTally>()
        .AddSingleton<IJobHandler>(p => p.GetRequiredService<BroadcastTally>())
        .AddSingleton<IJobHandler, BroadcastRun>()
        .AddOperation<BroadcastLaunch>()
        .AddOperation<BroadcastControl>()
        .AddOperation<BroadcastSearch>();
}
