using System.Globalization;
using System.Linq.Expressions;
using MongoDB.Driver;

namespace Ecodrix.Engine.Kernel;

/// <summary>A range of time to look at, both ends in.</summary>
/// <param name="From">From this moment, UTC.</param>
/// <param name="Until">Up to, and not including, this moment, UTC.</param>
public readonly record struct DateRange(DateTime? From, DateTime? Until)
{
    /// <summary>Reads <c>startDate</c> and <c>endDate</c>: a day (in the tenant's zone, inclusive) or a time with an offset.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static DateRange Read(string? startDate, string? endDate, string timeZone)
    {
        var check = new Check();
        var range = Read(check, startDate, endDate, timeZone, "startDate", "endDate");
        check.Throw();
        return range;
    }

    /// <summary>The same under other names, the faults added to those of the rest of the input.</summary>
    internal static DateRange Read(Check check, string? first, string? last, string timeZone, string firstField, string lastField)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        var from = Read(check, first, firstField, zone, end: false);
        var until = Read(check, last, lastField, zone, end: true);
        check.That(from is null || until is null || from < until, lastField, $"{lastField} must not lie before {firstField}.");
        return new DateRange(from, until);
    }

    /// <summary>The filter for documents whose time lies in the range.</summary>
    internal FilterDefinition<T> On<T>(Expression<Func<T, DateTime>> field) => On(new ExpressionFieldDefinition<T, DateTime>(field));

    /// <summary>The same for a time that may be absent: then the document does not match, unless the range is open on both ends.</summary>
    internal FilterDefinition<T> On<T>(Expression<Func<T, DateTime?>> field) => On(new ExpressionFieldDefinition<T, DateTime?>(field));

    private FilterDefinition<T> On<T, TTime>(FieldDefinition<T, TTime> field)
    {
        var filter = Builders<T>.Filter.Empty;
        filter = From is { } from ? filter & Builders<T>.Filter.Gte(field, (TTime)(object)from) : filter;
        return Until is { } until ? filter & Builders<T>.Filter.Lt(field, (TTime)(object)until) : filter;
    }

    private static DateTime? Read(Check check, string? text, string field, TimeZoneInfo zone, bool end)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue)
        {
            return StartOf(end ? day.AddDays(1) : day, zone);
        }

        if (Moments.TryParse(text, out var moment))
        {
            // A moment as the end is itself still in. After the last there is none: that end is open.
            var last = moment.UtcDateTime;
            return !end ? last : last < DateTime.MaxValue.AddMilliseconds(-1) ? last.AddMilliseconds(1) : null;
        }

        check.That(false, field, $"{field} must be a day such as 2026-03-15, or a time with an offset.");
        return null;
    }

    /// <summary>The first moment of a day in a zone; where the clocks skip midnight, the first that exists.</summary>
    public static DateTime StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(midnight))
        {
            midnight = midnight.AddMinutes(15);
        }

        return TimeZoneInfo.ConvertTimeToUtc(midnight, zone);
    }
}
