using System.Globalization;
using System.Text.RegularExpressions;
using Ecodrix.EmbeddedMongo.Values;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Reads dates from text, by a format or in the forms of ISO 8601.</summary>
internal static partial class DateParser
{
    /// <exception cref="MongoError">241 if the text is no such date, 18536 for an unknown letter in the format.</exception>
    public static DateTime Parse(string text, string? format, Zone? zone)
    {
        var fields = format is null ? ReadIso(text) : ReadFormat(text, format);
        if (fields.Offset is not null && zone is { IsUtc: false })
        {
            throw Failed(text, "you cannot pass in a date/time string with time zone information together with a timezone argument");
        }

        try
        {
            var local = fields.ToLocal();
            return fields.Offset is { } offset ? DateTime.SpecifyKind(local - offset, DateTimeKind.Utc) : (zone ?? Zone.Utc).ToUtc(local);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Failed(text, "a part is out of its range");
        }
    }

    private static Fields ReadIso(string text)
    {
        var match = Iso().Match(text.Trim());
        if (!match.Success)
        {
            throw Failed(text, "not an ISO 8601 date");
        }

        string fraction = match.Groups["f"].Value;
        var fields = new Fields
        {
            Year = Number("y", 1),
            Month = Number("mo", 1),
            Day = Number("d", 1),
            Hour = Number("h", 0),
            Minute = Number("mi", 0),
            Second = Number("s", 0),
            Millisecond = fraction.Length == 0 ? 0 : int.Parse(fraction.PadRight(3, '0').AsSpan(0, 3), CultureInfo.InvariantCulture),
        };
        string zone = match.Groups["z"].Value;
        if (zone.Length > 0)
        {
            fields.Offset = zone is "Z" or "z"
                ? TimeSpan.Zero
                : Zone.TryParseOffset(zone, out var offset) ? offset : throw Failed(text, "the time zone is unknown");
        }

        return fields;

        int Number(string name, int otherwise) =>
            match.Groups[name].Success ? int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture) : otherwise;
    }

    private static Fields ReadFormat(string text, string format)
    {
        var fields = new Fields();
        int at = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                at += at < text.Length && text[at] == format[i] ? 1 : throw Failed(text, $"expected '{format[i]}' at {at}");
                continue;
            }

            if (++i == format.Length)
            {
                throw Errors.Location(18535, "Unmatched '%' at end of format string");
            }

            ReadPart(text, ref at, format[i], fields);
        }

        return at == text.Length ? fields : throw Failed(text, "trailing data");
    }

    private static void ReadPart(string text, ref int at, char letter, Fields fields)
    {
        switch (letter)
        {
            case '%':
                at += at < text.Length && text[at] == '%' ? 1 : throw Failed(text, "expected '%'");
                break;
            case 'z' or 'Z':
                fields.Offset = letter == 'z' ? ReadOffset(text, ref at) : TimeSpan.FromMinutes(ReadSigned(text, ref at));
                break;
            case 'b' or 'B':
                fields.Month = ReadMonth(text, ref at, letter == 'B');
                break;
            default:
                int width = letter switch
                {
                    'Y' or 'G' => 4,
                    'j' or 'L' => 3,
                    'm' or 'd' or 'H' or 'M' or 'S' or 'V' => 2,
                    'u' => 1,
                    _ => throw Errors.Location(18536, $"Invalid format character '%{letter}' in format string"),
                };
                fields.Set(letter, ReadNumber(text, ref at, width));
                break;
        }
    }

    private static int ReadNumber(string text, ref int at, int width)
    {
        int from = at;
        while (at < text.Length && at - from < width && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return at > from ? int.Parse(text.AsSpan(from, at - from), CultureInfo.InvariantCulture) : throw Failed(text, $"expected a number at {at}");
    }

    private static int ReadSigned(string text, ref int at)
    {
        int sign = at < text.Length && text[at] == '-' ? -1 : 1;
        at += at < text.Length && text[at] is '+' or '-' ? 1 : 0;
        return sign * ReadNumber(text, ref at, 4);
    }

    private static TimeSpan ReadOffset(string text, ref int at)
    {
        var match = Offset().Match(text, at);
        at += match.Length;
        if (match.Success && match.Value is "Z" or "z")
        {
            return TimeSpan.Zero;
        }

        return match.Success && Zone.TryParseOffset(match.Value, out var offset) ? offset : throw Failed(text, "expected an offset from UTC");
    }

    private static int ReadMonth(string text, ref int at, bool full)
    {
        var names = full ? DateTimeFormatInfo.InvariantInfo.MonthNames : DateTimeFormatInfo.InvariantInfo.AbbreviatedMonthNames;
        for (int month = 0; month < 12; month++)
        {
            if (string.Compare(text, at, names[month], 0, names[month].Length, StringComparison.OrdinalIgnoreCase) == 0)
            {
                at += names[month].Length;
                return month + 1;
            }
        }

        throw Failed(text, "expected the name of a month");
    }

    private static MongoError Failed(string text, string why) => Errors.ConversionFailure($"Error parsing date string '{text}'; {why}");

    [GeneratedRegex(@"^(?<y>\d{4})-(?<mo>\d{2})(-(?<d>\d{2})([T ](?<h>\d{2}):(?<mi>\d{2})(:(?<s>\d{2})([.,](?<f>\d{1,9}))?)?\s?(?<z>[Zz]|[+-]\d{2}(:?\d{2})?)?)?)?$")]
    private static partial Regex Iso();

    [GeneratedRegex(@"\G([Zz]|[+-]\d{2}(:?\d{2})?)")]
    private static partial Regex Offset();

    private sealed class Fields
    {
        private int? _isoYear, _isoWeek, _isoDay, _dayOfYear;

        public int Year { get; set; } = 1970;

        public int Month { get; set; } = 1;

        public int Day { get; set; } = 1;

        public int Hour { get; set; }

        public int Minute { get; set; }

        public int Second { get; set; }

        public int Millisecond { get; set; }

        public TimeSpan? Offset { get; set; }

        public void Set(char letter, int number)
        {
            switch (letter)
            {
                case 'Y': Year = number; break;
                case 'm': Month = number; break;
                case 'd': Day = number; break;
                case 'H': Hour = number; break;
                case 'M': Minute = number; break;
                case 'S': Second = number; break;
                case 'L': Millisecond = number; break;
                case 'j': _dayOfYear = number; break;
                case 'G': _isoYear = number; break;
                case 'V': _isoWeek = number; break;
                default: _isoDay = number; break;
            }
        }

        public DateTime ToLocal()
        {
            DateTime day;
            if (_isoYear is not null || _isoWeek is not null)
            {
                day = ISOWeek.ToDateTime(_isoYear ?? Year, _isoWeek ?? 1, (DayOfWeek)((_isoDay ?? 1) % 7));
            }
            else
            {
                day = _dayOfYear is { } ordinal ? new DateTime(Year, 1, 1).AddDays(ordinal - 1) : new DateTime(Year, Month, Day);
            }

            return day.Add(new TimeOnly(Hour, Minute, Second, Millisecond).ToTimeSpan());
        }
    }
}
