using Ecodrix.Engine.WhatsApp.Outgoing;
using StackExchange.Redis;

namespace Ecodrix.Engine.Live;

/// <summary>
/// The pace of a business number where several nodes send for it: one bucket for all of them in Redis, by Redis's own clock. While Redis is
/// away each node keeps the pace for itself.
/// </summary>
public sealed class RedisPace : ISharedPace
{
    /// <summary>Fills the bucket since it was last looked at, and takes from it. Times are microseconds; a bucket nobody takes from is full again.</summary>
    private const string Script = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local rate, most, want, leave = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens = most
        if held[1] then
            tokens = math.min(most, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * rate / 1000000)
        end
        local taken = math.max(0, math.min(want, math.floor(tokens - leave)))
        redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - taken), 'at', string.format('%.0f', now))
        redis.call('EXPIRE', KEYS[1], 60)
        return taken
        """;

    private readonly RedisLiveBus _bus;

    /// <summary>Keeps the pace with the connection that live events have.</summary>
    public RedisPace(RedisLiveBus bus) => _bus = bus;

    /// <inheritdoc />
    public async Task<int> TakeAsync(string number, int perSecond, double most, int want, double leave, CancellationToken ct)
    {
        if (_bus.Database is not { } redis)
        {
            return want;
        }

        try
        {
            return (int)await redis.ScriptEvaluateAsync(Script, [$"ecodrix:pace:{number}"], [perSecond, most, want, leave]).WaitAsync(ct);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return want;
        }
    }
}
