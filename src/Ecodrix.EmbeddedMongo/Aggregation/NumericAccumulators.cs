using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>
/// A running total of numbers of any type: longs and decimals exactly, doubles with compensation. The result is as wide as the
/// widest number seen.
/// </summary>
internal sealed class RunningTotal
{
    private Int128 _whole;
    private double _double;
    private double _lost;
    private DecimalMath.Parts _decimal;
    private bool _anyLong;
    private bool _anyDouble;
    private bool _anyDecimal;

    public long Count { get; private set; }

    public void Add(BsonValue value)
    {
        switch (value)
        {
            case BsonInt32 number:
                _whole += number.Value;
                break;
            case BsonInt64 number:
                _whole += number.Value;
                _anyLong = true;
                break;
            case BsonDouble number:
                AddDouble(number.Value);
                _anyDouble = true;
                break;
            case BsonDecimal128 number:
                _decimal = _anyDecimal ? DecimalMath.Add(_decimal, DecimalMath.Split(number.Value)) : DecimalMath.Split(number.Value);
                _anyDecimal = true;
                break;
            default:
                return;
        }

        Count++;
    }

    /// <summary>Adds a whole number so many times.</summary>
    public void AddRepeated(BsonValue value, long times)
    {
        if (times > 0)
        {
            _whole += (Int128)value.ToInt64() * times;
            _anyLong |= value is BsonInt64;
            Count += times;
        }
    }

    public BsonValue Sum()
    {
        if (_anyDecimal)
        {
            return Arithmetic.Decimal(DecimalTotal());
        }

        if (_anyDouble)
        {
            return new BsonDouble(DoubleTotal());
        }

        if (_whole < long.MinValue || _whole > long.MaxValue)
        {
            return new BsonDouble((double)_whole);
        }

        return !_anyLong && _whole >= int.MinValue && _whole <= int.MaxValue ? new BsonInt32((int)_whole) : new BsonInt64((long)_whole);
    }

    public BsonValue Average()
    {
        if (Count == 0)
        {
            return BsonNull.Value;
        }

        return _anyDecimal
            ? Arithmetic.Decimal(DecimalMath.Divide(DecimalTotal(), DecimalMath.Of(Count)))
            : new BsonDouble(DoubleTotal() / Count);
    }

    private DecimalMath.Parts DecimalTotal()
    {
        var total = _decimal;
        if (_whole != 0)
        {
            total = DecimalMath.Add(total, new DecimalMath.Parts(_whole < 0, (UInt128)Int128.Abs(_whole), 0));
        }

        return _anyDouble ? DecimalMath.Add(total, DecimalMath.Of(_double + _lost)) : total;
    }

    private double DoubleTotal() => double.IsFinite(_double) ? _double + ((double)_whole + _lost) : _double;

    /// <summary>Neumaier's summation: what a sum loses to rounding is kept aside.</summary>
    private void AddDouble(double number)
    {
        double sum = _double + number;
        _lost += Math.Abs(_double) >= Math.Abs(number) ? _double - sum + number : number - sum + _double;
        _double = sum;
    }
}

/// <summary><c>$sum</c>; whatever is no number counts as nothing.</summary>
internal sealed class SumAccumulator : Accumulator
{
    private readonly RunningTotal _total = new();

    public override void Add(BsonValue? value)
    {
        if (value is not null)
        {
            _total.Add(value);
        }
    }

    public override void AddRepeated(BsonValue? value, long times)
    {
        if (value is BsonInt32 or BsonInt64)
        {
            _total.AddRepeated(value, times);
        }
        else
        {
            base.AddRepeated(value, times);
        }
    }

    public override BsonValue Result() => _total.Sum();
}

/// <summary><c>$avg</c> of the numbers; null if there are none.</summary>
internal sealed class AverageAccumulator : Accumulator
{
    private readonly RunningTotal _total = new();

    public override void Add(BsonValue? value)
    {
        if (value is not null)
        {
            _total.Add(value);
        }
    }

    public override BsonValue Result() => _total.Average();
}

/// <summary><c>$stdDevPop</c> and <c>$stdDevSamp</c>, by Welford's method.</summary>
internal sealed class DeviationAccumulator(bool sample) : Accumulator
{
    private long _count;
    private double _mean;
    private double _squares;

    public override void Add(BsonValue? value)
    {
        if (!Numbers.IsNumber(value))
        {
            return;
        }

        double number = Numbers.ToDouble(value!);
        double delta = number - _mean;
        _mean += delta / ++_count;
        _squares += delta * (number - _mean);
    }

    public override BsonValue Result()
    {
        long divisor = sample ? _count - 1 : _count;
        return divisor <= 0 ? BsonNull.Value : new BsonDouble(Math.Sqrt(_squares / divisor));
    }
}

/// <summary><c>$percentile</c> and <c>$median</c>: the number at a share of the sorted ones, by the discrete method.</summary>
internal sealed class PercentileAccumulator(IReadOnlyList<double> shares, bool single) : Accumulator
{
    private readonly List<double> _numbers = [];

    public override long Memory => 8L * _numbers.Count;

    public override void Add(BsonValue? value)
    {
        if (Numbers.IsNumber(value) && !Numbers.IsNaN(value))
        {
            _numbers.Add(Numbers.ToDouble(value!));
        }
    }

    public override BsonValue Result()
    {
        _numbers.Sort();
        if (single)
        {
            return At(shares[0]);
        }

        var results = new BsonArray(shares.Count);
        foreach (double share in shares)
        {
            results.Add(At(share));
        }

        return results;
    }

    private BsonValue At(double share)
    {
        if (_numbers.Count == 0)
        {
            return BsonNull.Value;
        }

        int rank = Math.Max(0, (int)Math.Ceiling(share * _numbers.Count) - 1);
        return new BsonDouble(_numbers[Math.Min(rank, _numbers.Count - 1)]);
    }
}
