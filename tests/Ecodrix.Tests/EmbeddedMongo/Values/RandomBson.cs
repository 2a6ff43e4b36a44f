using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Values;

/// <summary>Random values that collide often: few names, few numbers, in all types.</summary>
internal sealed class RandomBson(int seed)
{
    private static readonly double[] Doubles = [double.NaN, double.PositiveInfinity, -0.0, 1e300, 9007199254740993.0];

    private static readonly BsonValue[] Rare =
        [BsonMinKey.Value, BsonMaxKey.Value, new BsonTimestamp(1), new BsonTimestamp(2), new BsonRegularExpression("a")];

    private readonly Random _random = new(seed);

    public int Next(int max) => _random.Next(max);

    public BsonValue Scalar() => _random.Next(16) switch
    {
        0 => BsonNull.Value,
        1 or 2 or 3 => new BsonInt32(_random.Next(-2, 4)),
        4 => new BsonInt64(_random.Next(-2, 4)),
        5 => new BsonDouble(_random.Next(-4, 8) / 2.0),
        6 => new BsonDecimal128(_random.Next(-4, 8) / 2m),
        7 => new BsonDouble(Doubles[_random.Next(Doubles.Length)]),
        8 or 9 or 10 => new BsonString(((string[])["", "a", "b", "ab", "é", "😀", "\uFFFD"])[_random.Next(7)]),
        11 => BsonBoolean.Create(_random.Next(2) == 0),
        12 => new BsonDateTime(_random.Next(3)),
        13 => new BsonObjectId(new ObjectId($"{_random.Next(3):x24}")),
        14 => new BsonBinaryData([(byte)_random.Next(3)]),
        _ => Rare[_random.Next(Rare.Length)],
    };

    public BsonValue Value(int depth = 2) => depth == 0 ? Scalar() : _random.Next(5) switch
    {
        0 => Document(depth - 1),
        1 => new BsonArray(Enumerable.Range(0, _random.Next(4)).Select(_ => Value(depth - 1))),
        _ => Scalar(),
    };

    public BsonDocument Document(int depth = 2)
    {
        var document = new BsonDocument();
        foreach (string name in (string[])["a", "b", "c"])
        {
            if (_random.Next(3) > 0)
            {
                document.Add(name, Value(depth));
            }
        }

        return document;
    }

    public string Path() => ((string[])["a", "b", "c", "a.b", "a.c", "b.a", "a.0", "a.b.c", "a.1.b"])[_random.Next(9)];
}
