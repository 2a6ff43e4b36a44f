using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary><c>$sort</c>, with the <c>$skip</c> and <c>$limit</c> that follow it. Stable; with a limit it holds only what may be wanted.</summary>
internal sealed class SortStage(SortSpec order, long skip, long? limit) : Stage
{
    public SortSpec Order { get; } = order;

    public long Skip { get; } = skip;

    public long? Limit { get; } = limit;

    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        long wanted = Limit is null || Limit > int.MaxValue - Skip ? long.MaxValue : Skip + Limit.Value;
        var rows = wanted < 10_000 ? Top(source, (int)wanted, run) : Everything(source, run);
        rows.Sort(Compare);
        for (long i = Skip; i < rows.Count && (Limit is null || i < Skip + Limit); i++)
        {
            yield return rows[(int)i].Document;
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        fields.UnionWith(Order.Reads);
        return FieldDemand.PassesOn;
    }

    public static SortStage Parse(BsonValue argument)
    {
        if (argument is not BsonDocument specification)
        {
            throw Errors.Location(15973, "the $sort key specification must be an object");
        }

        return specification.ElementCount > 0
            ? new SortStage(SortSpec.Parse(specification), 0, null)
            : throw Errors.Location(15976, "$sort stage must have at least one sort key");
    }

    private int Compare(Row x, Row y)
    {
        int order = Order.CompareKeys(x.Keys, y.Keys);
        return order != 0 ? order : x.Arrival.CompareTo(y.Arrival);
    }

    private List<Row> Everything(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var rows = new List<Row>();
        long memory = 0;
        foreach (var document in source)
        {
            run.CheckCancelled();
            memory += MemorySize.Of(document);
            run.CheckMemory(memory, "Sort");
            rows.Add(new Row(Order.KeysOf(document), rows.Count, document));
        }

        return rows;
    }

    /// <summary>Keeps the best rows in a heap whose top is the worst of them.</summary>
    private List<Row> Top(IEnumerable<BsonDocument> source, int wanted, PipelineRun run)
    {
        var heap = new PriorityQueue<Row, Row>(Comparer<Row>.Create((x, y) => Compare(y, x)));
        long arrival = 0;
        foreach (var document in source)
        {
            run.CheckCancelled();
            var row = new Row(Order.KeysOf(document), arrival++, document);
            if (heap.Count < wanted)
            {
                heap.Enqueue(row, row);
            }
            else if (Compare(row, heap.Peek()) < 0)
            {
                heap.DequeueEnqueue(row, row);
            }
        }

        return [.. heap.UnorderedItems.Select(item => item.Element)];
    }

    private readonly record struct Row(BsonValue[] Keys, long Arrival, BsonDocument Document);
}
