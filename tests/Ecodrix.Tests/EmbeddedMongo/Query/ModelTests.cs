using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Query;

/// <summary>Random sequences of reads and writes against a plain list of numbers in memory, which must always agree.</summary>
public sealed class ModelTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    private const int Sequences = 500;
    private const int Steps = 10;

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public async Task The_store_and_a_plain_list_agree_after_every_step(int seed)
    {
        var things = mongo.NewCollection();
        await things.Indexes.CreateManyAsync(
        [
            new(BsonDocument.Parse("{a: 1, b: -1}")), new(BsonDocument.Parse("{tags: 1}")), new(BsonDocument.Parse("{b: 1}"), new() { Sparse = true }),
            new(BsonDocument.Parse("{u: 1}"), new CreateIndexOptions<BsonDocument> { Unique = true, PartialFilterExpression = BsonDocument.Parse("{u: {$exists: true}}") }),
        ]);
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            var run = new Run(things, new Random((seed * 100_000) + sequence), $"seed {seed}, sequence {sequence}");
            await things.DeleteManyAsync(FilterDefinition<BsonDocument>.Empty);
            for (int step = 0; step < Steps; step++)
            {
                await run.StepAsync();
            }

            await run.CompareAsync();
        }

        var report = await things.Database.RunCommandAsync<BsonDocument>(new BsonDocument("validate", "things"));
        report["valid"].AsBoolean.Should().BeTrue("{0}, seed {1}", report["errors"], seed);
    }

    /// <summary>A thing as the model has it: two numbers that may be missing, a unique one, and a set of tags.</summary>
    private sealed record Thing(int Id, int? A, int? B, int? U, List<int> Tags)
    {
        public BsonDocument ToDocument()
        {
            var document = new BsonDocument("_id", Id);
            foreach (var (name, value) in new[] { ("a", A), ("b", B), ("u", U) })
            {
                if (value is { } present)
                {
                    document.Add(name, present);
                }
            }

            return document.Add("tags", new BsonArray(Tags));
        }
    }

    private sealed record Condition(string Json, Func<Thing, bool> Holds);

    private sealed class Run(IMongoCollection<BsonDocument> things, Random random, string where)
    {
        private readonly List<Thing> _model = [];
        private int _lastId;

        public Task StepAsync() => random.Next(10) switch
        {
            < 4 => InsertAsync(),
            < 6 => UpdateAsync(),
            6 => DeleteAsync(),
            7 => ClaimAsync(),
            _ => FindAsync(),
        };

        public async Task CompareAsync() =>
            (await things.Find(FilterDefinition<BsonDocument>.Empty).Sort("{_id: 1}").ToListAsync()).ConvertAll(Canonical)
                .Should().Equal(_model.OrderBy(t => t.Id).Select(t => Canonical(t.ToDocument())), where);

        private async Task InsertAsync()
        {
            var thing = new Thing(++_lastId, Maybe(), Maybe(), random.Next(3) == 0 ? random.Next(6) : null, [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(4)).Distinct()]);
            var insert = () => things.InsertOneAsync(thing.ToDocument());
            if (thing.U is not null && _model.Exists(t => t.U == thing.U))
            {
                (await insert.Should().ThrowAsync<MongoWriteException>(where)).Which.WriteError.Code.Should().Be(11000);
            }
            else
            {
                await insert();
                _model.Add(thing);
            }
        }

        private async Task UpdateAsync()
        {
            var condition = Condition();
            int value = random.Next(5);
            var (json, change) = random.Next(5) switch
            {
                0 => ($"{{$set: {{a: {value}}}}}", (Func<Thing, Thing>)(t => t with { A = value })),
                1 => ("{$unset: {b: 1}}", t => t with { B = null }),
                2 => ($"{{$inc: {{b: {value}}}}}", t => t with { B = (t.B ?? 0) + value }),
                3 => ($"{{$addToSet: {{tags: {value}}}}}", t => t.Tags.Contains(value) ? t : t with { Tags = [.. t.Tags, value] }),
                _ => ($"{{$pull: {{tags: {value}}}}}", t => t with { Tags = [.. t.Tags.Where(tag => tag != value)] }),
            };
            var result = await things.UpdateManyAsync(BsonDocument.Parse(condition.Json), BsonDocument.Parse(json));
            result.MatchedCount.Should().Be(_model.Count(condition.Holds), "{0}: {1}", where, condition.Json);
            for (int i = 0; i < _model.Count; i++)
            {
                _model[i] = condition.Holds(_model[i]) ? change(_model[i]) : _model[i];
            }
        }

        private async Task DeleteAsync()
        {
            var condition = Condition();
            var result = await things.DeleteManyAsync(BsonDocument.Parse(condition.Json));
            result.DeletedCount.Should().Be(_model.RemoveAll(t => condition.Holds(t)), "{0}: {1}", where, condition.Json);
        }

        private async Task ClaimAsync()
        {
            var condition = Condition();
            var claimed = await things.FindOneAndUpdateAsync<BsonDocument>(
                BsonDocument.Parse(condition.Json), "{$set: {a: 9}}", new() { Sort = "{b: -1, _id: 1}" });
            var expected = _model.Where(condition.Holds).OrderByDescending(t => t.B ?? int.MinValue).ThenBy(t => t.Id).FirstOrDefault();
            claimed?["_id"].AsInt32.Should().Be(expected?.Id ?? -1, "{0}: {1}", where, condition.Json);
            (claimed is null).Should().Be(expected is null, "{0}: {1}", where, condition.Json);
            if (expected is not null)
            {
                _model[_model.IndexOf(expected)] = expected with { A = 9 };
            }
        }

        private async Task FindAsync()
        {
            var condition = Condition();
            int skip = random.Next(3), limit = random.Next(1, 5);
            bool up = random.Next(2) == 0;
            var filter = BsonDocument.Parse(condition.Json);
            var found = await things.Find(filter).Sort(up ? "{b: 1, _id: 1}" : "{a: -1, _id: 1}").Skip(skip).Limit(limit).ToListAsync();
            var matches = _model.Where(condition.Holds);
            var ordered = up ? matches.OrderBy(t => t.B ?? int.MinValue).ThenBy(t => t.Id) : matches.OrderByDescending(t => t.A ?? int.MinValue).ThenBy(t => t.Id);
            found.ConvertAll(document => document["_id"].AsInt32).Should().Equal(ordered.Skip(skip).Take(limit).Select(t => t.Id), "{0}: {1}", where, condition.Json);
            (await things.CountDocumentsAsync(filter)).Should().Be(matches.Count(), "{0}: {1}", where, condition.Json);
        }

        private Condition Condition()
        {
            int x = random.Next(5), y = random.Next(5);
            return random.Next(9) switch
            {
                0 => new($"{{a: {x}}}", t => t.A == x),
                1 => new($"{{a: {{$gte: {x}}}, b: {{$lt: {y}}}}}", t => t.A >= x && t.B < y),
                2 => new($"{{a: {{$in: [{x}, {y}]}}}}", t => t.A == x || t.A == y),
                3 => new($"{{$or: [{{a: {x}}}, {{b: {y}}}]}}", t => t.A == x || t.B == y),
                4 => new($"{{tags: {x}}}", t => t.Tags.Contains(x)),
                5 => new($"{{tags: {{$all: [{x}, {y}]}}}}", t => t.Tags.Contains(x) && t.Tags.Contains(y)),
                6 => new("{b: null}", t => t.B is null),
                7 => new($"{{a: {{$ne: {x}}}, u: {{$exists: true}}}}", t => t.A != x && t.U is not null),
                _ => new($"{{$or: [{{tags: {x}}}, {{b: {{$gt: {y}}}}}], a: {{$exists: true}}}}", t => (t.Tags.Contains(x) || t.B > y) && t.A is not null),
            };
        }

        private int? Maybe() => random.Next(4) == 0 ? null : random.Next(5);

        private static string Canonical(BsonDocument document) =>
            new BsonDocument(document.Elements.OrderBy(element => element.Name, StringComparer.Ordinal)).ToJson();
    }
}
