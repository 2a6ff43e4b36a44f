using System.Globalization;
using System.Numerics;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>
/// Decimal128 arithmetic as IEEE 754-2008 defines it: exact where 34 digits suffice, else rounded half to even. Common amounts
/// stay within 128-bit integers; the rest goes through <see cref="BigInteger"/>.
/// </summary>
internal static partial class DecimalMath
{
    private const int Bias = 6176;
    private const int MinExponent = -6176;
    private const int MaxExponent = 6111;
    private const int Digits = 34;

    private static readonly UInt128[] Powers = MakePowers();

    private static readonly UInt128 Limit = Powers[Digits];

    private static readonly double[] ExactDoublePowers =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>A decimal taken apart: <c>±coefficient × 10^exponent</c>, or one of the special values.</summary>
    internal readonly record struct Parts(bool Negative, UInt128 Coefficient, int Exponent, Special Special = Special.None)
    {
        public bool IsFinite => Special == Special.None;

        public bool IsZero => IsFinite && Coefficient == 0;

        /// <summary>−1, 0 or 1; meaningless for NaN.</summary>
        public int Sign => Special == Special.Infinity || Coefficient != 0 ? (Negative ? -1 : 1) : 0;
    }

    internal enum Special
    {
        None,
        Infinity,
        NaN,
    }

    public static Parts Split(Decimal128 value)
    {
        ulong high = value.GetIEEEHighBits();
        bool negative = (high >> 63) != 0;
        if ((high & 0x7c00_0000_0000_0000) == 0x7c00_0000_0000_0000)
        {
            return new Parts(false, 0, 0, Special.NaN);
        }

        if ((high & 0x7800_0000_0000_0000) == 0x7800_0000_0000_0000)
        {
            return new Parts(negative, 0, 0, Special.Infinity);
        }

        // Coefficients of the second form are above 10^34 and therefore count as zero.
        return (high & 0x6000_0000_0000_0000) == 0x6000_0000_0000_0000
            ? new Parts(negative, 0, (int)((high >> 47) & 0x3fff) - Bias)
            : new Parts(negative, new UInt128(high & 0x0001_ffff_ffff_ffff, value.GetIEEELowBits()), (int)((high >> 49) & 0x3fff) - Bias);
    }

    public static Decimal128 Join(Parts parts)
    {
        switch (parts.Special)
        {
            case Special.NaN:
                return Decimal128.QNaN;
            case Special.Infinity:
                return parts.Negative ? Decimal128.NegativeInfinity : Decimal128.PositiveInfinity;
        }

        if (parts.Exponent is < MinExponent or > MaxExponent)
        {
            return Join(Round(parts.Negative, (BigInteger)parts.Coefficient, parts.Exponent));
        }

        ulong high = (ulong)(parts.Coefficient >> 64) | ((ulong)(parts.Exponent + Bias) << 49);
        return Decimal128.FromIEEEBits(parts.Negative ? high | (1UL << 63) : high, (ulong)parts.Coefficient);
    }

    /// <summary>Takes a number apart; a double is rounded to 15 digits, as MongoDB does wherever it mixes the two.</summary>
    public static Parts Of(BsonValue value) => value switch
    {
        BsonInt32 number => Of(number.Value),
        BsonInt64 number => Of(number.Value),
        BsonDecimal128 number => Split(number.Value),
        BsonDouble number => Of(number.Value),
        _ => throw Errors.TypeMismatch($"expected a number, found {Errors.TypeName(value)}"),
    };

    public static Parts Of(long number) =>
        new(number < 0, number < 0 ? (UInt128)(-(Int128)number) : (UInt128)number, 0);

    private static UInt128[] MakePowers()
    {
        var powers = new UInt128[39];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }

    /// <summary>The nearest double.</summary>
    public static double ToDouble(Decimal128 value)
    {
        var parts = Split(value);
        if (!parts.IsFinite)
        {
            return parts.Special == Special.NaN ? double.NaN : parts.Negative ? double.NegativeInfinity : double.PositiveInfinity;
        }

        double magnitude;
        if (parts.Coefficient <= 1UL << 53 && parts.Exponent is >= -22 and <= 22)
        {
            // Both operands are exact doubles, so the one division or product is rounded once, hence correctly.
            double coefficient = (double)(ulong)parts.Coefficient;
            magnitude = parts.Exponent < 0 ? coefficient / ExactDoublePowers[-parts.Exponent] : coefficient * ExactDoublePowers[parts.Exponent];
        }
        else
        {
            magnitude = double.Parse($"{parts.Coefficient}E{parts.Exponent}", CultureInfo.InvariantCulture);
        }

        return parts.Negative ? -magnitude : magnitude;
    }

    /// <summary>The value as a long, if it is whole and fits.</summary>
    public static bool TryWhole(Decimal128 value, out long whole)
    {
        whole = 0;
        var parts = Split(value);
        if (!parts.IsFinite)
        {
            return false;
        }

        var coefficient = parts.Coefficient;
        int exponent = parts.Exponent;
        for (; exponent < 0 && coefficient != 0; exponent++)
        {
            (coefficient, var digit) = UInt128.DivRem(coefficient, 10);
            if (digit != 0)
            {
                return false;
            }
        }

        if (coefficient != 0 && (exponent > 18 || coefficient > (UInt128)1 << 64))
        {
            return false;
        }

        var magnitude = coefficient == 0 ? 0 : (Int128)(coefficient * Powers[exponent]);
        var signed = parts.Negative ? -magnitude : magnitude;
        whole = signed >= long.MinValue && signed <= long.MaxValue ? (long)signed : 0;
        return whole == signed;
    }
}
