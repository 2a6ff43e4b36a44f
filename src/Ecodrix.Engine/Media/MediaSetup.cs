using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Media;

internal static class MediaSetup
{
    public static IServiceCollection AddMedia(this IServiceCollection services)
    {
        services.AddOptions<MediaOptions>().BindConfiguration("Ecodrix").ValidateDataAnnotations().ValidateOnStart();
        services.AddHttpClient(S3FileStore.HttpName)
            .ConfigurePrimaryHttpMessageHandler(p => p.GetRequiredService<OutboundAddresses>().Handler())
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        return services
            .AddSingleton(MediaFile.Indexes)
            .AddSingleton<DiskFileStore>()
            .AddSingleton<ITenantBelongings>(p => p.GetRequiredService<DiskFileStore>())
            .AddSingleton<S3FileStore>()
            .AddSingleton<FileStores>()
            .AddSingleton<MediaLinks>()
            .AddSingleton<MediaErasure>()
            .AddSingleton<IJobHandler, MediaErasureJob>()
            .AddSingleton<ClipPress>()
            .AddOperation<MediaUpload>()
            .AddOperation<MediaDelivery>();
    }
}
