using System.Globalization;
using System.Numerics;
using Ecodrix.EmbeddedMongo.Values;
using Parts = Ecodrix.EmbeddedMongo.Values.DecimalMath.Parts;
using Special = Ecodrix.EmbeddedMongo.Values.DecimalMath.Special;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Roots, powers and logarithms of decimals to 34 digits, computed with 80 decimals in fixed point.</summary>
internal static class DecimalFunctions
{
    private const int Places = 80;

    // Beyond these, e^x is more than the largest decimal or less than the smallest.
    private const int MaxExponent = 14_200;

    // Up to here a whole power is taken exactly; its digits stay few thousand.
    private const int MaxExactPower = 256;

    private static readonly BigInteger One = BigInteger.Pow(10, Places);

    private static readonly BigInteger Ln10 = BigInteger.Parse(
        "2302585092994045684017991454684364207601101488628772976033327900967572609677352480",
        CultureInfo.InvariantCulture) / 10;

    private static readonly Parts NotANumber = new(false, 0, 0, Special.NaN);

    public static Parts Sqrt(Parts x)
    {
        if (!x.IsFinite || x.IsZero)
        {
            return x;
        }

        // An even exponent, and so many digits that the root has more than 34.
        int shift = 72 + ((x.Exponent & 1) == 0 ? 0 : 1);
        var radicand = x.Coefficient * BigInteger.Pow(10, shift);
        var root = IntegerRoot(radicand);
        int exponent = (x.Exponent - shift) / 2;
        if (root * root != radicand)
        {
            return DecimalMath.Round(false, (root * 10) + 1, exponent - 1);
        }

        return DecimalMath.Shorten(false, root, exponent, x.Exponent / 2);
    }

    public static Parts Exp(Parts x)
    {
        if (x.Special == Special.NaN)
        {
            return x;
        }

        double size = DecimalMath.ToDouble(DecimalMath.Join(x));
        if (Math.Abs(size) > MaxExponent)
        {
            return size < 0 ? new Parts(false, 0, 0) : new Parts(false, 0, 0, Special.Infinity);
        }

        return x.IsZero ? new Parts(false, 1, 0) : FromExponent(Fixed(x));
    }

    public static Parts Ln(Parts x)
    {
        if (!x.IsFinite)
        {
            return x;
        }

        var logarithm = FixedLn(x);
        return DecimalMath.Round(logarithm.Sign < 0, BigInteger.Abs(logarithm), -Places);
    }

    public static Parts Log10(Parts x)
    {
        if (!x.IsFinite)
        {
            return x;
        }

        var digits = x.Coefficient.ToString(CultureInfo.InvariantCulture);
        if (digits[0] == '1' && digits.AsSpan(1).IndexOfAnyExcept('0') < 0)
        {
            return DecimalMath.Of(x.Exponent + digits.Length - 1);
        }

        var logarithm = FixedLn(x) * One / Ln10;
        return DecimalMath.Round(logarithm.Sign < 0, BigInteger.Abs(logarithm), -Places);
    }

    public static Parts Pow(Parts x, Parts y)
    {
        bool whole = DecimalMath.TryWhole(DecimalMath.Join(y), out long exponent);
        if (whole && Math.Abs(exponent) <= MaxExactPower && x.IsFinite)
        {
            var power = DecimalMath.Round(
                x.Negative && (exponent & 1) != 0, BigInteger.Pow(x.Coefficient, (int)Math.Abs(exponent)), x.Exponent * (int)Math.Abs(exponent));
            return exponent < 0 ? DecimalMath.Divide(new Parts(false, 1, 0), power) : power;
        }

        if (!x.IsFinite || !y.IsFinite || x.IsZero)
        {
            double rough = Math.Pow(DecimalMath.ToDouble(DecimalMath.Join(x)), DecimalMath.ToDouble(DecimalMath.Join(y)));
            return DecimalMath.Of(rough);
        }

        if (x.Negative && !whole)
        {
            return NotANumber;
        }

        var logarithm = FixedLn(x with { Negative = false });
        double size = (double)logarithm / (double)One * DecimalMath.ToDouble(DecimalMath.Join(y));
        if (Math.Abs(size) > MaxExponent)
        {
            return size < 0 ? new Parts(false, 0, 0) : new Parts(false, 0, 0, Special.Infinity);
        }

        var exact = y.Coefficient * logarithm * (y.Negative ? -1 : 1);
        exact = y.Exponent >= 0 ? exact * BigInteger.Pow(10, y.Exponent) : exact / BigInteger.Pow(10, -y.Exponent);
        return FromExponent(exact) with { Negative = x.Negative && (exponent & 1) != 0 };
    }

    private static Parts FromExponent(BigInteger exponent)
    {
        var tens = BigInteger.Divide(exponent, Ln10);
        return DecimalMath.Round(false, FixedExp(exponent - (tens * Ln10)), (int)tens - Places);
    }

    private static BigInteger Fixed(Parts x)
    {
        int shift = x.Exponent + Places;
        BigInteger value = x.Coefficient;
        value = shift >= 0 ? value * BigInteger.Pow(10, shift) : value / BigInteger.Pow(10, Math.Min(-shift, 120));
        return x.Negative ? -value : value;
    }

    /// <summary>e^x by its series, for a small x.</summary>
    private static BigInteger FixedExp(BigInteger x)
    {
        BigInteger sum = One, term = One;
        for (int i = 1; !term.IsZero; i++)
        {
            term = term * x / (One * i);
            sum += term;
        }

        return sum;
    }

    private static BigInteger FixedLn(Parts x)
    {
        string digits = x.Coefficient.ToString(CultureInfo.InvariantCulture);
        var mantissa = x.Coefficient * BigInteger.Pow(10, Places - digits.Length + 1);
        var logarithm = (BigInteger)(Math.Log((double)mantissa / (double)One) * 1e15) * BigInteger.Pow(10, Places - 15);

        // Halley's iteration triples the digits: 15, 45, 135.
        for (int i = 0; i < 3; i++)
        {
            var power = FixedExp(logarithm);
            logarithm += 2 * (mantissa - power) * One / (mantissa + power);
        }

        return logarithm + ((x.Exponent + digits.Length - 1) * Ln10);
    }

    private static BigInteger IntegerRoot(BigInteger value)
    {
        var root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (value / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
