using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.Tenants;

/// <summary>What kind of someone acts.</summary>
public enum ActorKind
{
    /// <summary>The platform itself: a job, a scan, a webhook from Meta.</summary>
    System,

    /// <summary>A client server with an API key.</summary>
    ApiKey,

    /// <summary>A person of the platform.</summary>
    Staff,

    /// <summary>A person of the tenant.</summary>
    Agent,

    /// <summary>An automation rule.</summary>
    Automation,
}

/// <summary>On whose behalf something is done, as timelines and logs name it.</summary>
/// <param name="Kind">The kind of someone.</param>
/// <param name="Id">Their id, where they have one.</param>
/// <param name="Name">Their name, as people read it.</param>
public sealed record Actor(ActorKind Kind, string? Id, string Name)
{
    /// <summary>The platform itself.</summary>
    public static Actor System { get; } = new(ActorKind.System, null, "Ecodrix");

    /// <summary>
    /// For an agent who may see only their own records: the value of <c>assignedTo</c> that is theirs. Null sees everything. Applied in one
    /// place for each collection: <c>scope.VisibleLeads()</c>, <c>scope.VisibleConversations()</c>, and the live feed.
    /// </summary>
    public string? OnlyAssignedTo { get; init; }

    /// <summary>Whether a record may be seen: by all who see everything, and by the one it is assigned to.</summary>
    /// <param name="assignedTo">The record's <c>assignedTo</c>.</param>
    public bool MaySee(string? assignedTo) => OnlyAssignedTo is null || OnlyAssignedTo == assignedTo;
}

/// <summary>The event a change comes from, when an automation makes it: what the loop guard and the trace go by.</summary>
/// <param name="EventId">The event whose action makes the change.</param>
/// <param name="Depth">How many events lie between it and the root, which is 0.</param>
/// <param name="Chain">Every rule and lead that has already met in this chain, as <c>rule:lead</c>.</param>
internal sealed record Cause(ObjectId EventId, int Depth, IReadOnlyList<string> Chain);

/// <summary>How a tenant counts, reads numbers and days, and how much it may ask.</summary>
/// <param name="Country">ISO 3166 alpha-2, in which phone numbers without <c>+</c> are read.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="TimeZone">IANA zone, in which days begin.</param>
/// <param name="TriggerPerMinute">Triggers per minute.</param>
/// <param name="DefaultPerMinute">All other requests per minute.</param>
/// <param name="EventDays">How many days an ended event is kept.</param>
/// <param name="CallbackDays">How many days an ended callback is kept.</param>
/// <param name="StaleDays">After how many days in the same stage an open deal counts as stale.</param>
public sealed record TenantSettings(
    string Country, string Currency, string TimeZone, int TriggerPerMinute, int DefaultPerMinute, int EventDays, int CallbackDays, int StaleDays);

/// <summary>
/// One tenant's data, opened on behalf of someone. Every engine operation takes it as its first parameter, only
/// <see cref="TenantDirectory"/> makes one, and it is the only way to the tenant's collections: a caller without it does not
/// compile, and one with it cannot reach another tenant.
/// </summary>
public sealed class TenantScope
{
    private readonly TenantEntry _entry;

    internal TenantScope(TenantEntry entry, Actor actor, Cause? cause = null)
    {
        _entry = entry;
        Actor = actor;
        Cause = cause;
    }

    /// <summary>The client code.</summary>
    public string Code => _entry.Tenant.Code;

    /// <summary>The tenant's name.</summary>
    public string Name => _entry.Tenant.Name;

    /// <summary>The tenant's settings.</summary>
    public TenantSettings Settings => _entry.Settings;

    /// <summary>Since when the tenant's automations wait: events are accepted and nothing is done; null when they run.</summary>
    public DateTime? AutomationsPausedAt => _entry.Tenant.AutomationsPausedAt;

    /// <summary>On whose behalf.</summary>
    public Actor Actor { get; }

    /// <summary>The event that causes what is done with this scope; null when nobody's automation does.</summary>
    internal Cause? Cause { get; }

    internal TenantDb Db => _entry.Db;

    /// <summary>The tenant document this scope was opened with.</summary>
    internal Tenant Tenant => _entry.Tenant;

    /// <summary>A secret in clear, or null when it is not set. Never log or return it.</summary>
    internal string? Secret(string name) => _entry.Secret(name);

    /// <summary>A secret in clear.</summary>
    /// <exception cref="RefusedException">SECRET_MISSING, naming the secret.</exception>
    internal string RequireSecret(string name) => Secret(name) ?? throw TenantRefusals.SecretMissing(name);

    /// <summary>Something kept in memory for this tenant on this node, made at first need, gone when the tenant document changes.</summary>
    internal T Cached<T>(Func<T> make)
        where T : class => _entry.Cached(make);

    /// <summary>The same tenant on behalf of someone else, for work one actor causes and another does.</summary>
    internal TenantScope As(Actor actor, Cause? cause = null) => new(_entry, actor, cause);
}
