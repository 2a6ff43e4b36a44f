using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Update;
using Ecodrix.Tests.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.Tests.EmbeddedMongo.Update;

public sealed class RandomUpdateTests
{
    private static readonly string[] Names = ["$set", "$unset", "$inc", "$mul", "$min", "$max", "$push", "$addToSet", "$pull", "$pop", "$rename"];

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void An_update_never_writes_into_its_input_and_tells_changes_truly(int seed)
    {
        var random = new RandomBson(seed);
        int applied = 0;
        for (int i = 0; i < 3000; i++)
        {
            var document = random.Document(3);
            var update = Two(Operator(random), Operator(random));
            string before = Json.Show(document), written = Json.Show(update);

            try
            {
                var outcome = UpdateProgram.Parse(update).Apply(document, random.Next(2));
                applied++;
                outcome.Changed.Should().Be(Json.Show(outcome.Document) != before, $"seed {seed}, {i}: {written} on {before}");
            }
            catch (MongoError)
            {
                // Many do not fit their document; they must leave it alone all the same.
            }

            Json.Show(document).Should().Be(before, $"seed {seed}, {i}: {written}");
            Json.Show(update).Should().Be(written, $"seed {seed}, {i}");
        }

        applied.Should().BeGreaterThan(500);
    }

    private static BsonDocument Two(BsonElement first, BsonElement second)
    {
        var update = new BsonDocument(first.Name, first.Value);
        update[second.Name] = second.Value;
        return update;
    }

    private static BsonElement Operator(RandomBson random)
    {
        string name = Names[random.Next(Names.Length)];
        BsonValue operand = name switch
        {
            "$inc" or "$mul" => random.Next(3),
            "$pop" => random.Next(2) == 0 ? 1 : -1,
            "$rename" => "r" + random.Next(3),
            _ => random.Value(1),
        };
        string path = random.Path();
        return new BsonElement(name, new BsonDocument(random.Next(6) == 0 && path.Contains('.', StringComparison.Ordinal) ? path.Replace(".0", ".$", StringComparison.Ordinal) : path, operand));
    }
}
