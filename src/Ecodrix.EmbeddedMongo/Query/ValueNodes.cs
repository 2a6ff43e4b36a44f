using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

internal enum ComparisonOperator
{
    Eq,
    Gt,
    Gte,
    Lt,
    Lte,
}

/// <summary>
/// Equality or a range. A range holds only within the bracket of its value's type (<c>$gt: 5</c> is about numbers only), except
/// against MinKey and MaxKey. Null equals missing.
/// </summary>
internal sealed class ComparisonNode(FieldPath path, ComparisonOperator comparison, BsonValue value) : PathNode(path)
{
    private readonly int _rank = BsonOrder.RankOf(value);
    private readonly bool _crossesTypes = comparison != ComparisonOperator.Eq && value.BsonType is BsonType.MinKey or BsonType.MaxKey;
    private readonly bool _isNaN = Numbers.IsNaN(value);

    public ComparisonOperator Operator { get; } = comparison;

    public BsonValue Value { get; } = value;

    public override bool MatchesValue(BsonValue? value, MatchState state)
    {
        if (!_crossesTypes && BsonOrder.RankOf(value) != _rank)
        {
            return false;
        }

        if (Numbers.IsNaN(value) != _isNaN && !_crossesTypes)
        {
            // NaN is in order below all numbers, but no range over numbers holds it.
            return false;
        }

        int order = BsonOrder.Instance.Compare(value, Value);
        return Operator switch
        {
            ComparisonOperator.Eq => order == 0,
            ComparisonOperator.Gt => order > 0,
            ComparisonOperator.Gte => order >= 0,
            ComparisonOperator.Lt => order < 0,
            _ => order <= 0,
        };
    }
}

/// <summary>Equality with one of several values, or a match of one of several patterns.</summary>
internal sealed class InNode(FieldPath path, IReadOnlyList<BsonValue> values, IReadOnlyList<RegexNode> patterns) : PathNode(path)
{
    private readonly HashSet<BsonValue> _values = new(values, BsonOrder.Instance);
    private readonly bool _null = values.Any(value => value.IsBsonNull);

    /// <summary>The distinct values in comparison order.</summary>
    public IReadOnlyList<BsonValue> Values { get; } =
        [.. values.Distinct(BsonOrder.Instance).Order(BsonOrder.Instance)];

    public IReadOnlyList<RegexNode> Patterns { get; } = patterns;

    public override bool MatchesValue(BsonValue? value, MatchState state)
    {
        if (value is null ? _null : _values.Contains(value))
        {
            return true;
        }

        foreach (var pattern in Patterns)
        {
            if (pattern.MatchesValue(value, state))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The field is there, be it null.</summary>
internal sealed class ExistsNode(FieldPath path) : PathNode(path)
{
    protected override bool TraversesLeafArrays => false;

    public override bool MatchesValue(BsonValue? value, MatchState state) => value is not null;
}

/// <summary>The value is of one of several types.</summary>
internal sealed class TypeNode(FieldPath path, IReadOnlySet<BsonType> types) : PathNode(path)
{
    public IReadOnlySet<BsonType> Types { get; } = types;

    public override bool MatchesValue(BsonValue? value, MatchState state) => value is not null && Types.Contains(value.BsonType);
}

/// <summary>The number, truncated, leaves a remainder.</summary>
internal sealed class ModNode(FieldPath path, long divisor, long remainder) : PathNode(path)
{
    public long Divisor { get; } = divisor;

    public long Remainder { get; } = remainder;

    public override bool MatchesValue(BsonValue? value, MatchState state) => value switch
    {
        BsonInt32 number => Rest(number.Value) == Remainder,
        BsonInt64 number => Rest(number.Value) == Remainder,
        BsonDouble number => double.IsFinite(number.Value) && Math.Abs(number.Value) < 9.2e18 && Rest((long)number.Value) == Remainder,
        BsonDecimal128 number => DecimalMath.TryWhole(
            DecimalMath.Join(DecimalMath.RoundTo(DecimalMath.Split(number.Value), 0, MidpointRounding.ToZero)), out long whole)
            && Rest(whole) == Remainder,
        _ => false,
    };

    // long.MinValue % -1 overflows; anything % -1 is 0.
    private long Rest(long number) => Divisor == -1 ? 0 : number % Divisor;
}
