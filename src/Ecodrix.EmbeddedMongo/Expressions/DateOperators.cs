using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Reckoning with dates, and dates from and to text. See https://www.mongodb.com/docs/manual/reference/operator/aggregation/#date-expression-operators.</summary>
internal static class DateOperators
{
    public static void Register(OperatorTable table)
    {
        table.Named("$dateAdd", ["startDate", "unit", "amount"], ["timezone"], values => Add("$dateAdd", values, 1));
        table.Named("$dateSubtract", ["startDate", "unit", "amount"], ["timezone"], values => Add("$dateSubtract", values, -1));
        table.Named("$dateDiff", ["startDate", "endDate", "unit"], ["timezone", "startOfWeek"], Difference);
        table.Named("$dateTrunc", ["date", "unit"], ["binSize", "timezone", "startOfWeek"], Truncate);
        table.Special("$dateToString", ParseToString);
        table.Special("$dateFromString", ParseFromString);
    }

    private static BsonValue Add(string name, BsonValue?[] values, int sign)
    {
        if (Nullish.Any(values[..3]) || values[3] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        var start = Date(name, values[0], "startDate");
        var unit = Unit(name, values[1]!);
        return Numbers.TryWhole(values[2], out long amount)
            ? Moment.ToBson(DateArithmetic.Add(start, unit, sign * amount, Zone.Parse(values[3])))
            : throw Errors.Location(5166405, $"{name} expects integer amount of time units");
    }

    private static BsonValue Difference(BsonValue?[] values)
    {
        if (Nullish.Any(values[..3]) || values[3] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        var unit = Unit("$dateDiff", values[2]!);
        if (unit == DateUnit.Week && values[4] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        return new BsonInt64(DateArithmetic.Difference(
            Date("$dateDiff", values[0], "startDate"), Date("$dateDiff", values[1], "endDate"), unit, Zone.Parse(values[3]), Day("$dateDiff", values[4])));
    }

    private static BsonValue Truncate(BsonValue?[] values)
    {
        if (Nullish.Any(values[..2]) || values[2] is BsonNull or BsonUndefined || values[3] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        var date = Date("$dateTrunc", values[0], "date");
        var unit = Unit("$dateTrunc", values[1]!);
        if (unit == DateUnit.Week && values[4] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        long bins = 1;
        if (values[2] is not null && (!Numbers.TryWhole(values[2], out bins) || bins is < 1 or > 100_000_000_000))
        {
            throw Errors.Location(5439017, $"$dateTrunc requires 'binSize' to be a 64-bit integer greater than 0, but got value '{values[2]}'");
        }

        return Moment.ToBson(DateArithmetic.Truncate(date, unit, bins, Zone.Parse(values[3]), Day("$dateTrunc", values[4])));
    }

    private static FunctionExpression ParseToString(BsonValue argument, ExpressionScope scope)
    {
        var arguments = OperatorTable.Arguments("$dateToString", argument, scope, ["date"], ["format", "timezone", "onNull"]);
        bool hasOnNull = argument.AsBsonDocument.Contains("onNull");
        return new FunctionExpression(arguments, values =>
        {
            if (values[1] is BsonNull or BsonUndefined || values[2] is BsonNull or BsonUndefined)
            {
                return BsonNull.Value;
            }

            var zone = Zone.Parse(values[2]);
            string format = values[1] is null
                ? (zone.IsUtc ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L")
                : Text.Of(values[1]) ?? throw Errors.Location(18533, $"$dateToString requires that 'format' be a string, found: {Errors.TypeName(values[1])}");
            return Nullish.Is(values[0])
                ? hasOnNull ? values[3] : BsonNull.Value
                : new BsonString(DateText.Format(Moment.Of(values[0]), zone, format));
        });
    }

    private static FunctionExpression ParseFromString(BsonValue argument, ExpressionScope scope)
    {
        var arguments = OperatorTable.Arguments(
            "$dateFromString", argument, scope, ["dateString"], ["format", "timezone", "onNull", "onError"]);
        bool hasOnNull = argument.AsBsonDocument.Contains("onNull"), hasOnError = argument.AsBsonDocument.Contains("onError");
        return new FunctionExpression(arguments, values =>
        {
            if (Nullish.Is(values[0]))
            {
                return hasOnNull ? values[3] : BsonNull.Value;
            }

            if (values[1] is BsonNull or BsonUndefined || values[2] is BsonNull or BsonUndefined)
            {
                return BsonNull.Value;
            }

            try
            {
                string text = Text.Of(values[0]) ?? throw Errors.ConversionFailure(
                    $"$dateFromString requires that 'dateString' be a string, found: {Errors.TypeName(values[0])} with value {values[0]}");
                return Moment.ToBson(DateParser.Parse(text, Text.Of(values[1]), values[2] is null ? null : Zone.Parse(values[2])));
            }
            catch (MongoError failure) when (hasOnError && failure.Code == 241)
            {
                return values[4];
            }
        });
    }

    private static DateTime Date(string name, BsonValue? value, string role) => value is BsonDateTime or BsonTimestamp or BsonObjectId
        ? Moment.Of(value)
        : throw Errors.Location(5166403, $"{name} requires '{role}' to be a date, but got {Errors.TypeName(value)}");

    private static DateUnit Unit(string name, BsonValue value)
    {
        string text = Text.Of(value)
            ?? throw Errors.Location(5439013, $"{name} requires 'unit' to be a string, but got {Errors.TypeName(value)}");
        bool known = text is "year" or "quarter" or "month" or "week" or "day" or "hour" or "minute" or "second" or "millisecond";
        return known ? Enum.Parse<DateUnit>(text, ignoreCase: true) : throw Errors.FailedToParse($"{name} parameter 'unit' value parsing failed: unknown time unit value: {text}");
    }

    private static DayOfWeek Day(string name, BsonValue? value)
    {
        if (Nullish.Is(value))
        {
            return DayOfWeek.Sunday;
        }

        string text = Text.Of(value)
            ?? throw Errors.Location(5439015, $"{name} requires 'startOfWeek' to be a string, but got {Errors.TypeName(value)}");
        for (var day = DayOfWeek.Sunday; day <= DayOfWeek.Saturday; day++)
        {
            string full = day.ToString();
            if (text.Equals(full, StringComparison.OrdinalIgnoreCase) || text.Equals(full[..3], StringComparison.OrdinalIgnoreCase))
            {
                return day;
            }
        }

        throw Errors.FailedToParse($"{name} parameter 'startOfWeek' value parsing failed: unknown day of week value: {text}");
    }
}
