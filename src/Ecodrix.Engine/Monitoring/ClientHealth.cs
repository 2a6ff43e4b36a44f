using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Tenants.Checklist;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Driver;

namespace Ecodrix.Engine.Monitoring;

/// <summary>How a tenant's services stand.</summary>
public sealed record ClientHealthView
{
    /// <summary>The client code.</summary>
    public required string ClientCode { get; init; }

    /// <summary>whatsapp, email, googleMeet: connected, configured, not_configured or error.</summary>
    public required IReadOnlyDictionary<string, string> Services { get; init; }

    /// <summary>Rules in force.</summary>
    public required long ActiveAutomations { get; init; }

    /// <summary>Jobs that wait or run.</summary>
    public required long QueueDepth { get; init; }

    /// <summary>How long the oldest job that is due has waited, in seconds; null when none waits.</summary>
    public double? OldestJobSeconds { get; init; }

    /// <summary>Jobs given up in the last week.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Whether automations are paused.</summary>
    public bool AutomationsPaused { get; init; }

    /// <summary>The reason for each service that is not in order.</summary>
    public required IReadOnlyDictionary<string, string> Details { get; init; }
}

/// <summary>Looks at what a tenant has set up and whether it works.</summary>
public sealed class ClientHealth
{
    private static readonly string[] WhatsAppSecrets = [SecretCatalogue.WhatsAppToken, SecretCatalogue.WhatsAppPhoneNumberId];
    private static readonly string[] EmailSecrets = ["smtpHost", "smtpPort", "smtpFrom"];
    private static readonly string[] MeetSecrets = ["googleClientId", "googleClientSecret"];

    private readonly JobMonitoring _jobs;
    private readonly Traffic _traffic;
    private readonly ProbeMemory _probes;

    internal ClientHealth(JobMonitoring jobs, Traffic traffic, ProbeMemory probes)
    {
        _probes = probes;
        _jobs = jobs;
        _traffic = traffic;
    }

    /// <summary>The tenant's health now. A service counts as connected once the last message through it was taken, or its onboarding check worked.</summary>
    public async Task<ClientHealthView> LookAsync(TenantScope scope, CancellationToken ct)
    {
        var services = new Dictionary<string, string>();
        var details = new Dictionary<string, string>();
        var whatsapp = Configured(scope, WhatsAppSecrets, "whatsapp", services, details);
        Configured(scope, EmailSecrets, "email", services, details);
        Configured(scope, MeetSecrets, "googleMeet", services, details);
        if (whatsapp && await _traffic.LastSendAsync(scope, ct) is { } last)
        {
            services["whatsapp"] = last.Error is null ? "connected" : "error";
            if (last.Error is { } error)
            {
                details["whatsapp"] = error;
            }
        }

        var queue = await _jobs.QueueAsync(scope, ct);
        if (services["googleMeet"] == "configured")
        {
            var google = scope.Tenant.Google;
            services["googleMeet"] = google?.NeedsReconnect == true ? "error" : "configured";
            details["googleMeet"] = google is null ? "No Google account has been connected yet." : google.NeedsReconnect ? "Google no longer accepts the consent. Reconnect Google." : "";
        }

        foreach (var (service, found) in await _probes.RecallAsync(scope, ct))
        {
            Overlay(service, found.State, found.Cause, services, details);
        }

        foreach (var service in details.Where(d => d.Value.Length == 0).Select(d => d.Key).ToList())
        {
            details.Remove(service);
        }

        return new ClientHealthView
        {
            ClientCode = scope.Code,
            Services = services,
            ActiveAutomations = await scope.Db.Rules.CountDocumentsAsync(r => r.Enabled, null, ct),
            QueueDepth = queue.Waiting + queue.Running,
            OldestJobSeconds = queue.OldestDueSeconds,
            DeadLetters = queue.DeadLetters,
            AutomationsPaused = scope.AutomationsPausedAt is not null,
            Details = details,
        };
    }

    /// <summary>What the last check of a service found, where nothing newer and truer is known.</summary>
    private static void Overlay(string service, CheckState state, string cause, Dictionary<string, string> services, Dictionary<string, string> details)
    {
        if (services.GetValueOrDefault(service) != "configured")
        {
            return;
        }

        if (state == CheckState.Failing)
        {
            services[service] = "error";
            details[service] = cause;
        }
        else if (state == CheckState.Done)
        {
            services[service] = "connected";
            details.Remove(service);
        }
    }

    private static bool Configured(TenantScope scope, string[] needed, string service, Dictionary<string, string> services, Dictionary<string, string> details)
    {
        var missing = needed.Where(n => scope.Secret(n) is null).ToList();
        services[service] = missing.Count == 0 ? "configured" : "not_configured";
        if (missing.Count > 0)
        {
            details[service] = $"Missing: {string.Join(", ", missing)}.";
        }

        return missing.Count == 0;
    }
}

internal static class MonitoringSetup
{
    public static IServiceCollection AddMonitoring(this IServiceCollection services) =>
        services.AddSingleton<Traffic>().AddOperation<ClientHealth>();
}
