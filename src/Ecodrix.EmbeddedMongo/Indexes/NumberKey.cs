using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Ecodrix.EmbeddedMongo.Bson;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>
/// The key of a number: the greatest double that is not above it, in an order-preserving form, then one byte 0 if the
/// number is that double. If not (a long beyond 2^53, a decimal fraction), 1 and the number's decimal digits follow, which order
/// the few numbers that share a double. Equal numbers of different types have the same key.
/// </summary>
internal static class NumberKey
{
    private const byte Exact = 0;
    private const byte Inexact = 1;
    private const long TwoTo53 = 1L << 53;

    public static void Write(ByteBuffer key, double number)
    {
        WriteFloor(key, number);
        key.WriteByte(Exact);
    }

    public static void Write(ByteBuffer key, long number)
    {
        if (number is >= -TwoTo53 and <= TwoTo53)
        {
            Write(key, (double)number);
            return;
        }

        double floor = number;
        // Rounded up to 2^63, the double is above every long.
        if (floor >= 9223372036854775808.0 || (long)floor > number)
        {
            floor = Math.BitDecrement(floor);
        }

        WriteFloor(key, floor);
        if ((long)floor == number)
        {
            key.WriteByte(Exact);
        }
        else
        {
            WriteDigits(key, number, 0);
        }
    }

    public static void Write(ByteBuffer key, Decimal128 number)
    {
        if (Decimal128.IsNaN(number) || Decimal128.IsInfinity(number))
        {
            Write(key, Decimal128.IsNaN(number) ? double.NaN
                : Decimal128.IsNegative(number) ? double.NegativeInfinity : double.PositiveInfinity);
            return;
        }

        var (digits, exponent) = Parts(number);
        double floor = double.Parse($"{digits}E{exponent}", NumberStyles.Float, CultureInfo.InvariantCulture);
        int order = Compare(digits, exponent, floor);
        if (order < 0)
        {
            floor = Math.BitDecrement(floor);
        }

        WriteFloor(key, floor);
        if (order == 0)
        {
            key.WriteByte(Exact);
        }
        else
        {
            WriteDigits(key, digits, exponent);
        }
    }

    private static void WriteFloor(ByteBuffer key, double number)
    {
        long bits = BitConverter.DoubleToInt64Bits(number == 0 ? 0.0 : number);
        // NaN is less than every other number; negative numbers count backwards.
        ulong ordered = double.IsNaN(number) ? 0 : bits < 0 ? (ulong)~bits : (ulong)bits | 1UL << 63;
        BinaryPrimitives.WriteUInt64BigEndian(key.Append(8), ordered);
    }

    /// <summary>Writes ± 0.d1d2d3… × 10^e so that bytes order as numbers do.</summary>
    private static void WriteDigits(ByteBuffer key, BigInteger digits, int exponent)
    {
        key.WriteByte(Inexact);
        int start = key.Length;
        string text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture);
        BinaryPrimitives.WriteUInt16BigEndian(key.Append(2), (ushort)(exponent + text.Length + 16384));
        foreach (char digit in text.AsSpan().TrimEnd('0'))
        {
            key.WriteByte((byte)(digit - '0' + 1));
        }

        key.WriteByte(0);
        if (digits.Sign < 0)
        {
            KeyEncoder.Invert(key, start);
        }
    }

    private static (BigInteger Digits, int Exponent) Parts(Decimal128 number)
    {
        ulong high = number.GetIEEEHighBits();
        bool negative = (high & 0x8000_0000_0000_0000) != 0;
        // The second form of the encoding can only hold digits beyond 34, which count as zero.
        bool overlong = (high & 0x6000_0000_0000_0000) == 0x6000_0000_0000_0000;
        int exponent = (int)((overlong ? high >> 47 : high >> 49) & 0x3FFF) - 6176;
        var digits = overlong ? BigInteger.Zero : ((BigInteger)(high & 0x0001_FFFF_FFFF_FFFF) << 64) | number.GetIEEELowBits();
        return (negative ? -digits : digits, exponent);
    }

    /// <summary>Compares digits × 10^exponent with a double, exactly.</summary>
    private static int Compare(BigInteger digits, int exponent, double number)
    {
        if (double.IsInfinity(number))
        {
            return number > 0 ? -1 : 1;
        }

        if (number == 0 || digits.IsZero)
        {
            return digits.Sign - Math.Sign(number);
        }

        long bits = BitConverter.DoubleToInt64Bits(number);
        int power = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = power == 0 ? bits & 0xF_FFFF_FFFF_FFFF : (bits & 0xF_FFFF_FFFF_FFFF) | 0x10_0000_0000_0000;
        power = Math.Max(power, 1) - 1075;
        mantissa = bits < 0 ? -mantissa : mantissa;

        var left = exponent > 0 ? digits * BigInteger.Pow(10, exponent) : digits;
        var right = exponent < 0 ? mantissa * BigInteger.Pow(10, -exponent) : mantissa;
        return power < 0 ? (left << -power).CompareTo(right) : left.CompareTo(right << power);
    }
}
