using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Analytics;

/// <summary>Which time and which pipeline a report is about.</summary>
public sealed record ReportFilter
{
    /// <summary>7d, 30d, 90d or 365d: so many days, today the last of them.</summary>
    public string? Range { get; init; }

    /// <summary>The first day, or a moment; with it <see cref="To"/> instead of <see cref="Range"/>.</summary>
    public string? From { get; init; }

    /// <summary>The last day, or a moment, inclusive.</summary>
    public string? To { get; init; }

    /// <summary>One pipeline; all when absent, or the default one where a report needs stages.</summary>
    public string? PipelineId { get; init; }
}

/// <summary>A time in a tenant's zone: from its first moment up to, and not including, its end; and as much time before it.</summary>
internal sealed record ReportRange(DateTime From, DateTime Until, DateTime PreviousFrom, TimeZoneInfo Zone, bool Asked)
{
    private static readonly string[] Words = ["7d", "30d", "90d", "365d"];

    /// <summary>The days of the range in the zone.</summary>
    public IEnumerable<DateOnly> Days
    {
        get
        {
            var last = Local(Until.AddTicks(-1));
            for (var day = Local(From); day <= last; day = day.AddDays(1))
            {
                yield return day;
            }
        }
    }

    /// <summary>The day of a time in the zone, as an expression.</summary>
    public BsonDocument DayOf(string field) =>
        new("$dateToString", new BsonDocument { ["format"] = "%Y-%m-%d", ["date"] = field, ["timezone"] = Zone.Id });

    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static ReportRange Read(TenantScope scope, ReportFilter filter, TimeProvider clock)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(scope.Settings.TimeZone);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).DateTime);
        var check = new Check();
        check.OneOf(filter.Range, "range", Words);
        check.That(filter.Range is null || (filter.From is null && filter.To is null), "range", "Send either range, or from and to.");
        check.Throw();
        if (filter.From is null && filter.To is null)
        {
            var days = int.Parse((filter.Range ?? "30d")[..^1], System.Globalization.CultureInfo.InvariantCulture);
            return new ReportRange(
                DateRange.StartOf(today.AddDays(1 - days), zone), DateRange.StartOf(today.AddDays(1), zone), DateRange.StartOf(today.AddDays(1 - (2 * days)), zone), zone, filter.Range is not null);
        }

        var read = DateRange.Read(check, filter.From, filter.To, zone.Id, "from", "to");
        check.Throw();
        var until = read.Until ?? DateRange.StartOf(today.AddDays(1), zone);
        check.That(until.Year >= 2000, "to", "to must not lie before the year 2000.").Throw();
        var from = read.From ?? DateRange.StartOf(DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(until, zone)).AddDays(-30), zone);
        check.That(from.Year >= 2000, "from", "from must not lie before the year 2000.");
        check.That(from < until, "from", "from must lie before to.");
        check.That(until - from <= TimeSpan.FromDays(366 * 3), "from", "At most three years at once.");
        check.Throw();
        return new ReportRange(from, until, Before(from, until, zone), zone, true);
    }

    /// <summary>Where as much time before a range begins: as many days, where it is made of whole ones, whatever the clocks did in them.</summary>
    private static DateTime Before(DateTime from, DateTime until, TimeZoneInfo zone)
    {
        var (first, end) = (DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(from, zone)), DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(until, zone)));
        return from == DateRange.StartOf(first, zone) && until == DateRange.StartOf(end, zone)
            ? DateRange.StartOf(first.AddDays(first.DayNumber - end.DayNumber), zone)
            : from - (until - from);
    }

    private DateOnly Local(DateTime utc) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(utc, Zone));
}
