using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>
/// A sort: fields with directions. An array sorts by its least element ascending and by its greatest descending; an empty array
/// sorts below null, a missing field as null.
/// </summary>
internal sealed class SortSpec : IComparer<BsonDocument>
{
    private SortSpec(IReadOnlyList<SortField> fields) => Fields = fields;

    public static SortSpec None { get; } = new([]);

    public IReadOnlyList<SortField> Fields { get; }

    public bool IsEmpty => Fields.Count == 0;

    /// <summary>The top-level fields that the sort reads.</summary>
    public IEnumerable<string> Reads => Fields.Select(by => by.Path.Head);

    /// <exception cref="MongoError">A direction other than 1 or −1, <c>$meta</c>, or an ill-formed field name.</exception>
    public static SortSpec Parse(BsonDocument specification)
    {
        var fields = new SortField[specification.ElementCount];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = ParseField(specification.GetElement(i));
        }

        return new SortSpec(fields);
    }

    public int Compare(BsonDocument? x, BsonDocument? y)
    {
        foreach (var by in Fields)
        {
            int order = BsonOrder.Instance.Compare(by.KeyOf(x!), by.KeyOf(y!));
            if (order != 0)
            {
                return by.Descending ? -order : order;
            }
        }

        return 0;
    }

    /// <summary>What a document sorts by, one value per field, to be compared with <see cref="CompareKeys"/>.</summary>
    public BsonValue[] KeysOf(BsonDocument document)
    {
        var keys = new BsonValue[Fields.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = Fields[i].KeyOf(document);
        }

        return keys;
    }

    public int CompareKeys(BsonValue[] x, BsonValue[] y)
    {
        for (int i = 0; i < x.Length; i++)
        {
            int order = BsonOrder.Instance.Compare(x[i], y[i]);
            if (order != 0)
            {
                return Fields[i].Descending ? -order : order;
            }
        }

        return 0;
    }

    private static SortField ParseField(BsonElement element)
    {
        if (element.Value is BsonDocument { ElementCount: > 0 } meta)
        {
            throw meta.GetElement(0).Name == "$meta"
                ? Errors.BadValue("$sort by $meta is not supported")
                : Errors.Location(15974, $"Illegal key in $sort specification: {element.Name}: {meta}");
        }

        if (!Numbers.IsNumber(element.Value))
        {
            throw Errors.Location(15974, $"Illegal key in $sort specification: {element.Name}: {element.Value}");
        }

        if (!Numbers.TryWhole(element.Value, out long direction) || direction is not (1 or -1))
        {
            throw Errors.Location(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)");
        }

        if (element.Name.Length == 0 || element.Name.Split('.').Any(part => part.Length == 0))
        {
            throw Errors.Location(15998, "FieldPath field names may not be empty strings.");
        }

        if (element.Name[0] == '$')
        {
            throw Errors.Location(16410, $"FieldPath field names may not start with '$'. Consider using $getField or $setField: {element.Name}");
        }

        return new SortField(FieldPath.Parse(element.Name), direction < 0);
    }
}
