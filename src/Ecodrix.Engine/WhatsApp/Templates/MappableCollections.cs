using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Templates;

/// <summary>A collection whose fields variables may be mapped to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">About how many documents it has.</param>
public sealed record CollectionView(string Name, long Count);

/// <summary>A field seen in a collection.</summary>
/// <param name="Name">Dotted where nested.</param>
/// <param name="Type">text, number, date, boolean, id or list.</param>
/// <param name="Sample">One value of it.</param>
public sealed record CollectionField(string Name, string Type, string? Sample);

/// <summary>The tenant's own collections, never the product's or the database's.</summary>
public sealed class MappableCollections
{
    private const int Looked = 50;
    private const int LongestSample = 80;

    private readonly HashSet<string> _internal;

    internal MappableCollections(IEnumerable<CollectionIndexes> declared) =>
        // Whatever the product declares is its own; these few have no indexes to declare.
        _internal = [.. declared.Select(d => d.Collection), "settings", "idempotency", "scoring", "users", "sessions", "audit"];

    /// <summary>The collections there are.</summary>
    public async Task<IReadOnlyList<CollectionView>> ListAsync(TenantScope scope, CancellationToken ct)
    {
        var names = await (await scope.Db.Database.ListCollectionNamesAsync(null, ct)).ToListAsync(ct);
        var views = new List<CollectionView>();
        foreach (var name in names.Where(IsTheirs).Order(StringComparer.Ordinal))
        {
            views.Add(new CollectionView(name, await scope.Db.Collection<BsonDocument>(name).EstimatedDocumentCountAsync(null, ct)));
        }

        return views;
    }

    /// <summary>The fields seen in the newest documents of a collection.</summary>
    /// <exception cref="RefusedException">COLLECTION_NOT_FOUND.</exception>
    public async Task<IReadOnlyList<CollectionField>> FieldsAsync(TenantScope scope, string name, CancellationToken ct)
    {
        var names = await (await scope.Db.Database.ListCollectionNamesAsync(null, ct)).ToListAsync(ct);
        if (!IsTheirs(name) || !names.Contains(name))
        {
            throw new RefusedException(RefusalKind.NotFound, "COLLECTION_NOT_FOUND", $"There is no collection {name} of your own.");
        }

        var documents = await scope.Db.Collection<BsonDocument>(name).Find(FilterDefinition<BsonDocument>.Empty).SortByDescending(d => d["_id"]).Limit(Looked).ToListAsync(ct);
        var fields = new SortedDictionary<string, CollectionField>(StringComparer.Ordinal);
        foreach (var document in documents)
        {
            Read(document, "", fields, 0);
        }

        return [.. fields.Values];
    }

    /// <summary>Whether a text is the path of a field, and not something that a database would do.</summary>
    internal static bool IsField(string path) => path.Length <= 200 && path.Split('.').All(step => step is [not '$', ..] && !step.Contains('\0', StringComparison.Ordinal));

    internal bool IsTheirs(string name) => name.Length <= 200 && name.Split('.').All(part => part.Length > 0) && !name.Contains('\0', StringComparison.Ordinal) && !_internal.Contains(name) && !name.StartsWith("system.", StringComparison.Ordinal) && !name.Contains('$', StringComparison.Ordinal);

    /// <summary>One field of the newest document whose match field has the value.</summary>
    internal async Task<BsonValue> LookUpAsync(TenantScope scope, VariableMapping mapping, BsonValue match, CancellationToken ct)
    {
        if (mapping.Collection is not { } name || !IsTheirs(name) || mapping.Field is null || match is BsonNull or BsonDocument or BsonArray or BsonRegularExpression || (mapping.MatchField is { } field && !IsField(field)))
        {
            return BsonNull.Value;
        }

        // Phones are written in several ways: with a plus, without, or bare.
        var wanted = match is BsonString { Value: ['+', .. var digits] } ? new BsonArray { match, digits } : [match];
        var options = new FindOptions<BsonDocument> { Limit = 1, MaxTime = TimeSpan.FromSeconds(5), Sort = Builders<BsonDocument>.Sort.Descending("_id") };
        var found = await scope.Db.Collection<BsonDocument>(name).FindAsync(
            Builders<BsonDocument>.Filter.In(mapping.MatchField ?? "phone", wanted), options, ct);
        var document = await found.FirstOrDefaultAsync(ct);
        return document is null ? BsonNull.Value : TemplateFilling.Path(document, mapping.Field);
    }

    private static void Read(BsonDocument document, string prefix, SortedDictionary<string, CollectionField> fields, int depth)
    {
        foreach (var (name, value) in document.Select(e => (prefix + e.Name, e.Value)))
        {
            if (value is BsonDocument nested && depth < 3)
            {
                Read(nested, name + ".", fields, depth + 1);
            }
            else if (!fields.TryGetValue(name, out var seen) || seen.Sample is null)
            {
                var sample = value.IsBsonNull || value is BsonBinaryData ? null : value.ToString();
                fields[name] = new CollectionField(name, Kind(value), sample?.Length > LongestSample ? Texts.Cut(sample, LongestSample) + "…" : sample);
            }
        }
    }

    private static string Kind(BsonValue value) => value.BsonType switch
    {
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => "number",
        BsonType.DateTime => "date",
        BsonType.Boolean => "boolean",
        BsonType.ObjectId => "id",
        BsonType.Array => "list",
        BsonType.Document => "object",
        _ => "text",
    };
}
