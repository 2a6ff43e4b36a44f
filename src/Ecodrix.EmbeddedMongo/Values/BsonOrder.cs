using System.Runtime.CompilerServices;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>
/// MongoDB's total order over BSON values, across types, and the equality and hash that go with it: <c>1</c>, <c>1.0</c> and
/// <c>Decimal128 1</c> are one value. Field order inside documents counts. A CLR null stands for a missing field and sorts as null.
/// </summary>
internal sealed class BsonOrder : IComparer<BsonValue>, IEqualityComparer<BsonValue>
{
    public static readonly BsonOrder Instance = new();

    private const int UndefinedRank = 1;
    private const int NullRank = 2;
    private const int NumberRank = 3;
    private const int TextRank = 4;
    private const int DocumentRank = 5;
    private const int ArrayRank = 6;
    private const int BinaryRank = 7;
    private const int ObjectIdRank = 8;
    private const int BooleanRank = 9;
    private const int DateRank = 10;
    private const int TimestampRank = 11;
    private const int RegexRank = 12;
    private const int CodeRank = 13;
    private const int ScopedCodeRank = 14;
    private const int MaxKeyRank = 15;

    /// <summary>The place of a type among the brackets of the comparison order; only values of one bracket match a range.</summary>
    public static int RankOf(BsonValue? value) => value is null ? NullRank : value.BsonType switch
    {
        BsonType.MinKey => 0,
        BsonType.Undefined => UndefinedRank,
        BsonType.Null => NullRank,
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => NumberRank,
        BsonType.String or BsonType.Symbol => TextRank,
        BsonType.Document => DocumentRank,
        BsonType.Array => ArrayRank,
        BsonType.Binary => BinaryRank,
        BsonType.ObjectId => ObjectIdRank,
        BsonType.Boolean => BooleanRank,
        BsonType.DateTime => DateRank,
        BsonType.Timestamp => TimestampRank,
        BsonType.RegularExpression => RegexRank,
        BsonType.JavaScript => CodeRank,
        BsonType.JavaScriptWithScope => ScopedCodeRank,
        BsonType.MaxKey => MaxKeyRank,
        _ => throw Errors.BadValue($"unknown BSON type {value.BsonType}"),
    };

    public int Compare(BsonValue? x, BsonValue? y)
    {
        if (ReferenceEquals(x, y))
        {
            return 0;
        }

        int rank = RankOf(x), other = RankOf(y);
        return rank != other ? rank.CompareTo(other) : CompareWithin(rank, x!, y!);
    }

    public bool Equals(BsonValue? x, BsonValue? y) => Compare(x, y) == 0;

    public int GetHashCode(BsonValue obj)
    {
        int rank = RankOf(obj);
        switch (rank)
        {
            case NumberRank:
                return Numbers.Hash(obj);
            case TextRank:
                return TextOf(obj).GetHashCode(StringComparison.Ordinal);
            case DocumentRank:
                return HashOf(obj.AsBsonDocument);
            case ArrayRank:
                return HashOf(obj.AsBsonArray);
            case ObjectIdRank or BooleanRank or DateRank or TimestampRank:
                return obj.GetHashCode();
            case BinaryRank:
                var binary = new HashCode();
                binary.AddBytes(obj.AsBsonBinaryData.Bytes);
                return binary.ToHashCode();
            case RegexRank:
                return obj.AsBsonRegularExpression.Pattern.GetHashCode(StringComparison.Ordinal);
            default:
                return rank;
        }
    }

