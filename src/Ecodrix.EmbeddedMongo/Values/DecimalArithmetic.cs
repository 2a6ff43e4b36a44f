using System.Globalization;
using System.Numerics;

namespace Ecodrix.EmbeddedMongo.Values;

internal static partial class DecimalMath
{
    private static readonly Parts NotANumber = new(false, 0, 0, Special.NaN);

    /// <summary>Orders by value, NaN lowest.</summary>
    public static int Compare(Parts x, Parts y)
    {
        if (x.Special == Special.NaN || y.Special == Special.NaN)
        {
            return (y.Special == Special.NaN).CompareTo(x.Special == Special.NaN);
        }

        if (x.Sign != y.Sign || x.Sign == 0)
        {
            return x.Sign.CompareTo(y.Sign);
        }

        if (!x.IsFinite || !y.IsFinite)
        {
            int infinite = (!x.IsFinite).CompareTo(!y.IsFinite);
            return x.Negative ? -infinite : infinite;
        }

        int order = CompareMagnitudes(x, y);
        return x.Negative ? -order : order;
    }

    /// <summary>Orders a decimal and a double by exact value.</summary>
    public static int CompareToDouble(Parts x, double y)
    {
        if (x.Special == Special.NaN)
        {
            return double.IsNaN(y) ? 0 : -1;
        }

        // Rounding to the nearest double keeps the order, so that only a tie needs exact numbers.
        int order = ToDouble(Join(x)).CompareTo(y);
        if (order != 0 || !double.IsFinite(y) || y == 0)
        {
            return order;
        }

        long bits = BitConverter.DoubleToInt64Bits(Math.Abs(y));
        int exponent = Math.Max((int)(bits >> 52), 1) - 1075;
        BigInteger mantissa = (bits & 0xf_ffff_ffff_ffffL) | (bits >> 52 == 0 ? 0 : 1L << 52);
        BigInteger left = x.Coefficient, right = mantissa;
        Scale(ref left, ref right, x.Exponent, 10);
        Scale(ref right, ref left, exponent, 2);
        order = left.CompareTo(right);
        return y < 0 ? -order : order;

        static void Scale(ref BigInteger up, ref BigInteger down, int by, int radix)
        {
            if (by >= 0)
            {
                up *= BigInteger.Pow(radix, by);
            }
            else
            {
                down *= BigInteger.Pow(radix, -by);
            }
        }
    }

    /// <summary>A double rounded to 15 significant digits.</summary>
    public static Parts Of(double number)
    {
        if (!double.IsFinite(number))
        {
            return double.IsNaN(number) ? NotANumber : new Parts(number < 0, 0, 0, Special.Infinity);
        }

        if (number == 0)
        {
            return new Parts(double.IsNegative(number), 0, 0);
        }

        string text = Math.Abs(number).ToString("E14", CultureInfo.InvariantCulture);
        int mark = text.IndexOf('E');
        var coefficient = UInt128.Parse(string.Concat(text.AsSpan(0, 1), text.AsSpan(2, mark - 2)), CultureInfo.InvariantCulture);
        return new Parts(number < 0, coefficient, int.Parse(text.AsSpan(mark + 1), CultureInfo.InvariantCulture) - 14);
    }

    public static Parts Negate(Parts x) => x with { Negative = !x.Negative };

    public static Parts Add(Parts x, Parts y)
    {
        if (!x.IsFinite || !y.IsFinite)
        {
            bool undefined = x.Special == Special.NaN || y.Special == Special.NaN
                || (x.Special == y.Special && x.Negative != y.Negative);
            return undefined ? NotANumber : x.IsFinite ? y : x;
        }

        int exponent = Math.Min(x.Exponent, y.Exponent);
        if (TryScale(x, exponent, out var left) && TryScale(y, exponent, out var right))
        {
            var sum = (x.Negative ? -left : left) + (y.Negative ? -right : right);
            var magnitude = (UInt128)Int128.Abs(sum);
            return magnitude < Limit ? new Parts(sum < 0, magnitude, exponent) : Round(sum < 0, magnitude, exponent);
        }

        // More digits apart than 34 and a guard: the smaller one can only nudge the rounding, as any tiny amount would.
        int floor = Math.Max(exponent, Math.Max(Top(x), Top(y)) - (2 * Digits) - 4);
        var exact = Widen(x, floor) + Widen(y, floor);
        return Round(exact.Sign < 0, BigInteger.Abs(exact), floor);
    }

