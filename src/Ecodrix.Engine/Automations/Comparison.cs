using System.Globalization;
using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations;

/// <summary>The operators of conditions. Texts are compared without regard to case; a number written as text is a number where the other side is one.</summary>
internal static class Comparison
{
    private const int LongestShown = 80;

    public static IReadOnlyList<string> Operators { get; } =
        ["eq", "neq", "gt", "gte", "lt", "lte", "contains", "not_contains", "in", "not_in", "exists", "not_exists", "starts_with"];

    public static bool Holds(BsonValue actual, string word, BsonValue wanted) => word switch
    {
        "eq" => Same(actual, wanted),
        "neq" => !Same(actual, wanted),
        "gt" => Order(actual, wanted) > 0,
        "gte" => Order(actual, wanted) >= 0,
        "lt" => Order(actual, wanted) < 0,
        "lte" => Order(actual, wanted) <= 0,
        "contains" => Contains(actual, wanted),
        "not_contains" => !Contains(actual, wanted),
        "in" => wanted is BsonArray list && Among(actual, list),
        "not_in" => wanted is BsonArray list && !Among(actual, list),
        "exists" => Exists(actual),
        "not_exists" => !Exists(actual),
        "starts_with" => Text(actual) is { } text && Text(wanted) is { } start && text.StartsWith(start, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>A value for a person to read.</summary>
    public static string Show(BsonValue value)
    {
        var text = value switch
        {
            BsonNull => "missing",
            BsonString s => $"\"{s.Value}\"",
            BsonDateTime d => Moments.Write(d.ToUniversalTime()),
            BsonArray a => $"[{string.Join(", ", a.Select(Show))}]",
            BsonDocument => "an object",
            _ => Text(value) ?? value.ToString()!,
        };
        return text.Length <= LongestShown ? text : Texts.Cut(text, LongestShown) + "…";
    }

    private static bool Same(BsonValue actual, BsonValue wanted)
    {
        if (actual is BsonArray list && wanted is not BsonArray)
        {
            return list.Any(item => Same(item, wanted));
        }

        if (Number(actual, wanted) is { } numbers)
        {
            return numbers.Left == numbers.Right;
        }

        return Text(actual) is { } left && Text(wanted) is { } right ? string.Equals(left, right, StringComparison.OrdinalIgnoreCase) : actual.Equals(wanted);
    }

    /// <summary>Below 0, 0, above 0; null where the two have no order.</summary>
    private static int? Order(BsonValue actual, BsonValue wanted)
    {
        if (Number(actual, wanted) is { } numbers)
        {
            return numbers.Left.CompareTo(numbers.Right);
        }

        if (Time(actual) is { } time && Time(wanted) is { } limit)
        {
            return time.CompareTo(limit);
        }

        return actual is BsonString left && wanted is BsonString right ? string.Compare(left.Value, right.Value, StringComparison.OrdinalIgnoreCase) : null;
    }

    private static bool Contains(BsonValue actual, BsonValue wanted) => actual is BsonArray list
        ? list.Any(item => Same(item, wanted))
        : Text(actual) is { } text && Text(wanted) is { } part && text.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static bool Among(BsonValue actual, BsonArray list) => list.Any(item => Same(actual, item));

    private static bool Exists(BsonValue value) => value is not (BsonNull or BsonString { Value.Length: 0 } or BsonArray { Count: 0 });

    private static (decimal Left, decimal Right)? Number(BsonValue actual, BsonValue wanted)
    {
        // Two texts are compared as texts, or phone numbers would lose their zeros.
        if (actual is BsonString && wanted is BsonString)
        {
            return null;
        }

        return AsNumber(actual) is { } left && AsNumber(wanted) is { } right ? (left, right) : null;
    }

    private static decimal? AsNumber(BsonValue value) => value switch
    {
        BsonInt32 i => i.Value,
        BsonInt64 l => l.Value,
        BsonDecimal128 d when Decimal128.IsNaN(d.Value) || Decimal128.IsInfinity(d.Value) => null,
        BsonDecimal128 d => Decimal128.ToDecimal(d.Value),
        BsonDouble { Value: >= -7.9e27 and <= 7.9e27 } d => (decimal)d.Value,
        BsonString s when decimal.TryParse(s.Value, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    private static DateTimeOffset? Time(BsonValue value) => value switch
    {
        BsonDateTime d => d.ToUniversalTime(),
        BsonString s when Moments.TryParse(s.Value, out var moment) => moment,
        _ => null,
    };

    private static string? Text(BsonValue value) => value switch
    {
        BsonString s => s.Value,
        BsonBoolean b => b.Value ? "true" : "false",
        BsonObjectId id => id.Value.ToString(),
        BsonInt32 or BsonInt64 or BsonDouble or BsonDecimal128 => AsNumber(value)?.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };
}
