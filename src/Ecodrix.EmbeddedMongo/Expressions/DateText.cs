using System.Globalization;
using System.Text;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Dates as text.</summary>
internal static class DateText
{
    /// <summary>The date in ISO 8601, UTC, with milliseconds.</summary>
    public static string Iso(BsonDateTime date) => Moment.Of(date).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <exception cref="MongoError">18535 for a format that ends in <c>%</c>, 18536 for an unknown letter.</exception>
    public static string Format(DateTime utc, Zone zone, string format)
    {
        var local = zone.ToLocal(utc);
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            if (++i == format.Length)
            {
                throw Errors.Location(18535, "Unmatched '%' at end of format string");
            }

            text.Append(Part(format[i], local, zone.OffsetAt(utc)));
        }

        return text.ToString();
    }

    private static string Part(char letter, DateTime local, TimeSpan offset) => letter switch
    {
        '%' => "%",
        'Y' => Padded(local.Year, 4),
        'm' => Padded(local.Month, 2),
        'd' => Padded(local.Day, 2),
        'H' => Padded(local.Hour, 2),
        'M' => Padded(local.Minute, 2),
        'S' => Padded(local.Second, 2),
        'L' => Padded(local.Millisecond, 3),
        'j' => Padded(local.DayOfYear, 3),
        'w' => Padded((int)local.DayOfWeek + 1, 1),
        'u' => Padded(Calendar.IsoDayOf(local), 1),
        'U' => Padded(Calendar.WeekOf(local), 2),
        'V' => Padded(ISOWeek.GetWeekOfYear(local), 2),
        'G' => Padded(ISOWeek.GetYear(local), 4),
        'b' => local.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => local.ToString("MMMM", CultureInfo.InvariantCulture),
        'z' => $"{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hhmm}",
        'Z' => ((int)offset.TotalMinutes).ToString("+0;-0;+0", CultureInfo.InvariantCulture),
        _ => throw Errors.Location(18536, $"Invalid format character '%{letter}' in format string"),
    };

    private static string Padded(int number, int width) => number.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
}

/// <summary>Weeks and their days.</summary>
internal static class Calendar
{
    /// <summary>1 for Monday to 7 for Sunday.</summary>
    public static int IsoDayOf(DateTime date) => date.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)date.DayOfWeek;

    /// <summary>The week of the year that begins on Sundays; days before the first Sunday are in week 0.</summary>
    public static int WeekOf(DateTime date) => (date.DayOfYear + 6 - (int)date.DayOfWeek) / 7;
}
