using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using Ecodrix.Tests.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Query;

/// <summary>Random filters over random documents, against the plainest possible reading of the manual.</summary>
public sealed class RandomQueryTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public void A_match_agrees_with_a_naive_reading_of_the_manual(int seed)
    {
        var random = new RandomBson(seed);
        for (int i = 0; i < 4000; i++)
        {
            var (document, filter) = (random.Document(), Filter(random, 2));

            QueryFilter.Parse(filter).Matches(document).Should().Be(Naive(filter, document), $"seed {seed}, {i}: {filter} on {document}");
        }
    }

    private static BsonDocument Filter(RandomBson random, int depth)
    {
        if (depth > 0 && random.Next(3) == 0)
        {
            string logic = ((string[])["$and", "$or", "$nor"])[random.Next(3)];
            return new BsonDocument(logic, new BsonArray { Filter(random, depth - 1), Filter(random, depth - 1) });
        }

        string name = ((string[])["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$size"])[random.Next(10)];
        BsonValue operand = name switch
        {
            "$in" or "$nin" => new BsonArray { Operand(random), Operand(random) },
            "$exists" => BsonBoolean.Create(random.Next(2) == 0),
            "$size" => random.Next(3),
            _ => Operand(random),
        };
        return new BsonDocument(random.Path(), new BsonDocument(name, operand));
    }

    private static BsonValue Operand(RandomBson random)
    {
        while (true)
        {
            var value = random.Value(1);
            bool special = value is BsonRegularExpression or BsonMinKey or BsonMaxKey
                || (value is BsonDocument { ElementCount: > 0 } document && document.GetElement(0).Name.StartsWith('$'));
            if (!special)
            {
                return value;
            }
        }
    }

    private static bool Naive(BsonDocument filter, BsonDocument document)
    {
        var (name, argument) = (filter.GetElement(0).Name, filter[0]);
        return name switch
        {
            "$and" => argument.AsBsonArray.All(branch => Naive(branch.AsBsonDocument, document)),
            "$or" => argument.AsBsonArray.Any(branch => Naive(branch.AsBsonDocument, document)),
            "$nor" => !argument.AsBsonArray.Any(branch => Naive(branch.AsBsonDocument, document)),
            _ => NaiveField(name, argument.AsBsonDocument.GetElement(0), document),
        };
    }

    private static bool NaiveField(string path, BsonElement condition, BsonDocument document)
    {
        var found = Reach(document, path.Split('.'), 0).ToList();
        var each = found.SelectMany(hit => hit is { Value: BsonArray array, ByPosition: false } ? array.Append(hit.Value) : [hit.Value]).ToList();
        var operand = condition.Value;
        return condition.Name switch
        {
            "$eq" => each.Any(value => Same(value, operand)),
            "$ne" => !each.Any(value => Same(value, operand)),
            "$in" => each.Any(value => operand.AsBsonArray.Any(choice => Same(value, choice))),
            "$nin" => !each.Any(value => operand.AsBsonArray.Any(choice => Same(value, choice))),
            "$exists" => found.Any(hit => hit.Value is not null) == operand.AsBoolean,
            "$size" => found.Any(hit => hit.Value is BsonArray array && array.Count == operand.AsInt32),
            "$gt" => each.Any(value => Bracket(value, operand) && BsonOrder.Instance.Compare(value, operand) > 0),
            "$gte" => each.Any(value => Bracket(value, operand) && BsonOrder.Instance.Compare(value, operand) >= 0),
            "$lt" => each.Any(value => Bracket(value, operand) && BsonOrder.Instance.Compare(value, operand) < 0),
            _ => each.Any(value => Bracket(value, operand) && BsonOrder.Instance.Compare(value, operand) <= 0),
        };
    }

    private static bool Same(BsonValue? value, BsonValue operand) => BsonOrder.Instance.Equals(value ?? BsonNull.Value, operand);

    private static bool Bracket(BsonValue? value, BsonValue operand) =>
        BsonOrder.RankOf(value) == BsonOrder.RankOf(operand) && Numbers.IsNaN(value) == Numbers.IsNaN(operand);

    /// <summary>All that a path leads to: a missing value counts in each document on the way, but not in an array's scalars.</summary>
    private static IEnumerable<(BsonValue? Value, bool ByPosition)> Reach(BsonValue at, string[] path, int depth, bool byPosition = false)
    {
        if (depth == path.Length)
        {
            return [(at, byPosition)];
        }

        switch (at)
        {
            case BsonDocument document:
                return document.TryGetValue(path[depth], out var inner) ? Reach(inner, path, depth + 1) : [(null, false)];
            case BsonArray array:
                var byName = array.OfType<BsonDocument>().SelectMany(element => Reach(element, path, depth));
                bool reaches = int.TryParse(path[depth], out int position) && position < array.Count
                    && (depth + 1 == path.Length || array[position] is BsonDocument or BsonArray);
                return reaches ? byName.Concat(Reach(array[position], path, depth + 1, byPosition: true)) : byName;
            default:
                return [(null, false)];
        }
    }
}
