using System.Globalization;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Ecodrix.Engine.Live;

/// <summary>
/// The bus of several nodes. Each event goes into its tenant's Redis stream, whose entry id is the event's cursor, and to all nodes by
/// publish/subscribe, both in one script: every node hears the events of a tenant in the order of their cursors, and a client may
/// ask any node for what it missed. While Redis is away a node still tells its own listeners.
/// </summary>
public sealed partial class RedisLiveBus : ILiveBus, IAsyncDisposable
{
    /// <summary>Of one tenant: the hour of a broadcast to ten thousand people and all that comes of it.</summary>
    private const int MostEach = 100_000;
    private const int KeptSeconds = 3600;

    /// <summary>A Redis older than 6.2 does not let go by time: there a stream ends with its length, or an hour after its last event.</summary>
    private const string Script = """
        local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'e', ARGV[2])
        redis.call('EXPIRE', KEYS[1], ARGV[4])
        redis.call('PUBLISH', KEYS[2], ARGV[1] .. '\n' .. id .. '\n' .. ARGV[2])
        redis.pcall('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', tonumber(string.match(id, '^%d+')) - ARGV[4] * 1000))
        """;

    private static readonly RedisChannel Channel = RedisChannel.Literal("ecodrix:live");

    private readonly LiveListeners _listeners = new();
    private readonly ConfigurationOptions _options;
    private readonly ILogger<RedisLiveBus> _log;
    private ConnectionMultiplexer? _redis;

    /// <summary>Makes a bus that still has to connect.</summary>
    /// <param name="configuration">StackExchange.Redis's configuration text: <c>host:port,password=…,ssl=true</c>.</param>
    /// <param name="log">Where it says that Redis went away or came back.</param>
    /// <exception cref="ArgumentException">The text cannot be read.</exception>
    public RedisLiveBus(string configuration, ILogger<RedisLiveBus> log)
    {
        _options = ConfigurationOptions.Parse(configuration);
        // A Redis that is away at the start is waited for; the product works meanwhile.
        _options.AbortOnConnectFail = false;
        _options.ClientName ??= "ecodrix";
        _log = log;
    }

    /// <summary>Connects, and from then on hears the other nodes.</summary>
    public async Task ConnectAsync()
    {
        _redis = await ConnectionMultiplexer.ConnectAsync(_options);
        if (!_redis.IsConnected)
        {
            LogAway();
        }

        _redis.ConnectionFailed += (_, _) => LogAway();
        _redis.ConnectionRestored += (_, _) => LogBack();
        var messages = await _redis.GetSubscriber().SubscribeAsync(Channel);
        messages.OnMessage(m => Hear(m.Message!));
    }

    /// <summary>What else the nodes share; null while Redis is away.</summary>
    internal IDatabase? Database => _redis is { IsConnected: true } redis ? redis.GetDatabase() : null;

    /// <inheritdoc />
    public void Publish(string tenant, string name, object data, string? owner = null)
    {
        if (_redis is not { IsConnected: true } redis)
        {
            _listeners.Hand(new LiveEvent(tenant, name, data, owner));
            return;
        }

        redis.GetDatabase().ScriptEvaluate(
            Script, [Key(tenant), Channel.ToString()], [tenant, Write(name, data, owner), MostEach, KeptSeconds], CommandFlags.FireAndForget);
    }

    /// <inheritdoc />
    public void Pass(string tenant, string name, object data, string? owner = null)
    {
        if (_redis is { IsConnected: true } redis)
        {
            // Without an entry of the stream, and so without its id.
            redis.GetSubscriber().Publish(Channel, $"{tenant}\n\n{Write(name, data, owner)}", CommandFlags.FireAndForget);
        }
        else
        {
            _listeners.Hand(new LiveEvent(tenant, name, data, owner) { Passing = true });
        }
    }

    /// <inheritdoc />
    public IAsyncEnumerable<LiveEvent> ListenAsync(string tenant, CancellationToken ct) => _listeners.ListenAsync(tenant, ct);

    /// <inheritdoc />
    public async Task<MissedEvents> SinceAsync(string tenant, string cursor, CancellationToken ct)
    {
        if (_redis is not { IsConnected: true } redis || IdOf(cursor) is not { } known)
        {
            return new MissedEvents([], false);
        }

        // From the known event on, itself included: if it is still there, nothing after it was lost.
        var entries = await redis.GetDatabase().StreamRangeAsync(Key(tenant), known, "+", MostEach + 1).WaitAsync(ct);
        var complete = entries.Length > 0 && entries[0].Id == known;
        var missed = entries.Skip(complete ? 1 : 0).Select(e => Read(tenant, e.Id!, e["e"]!)).ToList();
        return new MissedEvents(missed, complete);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    private static string Key(string tenant) => $"ecodrix:live:{tenant}";

    private void Hear(string message)
    {
        if (message.Split('\n', 3) is [var tenant, var id, var entry])
        {
            _listeners.Hand(Read(tenant, id, entry));
        }
    }

    private static string Write(string name, object data, string? owner) =>
        JsonSerializer.Serialize(new Entry(name, owner, JsonSerializer.SerializeToElement(data, EcodrixJson.Options)), EcodrixJson.Options);

    private static LiveEvent Read(string tenant, string id, string json)
    {
        var entry = JsonSerializer.Deserialize<Entry>(json, EcodrixJson.Options)!;
        var live = new LiveEvent(tenant, entry.Name, entry.Data, entry.Owner);
        return id.Length == 0 ? live with { Passing = true } : live with { Cursor = CursorOf(id) };
    }

    /// <summary>An entry id (<c>milliseconds-number</c>) as text whose order is the stream's.</summary>
    private static string CursorOf(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        var (time, number) = (ulong.Parse(id.AsSpan(0, dash), CultureInfo.InvariantCulture), ulong.Parse(id.AsSpan(dash + 1), CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{time:x12}{number:x12}");
    }

    private static string? IdOf(string cursor) =>
        cursor.Length == 24
        && ulong.TryParse(cursor.AsSpan(0, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var time)
        && ulong.TryParse(cursor.AsSpan(12), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)
            ? string.Create(CultureInfo.InvariantCulture, $"{time}-{number}")
            : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is away: live events of other nodes do not arrive until it is back")]
    private partial void LogAway();

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis is back")]
    private partial void LogBack();

    private sealed record Entry(string Name, string? Owner, JsonElement Data);
}
