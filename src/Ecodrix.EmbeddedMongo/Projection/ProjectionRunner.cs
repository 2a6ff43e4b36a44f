using Ecodrix.EmbeddedMongo.Expressions;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Projection;

/// <summary>Runs a projection's tree over one document, which stays as it is.</summary>
internal readonly struct ProjectionRunner(EvaluationContext context, int? positional)
{
    /// <summary>Keeps what the tree names, in the document's order, then adds what is computed, in the tree's.</summary>
    public BsonDocument Include(BsonDocument source, FieldsNode fields)
    {
        var kept = Keep(source, fields);
        return fields.HasComputed ? Compute(kept, fields) : kept;
    }

    private BsonDocument Keep(BsonDocument source, FieldsNode fields)
    {
        var kept = new BsonDocument();
        for (int i = 0; i < source.ElementCount; i++)
        {
            var element = source.GetElement(i);
            var value = fields.Find(element.Name) switch
            {
                FlagNode { Include: true } => element.Value,
                FieldsNode inner => KeepValue(element.Value, inner),
                TransformNode transform => transform.Transform(element.Value, positional),
                _ => null,
            };
            if (value is not null)
            {
                kept.Add(element.Name, value);
            }
        }

        return kept;
    }

    /// <summary>Fields of documents, also within arrays; anything else has no fields and falls away.</summary>
    private BsonValue? KeepValue(BsonValue value, FieldsNode fields)
    {
        if (value is BsonDocument document)
        {
            return Keep(document, fields);
        }

        if (value is not BsonArray array)
        {
            return null;
        }

        var kept = new BsonArray(array.Count);
        foreach (var element in array)
        {
            if (KeepValue(element, fields) is { } projected)
            {
                kept.Add(projected);
            }
        }

        return kept;
    }

    /// <summary>Keeps everything but what the tree leaves out.</summary>
    public BsonDocument Exclude(BsonDocument source, FieldsNode fields)
    {
        var kept = new BsonDocument();
        for (int i = 0; i < source.ElementCount; i++)
        {
            var element = source.GetElement(i);
            var value = fields.Find(element.Name) switch
            {
                FlagNode { Include: false } => null,
                FieldsNode inner => ExcludeValue(element.Value, inner),
                TransformNode transform => transform.Transform(element.Value, positional),
                _ => element.Value,
            };
            if (value is not null)
            {
                kept.Add(element.Name, value);
            }
        }

        return kept;
    }

    private BsonValue ExcludeValue(BsonValue value, FieldsNode fields)
    {
        if (value is BsonDocument document)
        {
            return Exclude(document, fields);
        }

        if (value is not BsonArray array)
        {
            return value;
        }

        var kept = new BsonArray(array.Count);
        foreach (var element in array)
        {
            kept.Add(ExcludeValue(element, fields));
        }

        return kept;
    }

    /// <summary>Sets the computed fields in a copy: present ones keep their place, and one without a value goes.</summary>
    public BsonDocument Compute(BsonDocument document, FieldsNode fields)
    {
        var result = (BsonDocument)document.Clone();
        foreach (var (name, node) in fields.Fields)
        {
            if (node is ComputedNode computed)
            {
                Assign(result, name, computed.Expression.Evaluate(context));
            }
            else if (node is FieldsNode { HasComputed: true } inner)
            {
                Assign(result, name, ComputeValue(result.TryGetValue(name, out var present) ? present : null, inner));
            }
        }

        return result;
    }

    private BsonValue ComputeValue(BsonValue? value, FieldsNode fields)
    {
        if (value is not BsonArray array)
        {
            return Compute(value as BsonDocument ?? [], fields);
        }

        var mapped = new BsonArray(array.Count);
        foreach (var element in array)
        {
            mapped.Add(ComputeValue(element, fields));
        }

        return mapped;
    }

    private static void Assign(BsonDocument document, string name, BsonValue? value)
    {
        if (value is null)
        {
            document.Remove(name);
        }
        else
        {
            document[name] = value;
        }
    }
}
