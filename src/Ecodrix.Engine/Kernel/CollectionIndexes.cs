using System.Security.Cryptography;
using System.Text;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Kernel;

/// <summary>The indexes of one collection, declared beside the class whose queries they serve.</summary>
/// <param name="Collection">The collection's name.</param>
/// <param name="Models">Its indexes.</param>
internal record CollectionIndexes(string Collection, params IReadOnlyList<CreateIndexModel<BsonDocument>> Models)
{
    /// <summary>Indexes that were declared once and serve nothing any more: databases that have them lose them. Whatever else is there is not ours to drop.</summary>
    public IReadOnlyList<CreateIndexModel<BsonDocument>> Retired { get; init; } = [];
}

/// <summary>The indexes of one collection of the control database.</summary>
internal sealed record ControlIndexes(string Collection, params IReadOnlyList<CreateIndexModel<BsonDocument>> Models) : CollectionIndexes(Collection, Models);

/// <summary>Writes index declarations briefly.</summary>
internal static class IndexModel
{
    /// <summary>An index over fields, in order; <c>-</c> before a name means descending.</summary>
    public static CreateIndexModel<BsonDocument> On(params IReadOnlyList<string> fields) => new(Keys(fields), new CreateIndexOptions<BsonDocument>());

    /// <summary>
    /// An index of the documents that have a text in an optional field. MongoDB uses it for a field that equals a text, or one of some; with
    /// <c>$type</c> in its filter it would not.
    /// </summary>
    public static CreateIndexModel<BsonDocument> OnText(string field) =>
        On(field).Where(new BsonDocument(field, new BsonDocument("$gt", ""))).Named($"{field}_text");

    /// <summary>Gives it a name of its own: databases of before may have another index of the same fields, which the usual name belongs to.</summary>
    public static CreateIndexModel<BsonDocument> Named(this CreateIndexModel<BsonDocument> model, string name)
    {
        model.Options.Name = name;
        return model;
    }

    /// <summary>Refuses a second document with the same values.</summary>
    public static CreateIndexModel<BsonDocument> Unique(this CreateIndexModel<BsonDocument> model)
    {
        model.Options.Unique = true;
        return model;
    }

    /// <summary>Holds only documents that match the filter.</summary>
    public static CreateIndexModel<BsonDocument> Where(this CreateIndexModel<BsonDocument> model, BsonDocument filter)
    {
        ((CreateIndexOptions<BsonDocument>)model.Options).PartialFilterExpression = filter;
        return model;
    }

    /// <summary>Lets documents go some time after the date in the (single) field.</summary>
    public static CreateIndexModel<BsonDocument> Expiring(this CreateIndexModel<BsonDocument> model, TimeSpan after)
    {
        model.Options.ExpireAfter = after;
        return model;
    }

    private const int IndexNotFound = 27;

    /// <summary>Creates what is missing and drops what is retired; anything else that exists stays.</summary>
    public static async Task EnsureAsync(IMongoDatabase database, IEnumerable<CollectionIndexes> declared, CancellationToken ct)
    {
        foreach (var indexes in declared)
        {
            var present = database.GetCollection<BsonDocument>(indexes.Collection).Indexes;
            await present.CreateManyAsync(indexes.Models, ct);
            if (indexes.Retired.Count > 0)
            {
                await DropAsync(present, [.. indexes.Retired.Select(NameOf)], ct);
            }
        }
    }

    /// <summary>A stamp of all declarations: a tenant whose stamp is this one needs no index work at start.</summary>
    public static string Stamp(IEnumerable<CollectionIndexes> declared)
    {
        var text = new StringBuilder();
        foreach (var indexes in declared.OrderBy(d => d.Collection, StringComparer.Ordinal))
        {
            foreach (var model in indexes.Models)
            {
                var keys = ((BsonDocumentIndexKeysDefinition<BsonDocument>)model.Keys).Document;
                var partial = (model.Options as CreateIndexOptions<BsonDocument>)?.PartialFilterExpression as BsonDocumentFilterDefinition<BsonDocument>;
                text.Append(indexes.Collection).Append(keys).Append(model.Options.Unique).Append(model.Options.ExpireAfter).Append(partial?.Document).Append('\n');
            }

            text.AppendJoin('\n', indexes.Retired.Select(r => $"-{indexes.Collection}.{NameOf(r)}"));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    private static async Task DropAsync(IMongoIndexManager<BsonDocument> indexes, HashSet<string> names, CancellationToken ct)
    {
        var present = await (await indexes.ListAsync(ct)).ToListAsync(ct);
        foreach (var name in present.Select(i => i["name"].AsString).Where(names.Contains))
        {
            try
            {
                await indexes.DropOneAsync(name, ct);
            }
            catch (MongoCommandException e) when (e.Code == IndexNotFound)
            {
                // Another node was faster.
            }
        }
    }

    /// <summary>Its own name, or the one that an index without one is given.</summary>
    public static string NameOf(CreateIndexModel<BsonDocument> model) =>
        model.Options.Name ?? string.Join('_', ((BsonDocumentIndexKeysDefinition<BsonDocument>)model.Keys).Document.Select(k => $"{k.Name}_{k.Value}"));

    private static BsonDocumentIndexKeysDefinition<BsonDocument> Keys(IReadOnlyList<string> fields) =>
        new(new BsonDocument(fields.Select(f => f.StartsWith('-') ? new BsonElement(f[1..], -1) : new BsonElement(f, 1))));
}
