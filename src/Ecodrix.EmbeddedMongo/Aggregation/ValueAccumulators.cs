using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary><c>$min</c> and <c>$max</c> in comparison order; null and missing do not count.</summary>
internal sealed class ExtremeAccumulator(bool max) : Accumulator
{
    private BsonValue? _best;

    public override void Add(BsonValue? value)
    {
        if (value is null or BsonNull or BsonUndefined)
        {
            return;
        }

        int order = _best is null ? 0 : BsonOrder.Instance.Compare(value, _best);
        if (_best is null || (max ? order > 0 : order < 0))
        {
            _best = value;
        }
    }

    public override BsonValue Result() => _best ?? BsonNull.Value;
}

/// <summary><c>$first</c> and <c>$last</c> in the order the documents come.</summary>
internal sealed class EndAccumulator(bool last) : Accumulator
{
    public override bool KnowsOrder => true;

    private BsonValue? _value;

    public override void Add(BsonValue? value)
    {
        if (last || _value is null)
        {
            _value = value ?? BsonNull.Value;
        }
    }

    public override BsonValue Result() => _value ?? BsonNull.Value;
}

/// <summary><c>$push</c>: all values; documents without the field add nothing.</summary>
internal sealed class PushAccumulator : Accumulator
{
    public override bool KnowsOrder => true;

    private readonly BsonArray _values = [];
    private long _memory;

    public override long Memory => _memory;

    public override void Add(BsonValue? value)
    {
        if (value is not null)
        {
            _values.Add(value);
            _memory += 8 + MemorySize.Of(value);
        }
    }

    public override BsonValue Result() => _values;
}

/// <summary><c>$addToSet</c>: the distinct values.</summary>
internal sealed class SetAccumulator : Accumulator
{
    private readonly HashSet<BsonValue> _values = new(BsonOrder.Instance);
    private long _memory;

    public override long Memory => _memory;

    public override void Add(BsonValue? value)
    {
        if (value is not null && _values.Add(value))
        {
            _memory += 24 + MemorySize.Of(value);
        }
    }

    public override BsonValue Result() => new BsonArray(_values);
}

/// <summary><c>$mergeObjects</c>: later documents' fields win.</summary>
internal sealed class MergeAccumulator : Accumulator
{
    public override bool KnowsOrder => true;

    private readonly BsonDocument _merged = [];

    public override void Add(BsonValue? value)
    {
        if (value is null or BsonNull or BsonUndefined)
        {
            return;
        }

        var document = value as BsonDocument ?? throw Errors.Location(
            40400, $"$mergeObjects requires object inputs, but input {value} is of type {Errors.TypeName(value)}");
        _merged.Merge(document, overwriteExistingElements: true);
    }

    public override BsonValue Result() => _merged;
}

/// <summary><c>$firstN</c> and <c>$lastN</c>.</summary>
internal sealed class EndsAccumulator(int count, bool last) : Accumulator
{
    public override bool KnowsOrder => true;

    private readonly LinkedList<BsonValue> _values = new();

    public override long Memory => 64L * _values.Count;

    public override void Add(BsonValue? value)
    {
        if (!last && _values.Count == count)
        {
            return;
        }

        _values.AddLast(value ?? BsonNull.Value);
        if (_values.Count > count)
        {
            _values.RemoveFirst();
        }
    }

    public override BsonValue Result() => new BsonArray(_values);
}

/// <summary><c>$minN</c>, <c>$maxN</c>, and <c>$top</c>, <c>$topN</c>, <c>$bottom</c>, <c>$bottomN</c>: the first values by an order.</summary>
/// <param name="count">How many.</param>
/// <param name="order">The order of the values as they are added.</param>
/// <param name="last">Whether the end of the order is wanted rather than its beginning.</param>
/// <param name="output">What becomes of a value that made it; null for a value that is not considered.</param>
/// <param name="single">Whether the one value is the result, not an array.</param>
internal sealed class RankedAccumulator(
    int count, IComparer<BsonValue> order, bool last, Func<BsonValue?, BsonValue?> output, bool single) : Accumulator
{
    public override bool KnowsOrder => true;

    // The order breaks ties by arrival, so that the result is the one a stable sort gives.
    private readonly SortedSet<(BsonValue Value, long Arrival)> _best = new(Comparer<(BsonValue Value, long Arrival)>.Create(
        (x, y) => order.Compare(x.Value, y.Value) is not 0 and var by ? by : x.Arrival.CompareTo(y.Arrival)));

    private long _arrivals;

    public override long Memory => 96L * _best.Count;

    public override void Add(BsonValue? value)
    {
        if (output(value) is null)
        {
            return;
        }

        _best.Add((value ?? BsonNull.Value, _arrivals++));
        if (_best.Count > count)
        {
            _best.Remove(last ? _best.Min : _best.Max);
        }
    }

    public override BsonValue Result()
    {
        var results = new BsonArray(_best.Select(entry => output(entry.Value)));
        return !single ? results : results.Count > 0 ? results[0] : BsonNull.Value;
    }
}
