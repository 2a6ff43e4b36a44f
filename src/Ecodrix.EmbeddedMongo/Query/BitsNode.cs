using System.Numerics;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>Bits of a whole number (two's complement) or of binary data (little end first) are set or clear.</summary>
internal sealed class BitsNode(FieldPath path, BigInteger mask, bool all, bool set) : PathNode(path)
{
    public override bool MatchesValue(BsonValue? value, MatchState state)
    {
        BigInteger bits;
        if (value is BsonBinaryData binary)
        {
            bits = new BigInteger(binary.Bytes, isUnsigned: true);
        }
        else if (Numbers.TryWhole(value, out long whole))
        {
            bits = whole;
        }
        else
        {
            return false;
        }

        var found = (set ? bits : ~bits) & mask;
        return all ? found == mask : !found.IsZero;
    }

    public static BitsNode Parse(FieldPath path, BsonElement element) =>
        new(path, Mask(element), element.Name.Contains("All", StringComparison.Ordinal), element.Name.EndsWith("Set", StringComparison.Ordinal));

    private static BigInteger Mask(BsonElement element)
    {
        switch (element.Value)
        {
            case BsonBinaryData binary:
                return new BigInteger(binary.Bytes, isUnsigned: true);
            case BsonArray positions:
                var mask = BigInteger.Zero;
                foreach (var position in positions)
                {
                    mask |= Numbers.TryInt(position, out int at) && at >= 0
                        ? BigInteger.One << at
                        : throw Errors.BadValue($"Failed to parse bit position. Expected a non-negative integer in: {element.Name}: {position}");
                }

                return mask;
            default:
                return Numbers.TryWhole(element.Value, out long whole) && whole >= 0
                    ? whole
                    : throw Errors.BadValue($"{element.Name} takes an Array, a non-negative number, or a BinData but received: {element.Value}");
        }
    }
}
