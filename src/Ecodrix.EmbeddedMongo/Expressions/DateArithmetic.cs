using Ecodrix.EmbeddedMongo.Values;

namespace Ecodrix.EmbeddedMongo.Expressions;

internal enum DateUnit
{
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// <summary>
/// Reckoning with units of time. Days and longer go by the calendar of a time zone, so that a day may have 23 hours; shorter
/// ones are lengths of time.
/// </summary>
internal static class DateArithmetic
{
    private static readonly DateTime Reference = new(2000, 1, 1);

    public static DateTime Add(DateTime utc, DateUnit unit, long amount, Zone zone)
    {
        if (unit < DateUnit.Day)
        {
            return Moment.Checked(() => utc.AddTicks(checked(amount * TicksOf(unit))));
        }

        var local = zone.ToLocal(utc);
        int count = amount is > -10_000_000 and < 10_000_000
            ? (int)amount
            : throw Errors.Location(5166405, $"invalid amount of a date addition: {amount}");
        return zone.ToUtc(Moment.Checked(() => unit switch
        {
            DateUnit.Day => local.AddDays(count),
            DateUnit.Week => local.AddDays(7L * count),
            _ => local.AddMonths(checked(count * MonthsOf(unit))),
        }));
    }

    /// <summary>How many boundaries of a unit lie between two instants.</summary>
    public static long Difference(DateTime start, DateTime end, DateUnit unit, Zone zone, DayOfWeek startOfWeek)
    {
        if (unit < DateUnit.Day)
        {
            return Count(end) - Count(start);
        }

        return Count(zone.ToLocal(end)) - Count(zone.ToLocal(start));

        long Count(DateTime at) => unit switch
        {
            // Zones are off by quarters of an hour: only that moves the boundaries of hours and minutes.
            < DateUnit.Day => Floor((at - DateTime.UnixEpoch).Ticks + (zone.OffsetAt(at).Ticks % TicksOf(unit)), TicksOf(unit)),
            DateUnit.Day => Floor(at.Ticks, TimeSpan.TicksPerDay),
            DateUnit.Week => Floor((at.Date - FirstWeek(startOfWeek)).Days, 7),
            _ => Floor((at.Year * 12L) + at.Month - 1, MonthsOf(unit)),
        };
    }

    /// <summary>The beginning of the bin of some units that an instant is in; bins are counted from the year 2000.</summary>
    public static DateTime Truncate(DateTime utc, DateUnit unit, long binSize, Zone zone, DayOfWeek startOfWeek)
    {
        if (unit < DateUnit.Day)
        {
            var origin = zone.ToUtc(Reference);
            long bin = checked(binSize * TicksOf(unit));
            return Moment.Checked(() => origin.AddTicks(Floor((utc - origin).Ticks, bin) * bin));
        }

        var local = zone.ToLocal(utc);
        if (unit is DateUnit.Day or DateUnit.Week)
        {
            var origin = unit == DateUnit.Day ? Reference : FirstWeek(startOfWeek);
            long days = checked(binSize * (unit == DateUnit.Day ? 1 : 7));
            return zone.ToUtc(Moment.Checked(() => origin.AddDays(Floor((local.Date - origin).Days, days) * days)));
        }

        long months = checked(binSize * MonthsOf(unit));
        long since = ((local.Year - Reference.Year) * 12L) + local.Month - 1;
        return zone.ToUtc(Moment.Checked(() => Reference.AddMonths((int)(Floor(since, months) * months))));
    }

    private static DateTime FirstWeek(DayOfWeek startOfWeek) =>
        Reference.AddDays(((int)startOfWeek - (int)Reference.DayOfWeek + 7) % 7);

    private static long TicksOf(DateUnit unit) => unit switch
    {
        DateUnit.Millisecond => TimeSpan.TicksPerMillisecond,
        DateUnit.Second => TimeSpan.TicksPerSecond,
        DateUnit.Minute => TimeSpan.TicksPerMinute,
        _ => TimeSpan.TicksPerHour,
    };

    private static int MonthsOf(DateUnit unit) => unit switch { DateUnit.Month => 1, DateUnit.Quarter => 3, _ => 12 };

    private static long Floor(long number, long by) => (number / by) - (number % by < 0 ? 1 : 0);
}
