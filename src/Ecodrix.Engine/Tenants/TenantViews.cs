using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Tenants;

/// <summary>A tenant to be made.</summary>
public sealed record NewClient
{
    /// <summary>What people call it, 1–100 characters.</summary>
    public string? Name { get; init; }

    /// <summary>3–32 of <c>a-z0-9-</c>, unique, fixed for life; made from the name when absent.</summary>
    public string? Code { get; init; }

    /// <summary>ISO 3166 alpha-2, in which phone numbers without <c>+</c> are read. IN when absent.</summary>
    public string? DefaultCountry { get; init; }

    /// <summary>ISO 4217. INR when absent.</summary>
    public string? Currency { get; init; }

    /// <summary>IANA time zone, in which days begin. Asia/Kolkata when absent.</summary>
    public string? TimeZone { get; init; }
}

/// <summary>Changes to a tenant; absent fields stay.</summary>
public sealed record ClientChanges
{
    /// <summary>A new name.</summary>
    public Optional<string?> Name { get; init; }

    /// <summary>A new default country.</summary>
    public Optional<string?> DefaultCountry { get; init; }

    /// <summary>A new currency.</summary>
    public Optional<string?> Currency { get; init; }

    /// <summary>A new time zone.</summary>
    public Optional<string?> TimeZone { get; init; }

    /// <summary>New request limits; null goes back to the defaults.</summary>
    public Optional<RateLimitChanges?> RateLimits { get; init; }

    /// <summary>True lets its automations wait: events are accepted and go on when it is false again.</summary>
    public Optional<bool?> AutomationsPaused { get; init; }

    /// <summary>True lets only people with a second factor open it, platform staff included; those who have none set one up first.</summary>
    public Optional<bool?> RequireTwoFactor { get; init; }

    /// <summary>How long logs are kept; null goes back to the defaults.</summary>
    public Optional<RetentionChanges?> Retention { get; init; }

    /// <summary>After how many days in the same stage an open deal counts as stale, 1–365; null goes back to 14.</summary>
    public Optional<int?> StaleDays { get; init; }
}

/// <summary>Days to keep logs; an absent one stays.</summary>
/// <param name="EventDays">Ended events, 1–3,650 days.</param>
/// <param name="CallbackDays">Ended callbacks, 1–3,650 days.</param>
public sealed record RetentionChanges(int? EventDays = null, int? CallbackDays = null);

/// <summary>How long logs are kept. What has not ended is kept until it has.</summary>
/// <param name="EventDays">Ended events, in days.</param>
/// <param name="CallbackDays">Ended callbacks, in days.</param>
public sealed record RetentionView(int EventDays, int CallbackDays);

/// <summary>Request limits to set; an absent one stays.</summary>
/// <param name="TriggerPerMinute">Triggers per minute, 1–100,000.</param>
/// <param name="DefaultPerMinute">All other requests per minute, 1–1,000,000.</param>
public sealed record RateLimitChanges(int? TriggerPerMinute = null, int? DefaultPerMinute = null);

/// <summary>Request limits in force.</summary>
/// <param name="TriggerPerMinute">Triggers per minute.</param>
/// <param name="DefaultPerMinute">All other requests per minute.</param>
public sealed record RateLimitView(int TriggerPerMinute, int DefaultPerMinute);

/// <summary>A tenant as administration sees it: no secret, no key.</summary>
public sealed record ClientView
{
    /// <summary>The client code.</summary>
    public required string ClientCode { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required TenantStatus Status { get; init; }

    /// <summary>ISO 3166 alpha-2.</summary>
    public required string DefaultCountry { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>IANA time zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Request limits in force.</summary>
    public required RateLimitView RateLimits { get; init; }

    /// <summary>Since when its automations wait; null when they run.</summary>
    public DateTime? AutomationsPausedAt { get; init; }

    /// <summary>Whether its automations wait.</summary>
    public bool AutomationsPaused => AutomationsPausedAt is not null;

    /// <summary>Whether only people with a second factor may open it.</summary>
    public bool RequireTwoFactor { get; init; }

    /// <summary>How long logs are kept.</summary>
    public required RetentionView Retention { get; init; }

    /// <summary>After how many days in the same stage an open deal counts as stale.</summary>
    public required int StaleDays { get; init; }

    /// <summary>Where its data lives: <c>platform</c>, or <c>own</c> with its own MongoDB.</summary>
    public required string Datasource { get; init; }

    /// <summary>Names of the secrets that are set.</summary>
    public required IReadOnlyList<string> SecretNames { get; init; }

    /// <summary>Keys that work now.</summary>
    public required int ActiveKeys { get; init; }

    /// <summary>Browser origins that may call.</summary>
    public required IReadOnlyList<string> Origins { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTime UpdatedAt { get; init; }

    internal static ClientView Of(Tenant tenant, DateTime now) => new()
    {
        ClientCode = tenant.Code,
        Name = tenant.Name,
        Status = tenant.Status,
        DefaultCountry = tenant.Country,
        Currency = tenant.Currency,
        TimeZone = tenant.TimeZone,
        RateLimits = new RateLimitView(tenant.TriggerPerMinute, tenant.DefaultPerMinute),
        AutomationsPausedAt = tenant.AutomationsPausedAt,
        RequireTwoFactor = tenant.RequireTwoFactor,
        Retention = new RetentionView(tenant.EventDays, tenant.CallbackDays),
        StaleDays = tenant.StaleDays,
        Datasource = tenant.DatasourceUri is null ? "platform" : "own",
        SecretNames = [.. tenant.Secrets.Keys.Order(StringComparer.Ordinal)],
        ActiveKeys = tenant.Keys.Count(k => k.WorksAt(now)),
        Origins = tenant.Origins,
        CreatedAt = tenant.CreatedAt,
        UpdatedAt = tenant.UpdatedAt,
    };
}

/// <summary>A tenant just made, with the only sight of its first key.</summary>
/// <param name="ClientCode">The client code.</param>
/// <param name="ApiKey">The key, shown this once.</param>
/// <param name="Client">The tenant.</param>
public sealed record NewClientView(string ClientCode, string ApiKey, ClientView Client);