    private int CompareWithin(int rank, BsonValue x, BsonValue y) => rank switch
    {
        NumberRank => Numbers.Compare(x, y),
        TextRank => CompareText(TextOf(x), TextOf(y)),
        DocumentRank => CompareDocuments(x.AsBsonDocument, y.AsBsonDocument),
        ArrayRank => CompareArrays(x.AsBsonArray, y.AsBsonArray),
        BinaryRank => CompareBinary(x.AsBsonBinaryData, y.AsBsonBinaryData),
        ObjectIdRank => x.AsObjectId.CompareTo(y.AsObjectId),
        BooleanRank => x.AsBoolean.CompareTo(y.AsBoolean),
        DateRank => ((BsonDateTime)x).MillisecondsSinceEpoch.CompareTo(((BsonDateTime)y).MillisecondsSinceEpoch),
        TimestampRank => ((ulong)x.AsBsonTimestamp.Value).CompareTo((ulong)y.AsBsonTimestamp.Value),
        RegexRank => CompareRegex(x.AsBsonRegularExpression, y.AsBsonRegularExpression),
        CodeRank => CompareText(x.AsBsonJavaScript.Code, y.AsBsonJavaScript.Code),
        ScopedCodeRank => CompareScoped((BsonJavaScriptWithScope)x, (BsonJavaScriptWithScope)y),
        _ => 0,
    };

    /// <summary>
    /// Orders as the UTF-8 bytes would. UTF-16 units give the same order but for surrogates, which stand for the highest code
    /// points and yet are numerically below U+E000–U+FFFF.
    /// </summary>
    public static int CompareText(string x, string y)
    {
        int at = x.AsSpan().CommonPrefixLength(y);
        if (at == x.Length || at == y.Length)
        {
            return x.Length.CompareTo(y.Length);
        }

        return Weight(x[at]).CompareTo(Weight(y[at]));

        static int Weight(char unit) => unit >= 0xE000 ? unit - 0x800 : unit >= 0xD800 ? unit + 0x2000 : unit;
    }

    private int CompareDocuments(BsonDocument x, BsonDocument y)
    {
        int shared = Math.Min(x.ElementCount, y.ElementCount);
        for (int i = 0; i < shared; i++)
        {
            var (left, right) = (x.GetElement(i), y.GetElement(i));
            int order = RankOf(left.Value).CompareTo(RankOf(right.Value));
            order = order != 0 ? order : CompareText(left.Name, right.Name);
            order = order != 0 ? order : Compare(left.Value, right.Value);
            if (order != 0)
            {
                return order;
            }
        }

        return x.ElementCount.CompareTo(y.ElementCount);
    }

    private int CompareArrays(BsonArray x, BsonArray y)
    {
        int shared = Math.Min(x.Count, y.Count);
        for (int i = 0; i < shared; i++)
        {
            int order = Compare(x[i], y[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return x.Count.CompareTo(y.Count);
    }

    private static int CompareBinary(BsonBinaryData x, BsonBinaryData y)
    {
        int order = x.Bytes.Length.CompareTo(y.Bytes.Length);
        order = order != 0 ? order : ((byte)x.SubType).CompareTo((byte)y.SubType);
        return order != 0 ? order : x.Bytes.AsSpan().SequenceCompareTo(y.Bytes);
    }

    private static int CompareRegex(BsonRegularExpression x, BsonRegularExpression y)
    {
        int order = CompareText(x.Pattern, y.Pattern);
        return order != 0 ? order : CompareText(x.Options, y.Options);
    }

    private int CompareScoped(BsonJavaScriptWithScope x, BsonJavaScriptWithScope y)
    {
        int order = CompareText(x.Code, y.Code);
        return order != 0 ? order : CompareDocuments(x.Scope, y.Scope);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static string TextOf(BsonValue value) => value is BsonString text ? text.Value : value.AsBsonSymbol.Name;

    private int HashOf(BsonDocument document)
    {
        var hash = new HashCode();
        for (int i = 0; i < document.ElementCount; i++)
        {
            var element = document.GetElement(i);
            hash.Add(element.Name.GetHashCode(StringComparison.Ordinal));
            hash.Add(GetHashCode(element.Value));
        }

        return hash.ToHashCode();
    }

    private int HashOf(BsonArray array)
    {
        var hash = new HashCode();
        for (int i = 0; i < array.Count; i++)
        {
            hash.Add(GetHashCode(array[i]));
        }

        return hash.ToHashCode();
    }
}