    public static Parts Subtract(Parts x, Parts y) => Add(x, Negate(y));

    public static Parts Multiply(Parts x, Parts y)
    {
        bool negative = x.Negative != y.Negative;
        if (!x.IsFinite || !y.IsFinite)
        {
            bool undefined = x.Special == Special.NaN || y.Special == Special.NaN || x.IsZero || y.IsZero;
            return undefined ? NotANumber : new Parts(negative, 0, 0, Special.Infinity);
        }

        int exponent = x.Exponent + y.Exponent;
        if (x.Coefficient <= ulong.MaxValue && y.Coefficient <= ulong.MaxValue)
        {
            var product = x.Coefficient * y.Coefficient;
            if (product < Limit && exponent is >= MinExponent and <= MaxExponent)
            {
                return new Parts(negative, product, exponent);
            }
        }

        return Round(negative, (BigInteger)x.Coefficient * y.Coefficient, exponent);
    }

    /// <summary>The quotient to 34 digits, with the exponent as close to the operands' difference as it allows.</summary>
    public static Parts Divide(Parts x, Parts y)
    {
        bool negative = x.Negative != y.Negative;
        if (!x.IsFinite || !y.IsFinite)
        {
            bool undefined = x.Special == Special.NaN || y.Special == Special.NaN || x.Special == y.Special;
            return undefined ? NotANumber : x.IsFinite ? new Parts(negative, 0, 0) : new Parts(negative, 0, 0, Special.Infinity);
        }

        if (y.Coefficient == 0)
        {
            return x.Coefficient == 0 ? NotANumber : new Parts(negative, 0, 0, Special.Infinity);
        }

        int ideal = x.Exponent - y.Exponent;
        const int Extra = (2 * Digits) + 2;
        var quotient = BigInteger.DivRem(x.Coefficient * BigInteger.Pow(10, Extra), y.Coefficient, out var remainder);
        if (!remainder.IsZero)
        {
            // One sticky digit keeps a tie from being mistaken for exact.
            return Round(negative, (quotient * 10) + 1, ideal - Extra - 1);
        }

        return Shorten(negative, quotient, ideal - Extra, ideal);
    }

    /// <summary>An exact result, with its exponent as close to the ideal one as the zeros at its end allow.</summary>
    public static Parts Shorten(bool negative, BigInteger coefficient, int exponent, int ideal)
    {
        while (exponent < ideal && !coefficient.IsZero && (coefficient % 10).IsZero)
        {
            coefficient /= 10;
            exponent++;
        }

        return Round(negative, coefficient, coefficient.IsZero ? ideal : exponent);
    }

    /// <summary>The remainder of division truncated toward zero; it has the sign of <paramref name="x"/>.</summary>
    public static Parts Remainder(Parts x, Parts y)
    {
        if (!x.IsFinite || y.Special == Special.NaN || y.IsZero)
        {
            return NotANumber;
        }

        if (!y.IsFinite)
        {
            return x;
        }

        int exponent = Math.Min(x.Exponent, y.Exponent);
        var rest = BigInteger.Remainder(BigInteger.Abs(Widen(x, exponent)), BigInteger.Abs(Widen(y, exponent)));
        return Round(x.Negative, rest, exponent);
    }

