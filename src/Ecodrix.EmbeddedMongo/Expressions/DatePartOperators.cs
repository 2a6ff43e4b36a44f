using System.Globalization;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Parts of dates: <c>$year</c> … <c>$millisecond</c>, <c>$dateToParts</c> and <c>$dateFromParts</c>.</summary>
internal static class DatePartOperators
{
    private static readonly string[] PartNames = ["year", "month", "day", "hour", "minute", "second", "millisecond"];
    private static readonly string[] IsoNames = ["isoWeekYear", "isoWeek", "isoDayOfWeek", "hour", "minute", "second", "millisecond"];

    public static void Register(OperatorTable table)
    {
        Part("$year", date => date.Year);
        Part("$month", date => date.Month);
        Part("$dayOfMonth", date => date.Day);
        Part("$dayOfWeek", date => (int)date.DayOfWeek + 1);
        Part("$dayOfYear", date => date.DayOfYear);
        Part("$hour", date => date.Hour);
        Part("$minute", date => date.Minute);
        Part("$second", date => date.Second);
        Part("$millisecond", date => date.Millisecond);
        Part("$week", Calendar.WeekOf);
        Part("$isoWeek", ISOWeek.GetWeekOfYear);
        Part("$isoDayOfWeek", Calendar.IsoDayOf);
        Special("$isoWeekYear", date => new BsonInt64(ISOWeek.GetYear(date)));
        table.Named("$dateToParts", ["date"], ["timezone", "iso8601"], ToParts);
        table.Special("$dateFromParts", ParseFromParts);

        void Part(string name, Func<DateTime, int> part) => Special(name, date => new BsonInt32(part(date)));

        void Special(string name, Func<DateTime, BsonValue> part) => table.Special(name, (argument, scope) => ParsePart(name, argument, scope, part));
    }

    /// <summary>A part is asked of a date, or of <c>{date, timezone}</c>.</summary>
    private static BinaryExpression ParsePart(string name, BsonValue argument, ExpressionScope scope, Func<DateTime, BsonValue> part)
    {
        bool named = argument is BsonDocument document && (document.ElementCount == 0 || !document.GetElement(0).Name.StartsWith('$'));
        Expression[] operands = named
            ? OperatorTable.Arguments(name, argument, scope, ["date"], ["timezone"])
            : [OperatorTable.Operands(name, argument, scope, 1, 1)[0], new LiteralExpression(null)];
        return new BinaryExpression(operands[0], operands[1], (date, zone) => Nullish.Is(date) || zone is BsonNull or BsonUndefined
            ? BsonNull.Value
            : part(Zone.Parse(zone).ToLocal(Moment.Of(date))));
    }

    private static BsonValue ToParts(BsonValue?[] values)
    {
        if (Nullish.Is(values[0]) || values[1] is BsonNull or BsonUndefined || values[2] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        var date = Zone.Parse(values[1]).ToLocal(Moment.Of(values[0]));
        bool iso = values[2] is null ? false : values[2] is BsonBoolean flag
            ? flag.Value
            : throw Errors.Location(40521, $"iso8601 must evaluate to a bool, found {Errors.TypeName(values[2])}");
        int[] numbers = iso
            ? [ISOWeek.GetYear(date), ISOWeek.GetWeekOfYear(date), Calendar.IsoDayOf(date), date.Hour, date.Minute, date.Second, date.Millisecond]
            : [date.Year, date.Month, date.Day, date.Hour, date.Minute, date.Second, date.Millisecond];
        var parts = new BsonDocument();
        for (int i = 0; i < numbers.Length; i++)
        {
            parts.Add((iso ? IsoNames : PartNames)[i], numbers[i]);
        }

        return parts;
    }

    private static FunctionExpression ParseFromParts(BsonValue argument, ExpressionScope scope)
    {
        bool iso = argument is BsonDocument document && document.Contains("isoWeekYear");
        string[] names = iso ? IsoNames : PartNames;
        var arguments = OperatorTable.Arguments("$dateFromParts", argument, scope, [names[0]], [.. names[1..], "timezone"]);
        return new FunctionExpression(arguments, values => FromParts(values, names, iso));
    }

    private static BsonValue FromParts(BsonValue?[] values, string[] names, bool iso)
    {
        var numbers = new int[names.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (values[i] is BsonNull or BsonUndefined || (i == 0 && values[i] is null))
            {
                return BsonNull.Value;
            }

            numbers[i] = values[i] is null ? (i is 1 or 2 ? 1 : 0) : Numbers.TryInt(values[i], out int number)
                ? number
                : throw Errors.Location(40515, $"'{names[i]}' must evaluate to an integer, found {Errors.TypeName(values[i])} with value {values[i]}");
        }

        if (values[^1] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        if (numbers[0] is < 1 or > 9999)
        {
            throw Errors.Location(40523, $"'{names[0]}' must evaluate to an integer in the range 1 to 9999, found {numbers[0]}");
        }

        // Parts out of their range carry over: month 14 is February of the next year.
        var local = Moment.Checked(() => (iso
            ? ISOWeek.ToDateTime(numbers[0], 1, DayOfWeek.Monday).AddDays((7L * (numbers[1] - 1)) + numbers[2] - 1)
            : new DateTime(numbers[0], 1, 1).AddMonths(numbers[1] - 1).AddDays(numbers[2] - 1))
            .AddHours(numbers[3]).AddMinutes(numbers[4]).AddSeconds(numbers[5]).AddMilliseconds(numbers[6]));
        return Moment.ToBson(Zone.Parse(values[^1]).ToUtc(local));
    }
}
