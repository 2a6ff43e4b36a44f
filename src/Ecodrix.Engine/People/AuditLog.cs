using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.People;

/// <summary>One field that changed. Secrets are never among them.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Old">What it was; null when there was nothing.</param>
/// <param name="New">What it is; null when there is nothing.</param>
public sealed record AuditChange(string Field, string? Old, string? New);

/// <summary>One thing somebody did.</summary>
/// <param name="Id">Its id.</param>
/// <param name="At">When, UTC.</param>
/// <param name="ActorKind">What kind of someone.</param>
/// <param name="Actor">Who, as people read it.</param>
/// <param name="Action">What, for example <c>key.revoked</c>.</param>
/// <param name="Target">To what.</param>
/// <param name="Changes">What changed.</param>
public sealed record AuditView(string Id, DateTime At, ActorKind ActorKind, string Actor, string Action, string? Target, IReadOnlyList<AuditChange> Changes);

/// <summary>What a look at the audit log is narrowed by.</summary>
/// <param name="Action">The beginning of an action, for example <c>key.</c>.</param>
/// <param name="Before">Entries older than this one's id.</param>
/// <param name="Actor">Part of a name.</param>
/// <param name="From">From this day (in the tenant's zone; UTC for the platform's own) or moment on.</param>
/// <param name="To">Up to this day, inclusive, or moment.</param>
public sealed record AuditFilter(string? Action = null, string? Before = null, string? Actor = null, string? From = null, string? To = null);

/// <summary>Who did what, when, and what it was before. Only ever added to; kept a year.</summary>
public sealed class AuditLog
{
    /// <summary>How many entries a look answers at most; fewer are the last.</summary>
    public const int PageSize = 50;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(365);

    private readonly IMongoCollection<AuditEntry> _entries;
    private readonly TimeProvider _clock;

    internal AuditLog(ControlDb control, TimeProvider clock)
    {
        _entries = control.Collection<AuditEntry>(AuditEntry.Collection);
        _clock = clock;
    }

    internal static ControlIndexes Indexes { get; } = new(
        AuditEntry.Collection, IndexModel.On("tenant", "-_id"), IndexModel.On("tenant", "action", "-_id"), IndexModel.On("at").Expiring(Kept));

    /// <summary>A tenant's entries, newest first, fifty at a time.</summary>
    /// <exception cref="RefusedException">INVALID_ID, VALIDATION_ERROR.</exception>
    public Task<IReadOnlyList<AuditView>> ListAsync(TenantScope scope, AuditFilter filter, CancellationToken ct) => ListAsync(scope.Code, filter, scope.Settings.TimeZone, ct);

    /// <summary>The platform's own entries, newest first, fifty at a time.</summary>
    /// <exception cref="RefusedException">INVALID_ID, VALIDATION_ERROR.</exception>
    public Task<IReadOnlyList<AuditView>> ListAsync(PlatformScope platform, AuditFilter filter, CancellationToken ct)
    {
        _ = platform;
        return ListAsync(null, filter, TimeZoneInfo.Utc.Id, ct);
    }

    /// <summary>Notes what somebody did with their own account: signing in, a wrong password, a second factor.</summary>
    public Task NoteAccountAsync(Account account, string action, string? detail, CancellationToken ct) => NoteAsync(
        account.TenantCode, new Actor(account.TenantCode is null ? ActorKind.Staff : ActorKind.Agent, account.Id.ToString(), account.Name),
        action, detail ?? account.EmailKey, [], ct);

    /// <summary>Notes what somebody did.</summary>
    internal Task NoteAsync(TenantScope scope, string action, string? target, IReadOnlyList<AuditChange> changes, CancellationToken ct) =>
        NoteAsync(scope.Code, scope.Actor, action, target, changes, ct);

    /// <summary>Notes what somebody did to a document, from how it was (null: it was made) and is (null: it was deleted).</summary>
    internal Task NoteAsync(TenantScope scope, string action, string? target, BsonDocument? before, BsonDocument? after, CancellationToken ct) =>
        NoteAsync(scope, action, target, AuditDifferences.Between(before, after), ct);

    /// <summary>Notes what somebody did, in a tenant or (null) on the platform.</summary>
    internal Task NoteAsync(string? tenant, Actor actor, string action, string? target, IReadOnlyList<AuditChange> changes, CancellationToken ct) =>
        _entries.InsertOneAsync(
            new AuditEntry
            {
                Id = ObjectId.GenerateNewId(),
                Tenant = tenant,
                At = _clock.GetUtcNow().UtcDateTime,
                ActorKind = actor.Kind,
                ActorId = actor.Id,
                Actor = actor.Name,
                Action = action,
                Target = target,
                Changes = [.. changes],
            },
            null,
            ct);

    private async Task<IReadOnlyList<AuditView>> ListAsync(string? tenant, AuditFilter filter, string timeZone, CancellationToken ct)
    {
        var check = new Check();
        var range = DateRange.Read(check, filter.From, filter.To, timeZone, "from", "to");
        var actor = check.Text(filter.Actor, "actor", 100);
        check.Throw();
        var where = Builders<AuditEntry>.Filter;
        var matching = where.Eq(e => e.Tenant, tenant) & range.On<AuditEntry>(e => e.At);
        if (Ids.ParseOptional(filter.Before, "before") is { } before)
        {
            matching &= where.Lt(e => e.Id, before);
        }

        if (!string.IsNullOrWhiteSpace(filter.Action))
        {
            matching &= where.Regex(e => e.Action, new BsonRegularExpression("^" + Regex.Escape(filter.Action.Trim())));
        }

        if (actor is not null)
        {
            matching &= where.Regex(e => e.Actor, new BsonRegularExpression(Regex.Escape(actor), "i"));
        }

        var entries = await _entries.Find(matching).SortByDescending(e => e.Id).Limit(PageSize).ToListAsync(ct);
        return [.. entries.Select(e => new AuditView(e.Id.ToString(), e.At, e.ActorKind, e.Actor, e.Action, e.Target, e.Changes))];
    }
}

internal sealed class AuditEntry
{
    public const string Collection = "audit";

    public ObjectId Id { get; set; }

    public string? Tenant { get; set; }

    public DateTime At { get; set; }

    public ActorKind ActorKind { get; set; }

    public string? ActorId { get; set; }

    public required string Actor { get; set; }

    public required string Action { get; set; }

    public string? Target { get; set; }

    public List<AuditChange> Changes { get; set; } = [];
}
