using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Notifications;

/// <summary>Something somebody is told.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">What it says.</param>
/// <param name="By">Who says it: the rule.</param>
/// <param name="ForAll">Whether everybody is told.</param>
/// <param name="LeadId">The lead it is about.</param>
/// <param name="EventLogId">The event it comes from.</param>
/// <param name="Read">Whether this person has read it.</param>
/// <param name="At">When.</param>
public sealed record NotificationView(string Id, string Text, string By, bool ForAll, string? LeadId, string? EventLogId, bool Read, DateTime At);

/// <summary>What a person has been told, newest first.</summary>
/// <param name="Items">The latest.</param>
/// <param name="Unread">How many of all are unread; 100 stands for that many or more.</param>
public sealed record NotificationsView(IReadOnlyList<NotificationView> Items, long Unread);

/// <summary>What the people of a tenant are told in the dashboard.</summary>
public sealed class NotificationInbox
{
    private const int Shown = 20;
    private const int MostCounted = 100;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);
    private static readonly FilterDefinitionBuilder<Notification> Where = Builders<Notification>.Filter;

    private readonly AccountStore _accounts;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;

    internal NotificationInbox(AccountStore accounts, ILiveBus live, TimeProvider clock)
    {
        _accounts = accounts;
        _live = live;
        _clock = clock;
    }

    /// <summary>What the acting person has been told.</summary>
    public async Task<NotificationsView> ListAsync(TenantScope scope, CancellationToken ct)
    {
        var mine = await MineAsync(scope, ct);
        var me = scope.Actor.Id ?? "";
        var latest = await scope.Db.Notifications.Find(mine).SortByDescending(n => n.At).Limit(Shown).ToListAsync(ct);
        var unread = await scope.Db.Notifications.CountDocumentsAsync(mine & Unread(me), new CountOptions { Limit = MostCounted }, ct);
        return new NotificationsView(
            [.. latest.Select(n => new NotificationView(n.Id.ToString(), n.Text, n.By, n.To is null, n.LeadId?.ToString(), n.EventLogId?.ToString(), n.ReadBy.Contains(me), n.At))], unread);
    }

    /// <summary>Notes that the acting person has read all they have been told.</summary>
    public async Task<NotificationsView> ReadAllAsync(TenantScope scope, CancellationToken ct)
    {
        if (scope.Actor.Id is { } me)
        {
            await scope.Db.Notifications.UpdateManyAsync(await MineAsync(scope, ct) & Unread(me), Builders<Notification>.Update.AddToSet(n => n.ReadBy, me), null, ct);
        }

        return await ListAsync(scope, ct);
    }

    /// <summary>Tells somebody, or everybody. One that was told under this id before is not told again.</summary>
    internal async Task TellAsync(TenantScope scope, Notification told, CancellationToken ct)
    {
        told.At = _clock.GetUtcNow().UtcDateTime;
        told.ExpireAt = told.At + Kept;
        try
        {
            await scope.Db.Notifications.InsertOneAsync(told, null, ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return;
        }

        _live.Publish(scope.Code, "notification.added", new { id = told.Id.ToString() }, told.To ?? told.Owner);
    }

    /// <summary>Deletes what was told about a lead, or because of events.</summary>
    internal static Task ForgetAsync(TenantScope scope, ObjectId leadId, IReadOnlyCollection<ObjectId> events, CancellationToken ct) =>
        scope.Db.Notifications.DeleteManyAsync(Where.Eq(n => n.LeadId, leadId) | Where.In(n => n.EventLogId, events.Select(e => (ObjectId?)e)), ct);

    private static FilterDefinition<Notification> Unread(string me) => Where.Not(Where.AnyEq(n => n.ReadBy, me));

    private async Task<FilterDefinition<Notification>> MineAsync(TenantScope scope, CancellationToken ct)
    {
        var address = scope.Actor is { Kind: ActorKind.Agent, Id: { } id } ? (await _accounts.FindAsync(id, ct))?.EmailKey : null;
        var forMe = Where.In(n => n.To, [null, address]);
        return scope.Actor.OnlyAssignedTo is { } own ? forMe & (Where.Eq(n => n.To, own) | Where.In(n => n.Owner, [null, own])) : forMe;
    }
}
