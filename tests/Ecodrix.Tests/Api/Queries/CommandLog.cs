using System.Collections.Concurrent;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Queries;

/// <summary>
/// Remembers one command of each shape that the product sends to its databases, and has the database explain them. Always on: each test's
/// class fails at its end when anything it made the product do read a whole collection.
/// </summary>
internal sealed class CommandLog : ICommandWatch
{
    private static readonly HashSet<string> Explainable = ["find", "aggregate", "count", "distinct", "update", "delete", "findAndModify"];
    private static readonly string[] OfTheSession = ["$db", "lsid", "$clusterTime", "$readPreference", "txnNumber", "apiVersion"];

    /// <summary>What has to read everything, each thought about: there is nothing to narrow it by.</summary>
    public static readonly IReadOnlyDictionary<string, string> Whole = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["""tenant find templates { "filter" : { } }"""] = "the sync compares every template with Meta's",
        ["""tenant aggregate eventLogs { "pipeline" : [{ "$match" : { } }, { "$group" : { "_id" : { "trigger" : "$trigger", "status" : "$status" }, "count" : { "$sum" : "Int32" } } }] }"""] = "counts of all events there are, asked for without dates",
    };

    private readonly ConcurrentDictionary<string, (string Database, BsonDocument Command)> _shapes = new(StringComparer.Ordinal);

    /// <summary>The shapes seen, each as the database it went to and its text.</summary>
    public IReadOnlyCollection<string> Shapes => [.. _shapes.Keys];

    /// <summary>Which commands do not reach the database, as if the process had died before them; null lets all through.</summary>
    public Func<BsonDocument, bool>? CutOff { get; set; }

    /// <summary>Called before a command is sent, to do something in between two of them.</summary>
    public Action<string, BsonDocument>? Before { get; set; }

    public void Saw(string database, BsonDocument command)
    {
        if (command.ElementCount == 0)
        {
            // The greeting of a new connection, which the driver keeps to itself.
            return;
        }

        Before?.Invoke(database, command);
        if (CutOff?.Invoke(command) == true)
        {
            throw new InvalidOperationException("The test has cut this off.");
        }

        if (database == "admin" || !Explainable.Contains(command.GetElement(0).Name))
        {
            return;
        }

        foreach (var single in Singles(command))
        {
            // The latest of a shape: the earlier ones' tenants may be gone by the time it is explained.
            _shapes[CommandShape.Of(database, single)] = (database, single);
        }
    }

    /// <summary>Has each shape explained; answers those that read a whole collection, and those whose collection is not there, so that nothing was shown.</summary>
    public async Task<(IReadOnlyList<string> Scans, IReadOnlyList<string> Unshown)> ExplainAsync(IMongoClient client)
    {
        var (scans, unshown) = (new List<string>(), new List<string>());
        var present = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var (name, sent) in _shapes.Where(s => !Whole.ContainsKey(s.Key)).Select(s => s.Value))
        {
            var database = client.GetDatabase(name);
            if (!present.TryGetValue(name, out var collections))
            {
                present[name] = collections = [.. await (await database.ListCollectionNamesAsync()).ToListAsync()];
            }

            var command = new BsonDocument(sent.Where(e => !OfTheSession.Contains(e.Name)));
            if (!collections.Contains(command.GetElement(0).Value.AsString))
            {
                unshown.Add($"{name}: {command}");
                continue;
            }

            var plan = await database.RunCommandAsync<BsonDocument>(new BsonDocument { ["explain"] = command, ["verbosity"] = "queryPlanner" });
            if (plan.ToString().Contains("\"COLLSCAN\"", StringComparison.Ordinal))
            {
                scans.Add($"{name}: {command}");
            }
        }

        return (scans, unshown);
    }

    /// <summary>Only a batch of one can be explained, and of a pipeline only how it begins: what it reads beside is taken out as a command of its own.</summary>
    private static IEnumerable<BsonDocument> Singles(BsonDocument command)
    {
        foreach (var batch in (string[])["updates", "deletes"])
        {
            if (command.TryGetValue(batch, out var list))
            {
                return list.AsBsonArray.Select(one => ((BsonDocument)command.DeepClone()).Set(batch, new BsonArray { one }));
            }
        }

        return command.TryGetValue("pipeline", out var stages) ? [command, .. ReadBeside(stages.AsBsonArray)] : [command];
    }

    private static IEnumerable<BsonDocument> ReadBeside(BsonArray stages)
    {
        foreach (var stage in stages.Select(s => s.AsBsonDocument.GetElement(0)))
        {
            if (stage.Name == "$unionWith")
            {
                var inner = stage.Value["pipeline"].AsBsonArray;
                yield return new BsonDocument { ["aggregate"] = stage.Value["coll"], ["pipeline"] = inner, ["cursor"] = new BsonDocument() };
                foreach (var deeper in ReadBeside(inner))
                {
                    yield return deeper;
                }
            }
            else if (stage.Name is "$lookup" or "$graphLookup")
            {
                throw new NotSupportedException($"What {stage.Name} reads is not explained yet: teach this test about it.");
            }
        }
    }
}

/// <summary>What two commands have in common that are planned alike.</summary>
internal static class CommandShape
{
    private static readonly string[] Planned = ["query", "filter", "q", "sort", "hint", "key", "pipeline", "limit", "collation"];

    /// <summary>The text of a command without its values; short lower-case words stay, because a partial index serves one and not the other.</summary>
    public static string Of(string database, BsonDocument command)
    {
        var first = command.GetElement(0);
        var body = command.TryGetValue("updates", out var one) || command.TryGetValue("deletes", out one) ? one[0].AsBsonDocument : command;
        var planned = new BsonDocument(body.Where(e => Planned.Contains(e.Name)).Select(e => new BsonElement(e.Name, Erase(e.Value))));
        return $"{(database == "ecodrix" ? "control" : "tenant")} {first.Name} {first.Value} {planned}";
    }

    private static BsonValue Erase(BsonValue value) => value switch
    {
        BsonDocument document => new BsonDocument(document.Select(e => new BsonElement(e.Name, Erase(e.Value)))),
        BsonArray array => new BsonArray(array.Select(Erase).Distinct()),
        BsonString text when text.Value.Length <= 24 && text.Value.All(c => char.IsAsciiLetter(c) || c is '_' or '.' or '$') => text,
        BsonNull or BsonBoolean => value,
        _ => value.BsonType.ToString(),
    };
}