    /// <summary>Rounds to <paramref name="places"/> decimals (negative: to tens, hundreds …).</summary>
    public static Parts RoundTo(Parts x, int places, MidpointRounding mode)
    {
        int target = -places;
        if (!x.IsFinite || x.Exponent >= target)
        {
            return x;
        }

        var unit = BigInteger.Pow(10, Math.Min(target - x.Exponent, 80));
        var quotient = BigInteger.DivRem(x.Coefficient, unit, out var rest);
        bool up = mode switch
        {
            MidpointRounding.ToZero => false,
            MidpointRounding.ToPositiveInfinity => !x.Negative && !rest.IsZero,
            MidpointRounding.ToNegativeInfinity => x.Negative && !rest.IsZero,
            _ => (rest * 2).CompareTo(unit) is var half && (half > 0 || (half == 0 && !quotient.IsEven)),
        };
        return Round(x.Negative, up ? quotient + 1 : quotient, target);
    }

    /// <summary>The nearest representable value to <c>±coefficient × 10^exponent</c>.</summary>
    public static Parts Round(bool negative, BigInteger coefficient, int exponent)
    {
        int digits = CountDigits(coefficient);
        int drop = Math.Max(digits - Digits, MinExponent - exponent);
        if (drop > 0)
        {
            var unit = BigInteger.Pow(10, Math.Min(drop, digits + 1));
            coefficient = BigInteger.DivRem(coefficient, unit, out var rest);
            int half = (rest * 2).CompareTo(unit);
            coefficient += half > 0 || (half == 0 && !coefficient.IsEven) ? 1 : 0;
            exponent += drop;
        }

        if (coefficient >= Limit)
        {
            // Rounded up to 10^34.
            return Round(negative, coefficient, exponent);
        }

        while (exponent > MaxExponent && !coefficient.IsZero && coefficient * 10 < Limit)
        {
            coefficient *= 10;
            exponent--;
        }

        return exponent > MaxExponent && !coefficient.IsZero
            ? new Parts(negative, 0, 0, Special.Infinity)
            : new Parts(negative, (UInt128)coefficient, Math.Clamp(exponent, MinExponent, MaxExponent));
    }

    private static int CountDigits(BigInteger coefficient)
    {
        if (coefficient.IsZero)
        {
            return 1;
        }

        // The logarithm is a double: next to a power of ten it may be on the wrong side of it.
        int digits = (int)Math.Round(BigInteger.Log10(coefficient));
        return coefficient >= BigInteger.Pow(10, digits) ? digits + 1 : digits;
    }

    private static int CompareMagnitudes(Parts x, Parts y)
    {
        int exponent = Math.Min(x.Exponent, y.Exponent);
        if (TryScale(x, exponent, out var left) && TryScale(y, exponent, out var right))
        {
            return left.CompareTo(right);
        }

        int order = Top(x).CompareTo(Top(y));
        return order != 0 ? order : BigInteger.Abs(Widen(x, exponent)).CompareTo(BigInteger.Abs(Widen(y, exponent)));
    }

    private static bool TryScale(Parts x, int exponent, out Int128 scaled)
    {
        int shift = x.Exponent - exponent;
        if (x.Coefficient == 0 || shift == 0)
        {
            scaled = (Int128)x.Coefficient;
            return true;
        }

        bool fits = shift < 37 && x.Coefficient <= Powers[37] / Powers[shift];
        scaled = fits ? (Int128)(x.Coefficient * Powers[shift]) : 0;
        return fits;
    }

    /// <summary>The exponent of the most significant digit.</summary>
    private static int Top(Parts x)
    {
        int digits = 0;
        while (digits < Digits && x.Coefficient >= Powers[digits])
        {
            digits++;
        }

        return digits == 0 ? int.MinValue / 2 : x.Exponent + digits - 1;
    }

    private static BigInteger Widen(Parts x, int exponent)
    {
        BigInteger coefficient = x.Coefficient;
        if (exponent > x.Exponent)
        {
            coefficient = coefficient.IsZero ? 0 : 1;
        }
        else
        {
            coefficient *= coefficient.IsZero ? 1 : BigInteger.Pow(10, x.Exponent - exponent);
        }

        return x.Negative ? -coefficient : coefficient;
    }
}
