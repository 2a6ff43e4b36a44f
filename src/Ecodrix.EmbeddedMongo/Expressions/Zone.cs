using System.Globalization;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>A time zone as expressions name it: an Olson id or an offset such as <c>+05:30</c>.</summary>
internal sealed class Zone
{
    public static readonly Zone Utc = new(TimeZoneInfo.Utc);

    private readonly TimeZoneInfo _info;

    private Zone(TimeZoneInfo info) => _info = info;

    public bool IsUtc => ReferenceEquals(this, Utc);

    /// <summary>The zone that a value names; UTC if it is missing.</summary>
    /// <exception cref="MongoError">40517 for a value that is no text, 40485 for an unknown zone.</exception>
    public static Zone Parse(BsonValue? value)
    {
        if (value is null)
        {
            return Utc;
        }

        string name = Text.Of(value)
            ?? throw Errors.Location(40517, $"timezone must evaluate to a string, found {Errors.TypeName(value)}");
        if (name is "UTC" or "GMT" or "Z" or "Etc/UTC")
        {
            return Utc;
        }

        if (name.Length > 0 && name[0] is '+' or '-')
        {
            return TryParseOffset(name, out var offset)
                ? new Zone(TimeZoneInfo.CreateCustomTimeZone(name, offset, name, name))
                : throw Unknown(name);
        }

        // .NET would also take Windows' names, which MongoDB does not know.
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var info) && info.HasIanaId ? new Zone(info) : throw Unknown(name);
    }

    public static bool TryParseOffset(string text, out TimeSpan offset)
    {
        string digits = text[1..].Replace(":", "", StringComparison.Ordinal);
        bool wellFormed = digits.Length is 2 or 4 && (text.Length != 6 || text[3] == ':') && text.Length is 3 or 5 or 6
            && digits.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
        int hours = wellFormed ? int.Parse(digits.AsSpan(0, 2), CultureInfo.InvariantCulture) : 0;
        int minutes = wellFormed && digits.Length == 4 ? int.Parse(digits.AsSpan(2), CultureInfo.InvariantCulture) : 0;
        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return wellFormed && hours <= 14 && minutes < 60;
    }

    public TimeSpan OffsetAt(DateTime utc) => _info.GetUtcOffset(utc);

    /// <summary>What clocks in the zone show.</summary>
    public DateTime ToLocal(DateTime utc) => DateTime.SpecifyKind(Moment.Checked(() => utc + OffsetAt(utc)), DateTimeKind.Unspecified);

    /// <summary>
    /// The instant at which clocks show a time: the earlier one where they show it twice, and where they skip it, as if they
    /// had not been put forward yet.
    /// </summary>
    public DateTime ToUtc(DateTime local)
    {
        var offset = _info.IsAmbiguousTime(local) ? _info.GetAmbiguousTimeOffsets(local).Max() : _info.GetUtcOffset(local);
        return DateTime.SpecifyKind(Moment.Checked(() => local - offset), DateTimeKind.Utc);
    }

    private static MongoError Unknown(string name) => Errors.Location(40485, $"unrecognized time zone identifier: \"{name}\"");
}

/// <summary>Instants of BSON values.</summary>
internal static class Moment
{
    /// <exception cref="MongoError">16006 for a value that is no date, nor a timestamp or object id that holds one.</exception>
    public static DateTime Of(BsonValue? value) => value switch
    {
        BsonDateTime date => Checked(() => DateTime.UnixEpoch.AddMilliseconds(date.MillisecondsSinceEpoch)),
        BsonTimestamp stamp => DateTime.UnixEpoch.AddSeconds((uint)stamp.Timestamp),
        BsonObjectId id => id.Value.CreationTime,
        _ => throw Errors.Location(16006, $"can't convert from BSON type {Errors.TypeName(value)} to Date"),
    };

    public static BsonDateTime ToBson(DateTime utc) => new((utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>Years 1 to 9999 can be reckoned with; a date beyond is refused rather than bent.</summary>
    public static DateTime Checked(Func<DateTime> compute)
    {
        try
        {
            return compute();
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Errors.Location(5166406, "date overflow: only the years 1 to 9999 are supported");
        }
    }
}
