using System.Text;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Parts of texts, counted in UTF-8 bytes or in code points.</summary>
internal static class SubstringOperators
{
    public static void Register(OperatorTable table)
    {
        table.Positional("$substr", 3, 3, SubstringBytes);
        table.Positional("$substrBytes", 3, 3, SubstringBytes);
        table.Positional("$substrCP", 3, 3, SubstringPoints);
        table.Unary("$strLenBytes", value => new BsonInt32(Encoding.UTF8.GetByteCount(
            Text.Of(value) ?? throw Errors.Location(34473, $"$strLenBytes requires a string argument, found: {Errors.TypeName(value)}"))));
        table.Unary("$strLenCP", value => new BsonInt32(CountPoints(
            Text.Of(value) ?? throw Errors.Location(34471, $"$strLenCP requires a string argument, found: {Errors.TypeName(value)}"))));
        table.Positional("$indexOfBytes", 2, 4, values => IndexOf("$indexOfBytes", values, Encoding.UTF8.GetByteCount, 40091));
        table.Positional("$indexOfCP", 2, 4, values => IndexOf("$indexOfCP", values, CountPoints, 40093));
    }

    private static int CountPoints(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (char unit in text)
        {
            count += char.IsLowSurrogate(unit) ? 0 : 1;
        }

        return count;
    }

    private static int CountPoints(string text) => CountPoints(text.AsSpan());

    private static BsonString SubstringBytes(BsonValue?[] values)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Text.Coerce("$substrBytes", values[0]));
        long start = Position("$substrBytes", values[1], 16034), length = Position("$substrBytes", values[2], 16035);
        if (start < 0)
        {
            throw Errors.Location(50752, $"$substrBytes: starting index must be non-negative (got: {start})");
        }

        if (start >= bytes.Length)
        {
            return new BsonString("");
        }

        // A negative length stands for the rest.
        long end = length < 0 ? bytes.Length : Math.Min(bytes.Length, start + length);
        if (IsContinuation(bytes[start]) || (end < bytes.Length && IsContinuation(bytes[end])))
        {
            throw Errors.Location(28656, "$substrBytes: Invalid range, starting or ending index is in the middle of a UTF-8 character.");
        }

        return new BsonString(Encoding.UTF8.GetString(bytes, (int)start, (int)(end - start)));

        static bool IsContinuation(byte unit) => (unit & 0xC0) == 0x80;
    }

    private static BsonString SubstringPoints(BsonValue?[] values)
    {
        string text = Text.Coerce("$substrCP", values[0]);
        long start = Position("$substrCP", values[1], 34450), length = Position("$substrCP", values[2], 34452);
        if (start < 0 || length < 0)
        {
            throw start < 0
                ? Errors.Location(34455, "$substrCP: the starting index must be a non-negative integer.")
                : Errors.Location(34454, "$substrCP: length must be a nonnegative integer.");
        }

        int from = UnitAt(text, start);
        int to = UnitAt(text, start + length);
        return new BsonString(text[from..to]);
    }

    /// <summary>Where a code point begins, or the end of the text.</summary>
    private static int UnitAt(string text, long point)
    {
        int at = 0;
        for (; at < text.Length && point > 0; point--)
        {
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        }

        return at;
    }

    private static long Position(string name, BsonValue? value, int code) =>
        Numbers.IsNumber(value) && Numbers.TryWhole(Numbers.Truncate(value!), out long position)
            ? position
            : throw Errors.Location(code, $"{name}: the starting index and length must be numbers that fit an integer (is BSON type {Errors.TypeName(value)})");

    private static BsonValue IndexOf(string name, BsonValue?[] values, Func<string, int> count, int code)
    {
        if (Nullish.Is(values[0]))
        {
            return BsonNull.Value;
        }

        string text = Text.Of(values[0]) ?? throw Errors.Location(code, $"{name} requires a string as the first argument, found: {Errors.TypeName(values[0])}");
        string part = Text.Of(values[1]) ?? throw Errors.Location(code + 1, $"{name} requires a string as the second argument, found: {Errors.TypeName(values[1])}");
        long start = Bound(name, values[2], 0), end = Bound(name, values[3], int.MaxValue);
        for (int at = 0; at <= text.Length - part.Length; at++)
        {
            if (char.IsLowSurrogate(At(text, at)) || string.CompareOrdinal(text, at, part, 0, part.Length) != 0)
            {
                continue;
            }

            int position = count(text[..at]);
            if (position >= start && position + count(part) <= end)
            {
                return new BsonInt32(position);
            }
        }

        return new BsonInt32(-1);

        static char At(string text, int at) => at < text.Length ? text[at] : '\0';
    }

    private static long Bound(string name, BsonValue? value, long otherwise)
    {
        if (Nullish.Is(value))
        {
            return otherwise;
        }

        if (!Numbers.TryInt(value, out int bound))
        {
            throw Errors.Location(40096, $"{name} requires an integral starting and ending index, found a value of type: {Errors.TypeName(value)}");
        }

        return bound >= 0 ? bound : throw Errors.Location(40097, $"{name} requires a nonnegative index, found: {bound}");
    }
}
