using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants.Checklist;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

internal static class TenantsSetup
{
    public static IServiceCollection AddTenants(this IServiceCollection services)
    {
        services.AddOptions<MongoOptions>().BindConfiguration("Ecodrix:Mongo").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<PlatformOptions>().BindConfiguration("Ecodrix");
        services.AddSingleton<MongoClusters>();
        services.AddSingleton<ControlDb>();
        services.AddSingleton<SecretBox>();
        services.AddSingleton(p => new TenantDirectory(
            p.GetRequiredService<ControlDb>(), p.GetRequiredService<MongoClusters>(), p.GetRequiredService<SecretBox>(),
            p.GetServices<CollectionIndexes>(), p.GetServices<RetainedLog>(), p.GetRequiredService<AuditLog>(), p.GetRequiredService<TimeProvider>()));
        services.AddOperation<PlatformAccess>();
        services.AddOperation<TenantOnboarding>();
        services.AddOperation<TenantSecrets>();
        services.AddOperation<TenantKeys>();
        services.AddOperation<TenantOrigins>();
        services.AddOperation<TenantDatasource>();
        services.AddOperation<IdempotencyLedger>();
        services.AddHttpClient(ServiceProbes.HttpName, client => client.Timeout = TimeSpan.FromSeconds(10))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(1) })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        services.AddSingleton<ServiceProbes>();
        services.AddSingleton<CallbackProbe>();
        services.AddSingleton<ProbeMemory>();
        services.AddOperation<OnboardingChecklist>();
        services.AddSingleton(TenantOnboarding.Indexes);
        services.AddSingleton(IdempotencyLedger.Indexes);
        return services;
    }
}

/// <summary>Prepares the control database.</summary>
public sealed class ControlDatabase
{
    private readonly ControlDb _control;
    private readonly IEnumerable<ControlIndexes> _indexes;

    internal ControlDatabase(ControlDb control, IEnumerable<ControlIndexes> indexes)
    {
        _control = control;
        _indexes = indexes;
    }

    /// <summary>Brings the control database's indexes up to the declarations; call once at start, before anything else.</summary>
    public Task EnsureIndexesAsync(CancellationToken ct) =>
        IndexModel.EnsureAsync(_control.Database, _indexes, ct);

    /// <summary>Whether the database answers, within the driver's selection time-out.</summary>
    public async Task<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            await _control.Database.RunCommandAsync<MongoDB.Bson.BsonDocument>(new MongoDB.Bson.BsonDocument("ping", 1), null, ct);
            return true;
        }
        catch (Exception e) when (e is MongoException or TimeoutException)
        {
            return false;
        }
    }
}
