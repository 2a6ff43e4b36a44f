using System.Security.Cryptography;
using System.Text;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.People;

/// <summary>A signed-in browser, as its owner sees it.</summary>
/// <param name="Id">Names the session; not the secret of its cookie.</param>
/// <param name="Device">What the browser says it is.</param>
/// <param name="Address">Where it signed in from.</param>
/// <param name="SignedInAt">When.</param>
/// <param name="LastSeenAt">When it was last used, to the minute.</param>
public sealed record SessionView(string Id, string Device, string Address, DateTime SignedInAt, DateTime LastSeenAt);

/// <summary>A session that its cookie opened.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Ticket">What was stored with it.</param>
public sealed record OpenedSession(string Id, byte[] Ticket);

/// <summary>
/// Keeps sign-ins on the server: the cookie holds only a random key, of which the hash is stored, so that a session can be ended from
/// anywhere and a copy of the database opens none.
/// </summary>
public sealed class Sessions
{
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    private readonly IMongoCollection<Session> _sessions;
    private readonly TimeProvider _clock;

    internal Sessions(ControlDb control, TimeProvider clock)
    {
        _sessions = control.Collection<Session>(Session.Collection);
        _clock = clock;
    }

    /// <summary>Stores a sign-in and answers the cookie's key.</summary>
    /// <param name="accountId">Whose.</param>
    /// <param name="ticket">What the host needs to know the person by, already protected.</param>
    /// <param name="device">What the browser says it is.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="until">When it ends at the latest, UTC.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<string> BeginAsync(string accountId, byte[] ticket, string device, string address, DateTime until, CancellationToken ct)
    {
        var key = KeyText.New("ecs");
        var now = _clock.GetUtcNow().UtcDateTime;
        await _sessions.InsertOneAsync(
            new Session
            {
                Id = ObjectId.GenerateNewId(),
                KeyHash = Hash(key),
                AccountId = ObjectId.Parse(accountId),
                Ticket = ticket,
                Device = Texts.Cut(device, 200),
                Address = address,
                SignedInAt = now,
                LastSeenAt = now,
                ExpiresAt = until,
            },
            null,
            ct);
        return key;
    }

    /// <summary>A session that has not ended, by its cookie's key; or null.</summary>
    public async Task<OpenedSession?> OpenAsync(string key, CancellationToken ct)
    {
        var hash = Hash(key);
        var now = _clock.GetUtcNow().UtcDateTime;
        var session = await _sessions.Find(s => s.KeyHash == hash && s.ExpiresAt > now).FirstOrDefaultAsync(ct);
        if (session is not null && now - session.LastSeenAt > SeenEvery)
        {
            await _sessions.UpdateOneAsync(s => s.Id == session.Id, Builders<Session>.Update.Set(s => s.LastSeenAt, now), null, ct);
        }

        return session is null ? null : new OpenedSession(session.Id.ToString(), session.Ticket);
    }

    /// <summary>Whether an account's session has not ended: what a page or a connection that stays open asks now and then.</summary>
    public async Task<bool> IsOpenAsync(string accountId, string sessionId, CancellationToken ct)
    {
        var (account, id, now) = (ObjectId.Parse(accountId), ObjectId.Parse(sessionId), _clock.GetUtcNow().UtcDateTime);
        return await _sessions.Find(s => s.Id == id && s.AccountId == account && s.ExpiresAt > now).AnyAsync(ct);
    }

    /// <summary>Keeps a session for longer, with a ticket that may have changed.</summary>
    public Task RenewAsync(string key, byte[] ticket, DateTime until, CancellationToken ct)
    {
        var hash = Hash(key);
        return _sessions.UpdateOneAsync(s => s.KeyHash == hash, Builders<Session>.Update.Set(s => s.Ticket, ticket).Set(s => s.ExpiresAt, until), null, ct);
    }

    /// <summary>Ends one session by its cookie's key.</summary>
    public Task EndAsync(string key, CancellationToken ct)
    {
        var hash = Hash(key);
        return _sessions.DeleteOneAsync(s => s.KeyHash == hash, ct);
    }

    /// <summary>Ends one session of an account by its id.</summary>
    public async Task EndOneAsync(string accountId, string sessionId, CancellationToken ct)
    {
        var (account, id) = (ObjectId.Parse(accountId), Ids.Parse(sessionId, "sessionId"));
        await _sessions.DeleteOneAsync(s => s.Id == id && s.AccountId == account, ct);
    }

    /// <summary>Ends every session of an account.</summary>
    public Task EndAllAsync(string accountId, CancellationToken ct) => EndOthersAsync(accountId, null, ct);

    /// <summary>Ends every session of an account but one; all where there is no such one.</summary>
    public Task EndOthersAsync(string accountId, string? sessionId, CancellationToken ct)
    {
        var (account, kept) = (ObjectId.Parse(accountId), sessionId is null ? ObjectId.Empty : Ids.Parse(sessionId, "sessionId"));
        return _sessions.DeleteManyAsync(s => s.AccountId == account && s.Id != kept, ct);
    }

    /// <summary>An account's sessions, last used first.</summary>
    public async Task<IReadOnlyList<SessionView>> ListAsync(string accountId, CancellationToken ct)
    {
        var (account, now) = (ObjectId.Parse(accountId), _clock.GetUtcNow().UtcDateTime);
        var sessions = await _sessions.Find(s => s.AccountId == account && s.ExpiresAt > now).SortByDescending(s => s.LastSeenAt).Limit(100).ToListAsync(ct);
        return [.. sessions.Select(s => new SessionView(s.Id.ToString(), s.Device, s.Address, s.SignedInAt, s.LastSeenAt))];
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

/// <summary>A sign-in at rest.</summary>
internal sealed class Session
{
    public const string Collection = "sessions";

    public ObjectId Id { get; set; }

    public byte[] KeyHash { get; set; } = [];

    public ObjectId AccountId { get; set; }

    public byte[] Ticket { get; set; } = [];

    public string Device { get; set; } = "";

    public string Address { get; set; } = "";

    public DateTime SignedInAt { get; set; }

    public DateTime LastSeenAt { get; set; }

    public DateTime ExpiresAt { get; set; }

    public static ControlIndexes Indexes { get; } = new(
        Collection, IndexModel.On("keyHash").Unique(), IndexModel.On("accountId", "-lastSeenAt"), IndexModel.On("expiresAt").Expiring(TimeSpan.Zero));
}
