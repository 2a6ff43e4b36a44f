using System.Collections.Concurrent;
using System.Globalization;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.App.Api;

/// <summary>Counts each tenant's requests in windows of a minute, and says on every answer how many are left (IETF draft RateLimit headers).</summary>
internal sealed class RateLimits(TimeProvider clock)
{
    public const string Default = "default";
    public const string Trigger = "trigger";

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Tenant, string Limit), Counter> _counters = new();

    /// <summary>Counts a request.</summary>
    /// <exception cref="RefusedException">RATE_LIMITED.</exception>
    public void Take(HttpContext context, TenantScope scope, string limit)
    {
        var quota = limit == Trigger ? scope.Settings.TriggerPerMinute : scope.Settings.DefaultPerMinute;
        var (used, ends) = _counters.GetOrAdd((scope.Code, limit), _ => new Counter()).Next(clock.GetUtcNow());
        var left = Math.Max(0, quota - used);
        var wait = ends - clock.GetUtcNow();
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        context.Keep("RateLimit-Policy", string.Create(CultureInfo.InvariantCulture, $"\"{Default}\";q={quota};w=60"));
        context.Keep("RateLimit", string.Create(CultureInfo.InvariantCulture, $"\"{Default}\";r={left};t={seconds}"));
        if (used > quota)
        {
            throw new RefusedException(RefusalKind.RateLimited, "RATE_LIMITED", $"More than {quota} requests in a minute. Try again in {seconds} seconds.") { RetryAfter = wait };
        }
    }

    private sealed class Counter
    {
        private readonly Lock _lock = new();
        private DateTimeOffset _ends;
        private int _used;

        public (int Used, DateTimeOffset Ends) Next(DateTimeOffset now)
        {
            lock (_lock)
            {
                if (now >= _ends)
                {
                    _ends = now + Window;
                    _used = 0;
                }

                return (++_used, _ends);
            }
        }
    }
}
