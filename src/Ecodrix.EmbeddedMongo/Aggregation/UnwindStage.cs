using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary><c>$unwind</c>: one document per element of an array.</summary>
internal sealed class UnwindStage(FieldPath path, FieldPath? indexPath, bool keepsEmpty) : Stage
{
    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        foreach (var document in source)
        {
            run.CheckCancelled();
            var value = Find(document);
            if (value is BsonArray { Count: > 0 } array)
            {
                for (int i = 0; i < array.Count; i++)
                {
                    yield return With(document, array[i], new BsonInt64(i));
                }
            }
            else if (value is not (null or BsonNull or BsonUndefined or BsonArray))
            {
                // Anything but an array counts as an array of itself, at no position.
                yield return With(document, value, BsonNull.Value);
            }
            else if (keepsEmpty)
            {
                yield return value is BsonArray ? With(document, null, BsonNull.Value) : WithIndex(document, BsonNull.Value);
            }
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        fields.Add(path.Head);
        return FieldDemand.PassesOn;
    }

    public static UnwindStage Parse(BsonValue argument)
    {
        if (argument is BsonString)
        {
            return new UnwindStage(ParsePath(argument), null, false);
        }

        if (argument is not BsonDocument specification)
        {
            throw Errors.Location(15981, $"expected either a string or an object as specification for $unwind stage, got {Errors.TypeName(argument)}");
        }

        FieldPath? path = null, index = null;
        bool keepsEmpty = false;
        foreach (var element in specification)
        {
            switch (element.Name)
            {
                case "path":
                    path = ParsePath(element.Value);
                    break;
                case "preserveNullAndEmptyArrays":
                    keepsEmpty = element.Value is BsonBoolean flag
                        ? flag.Value
                        : throw Errors.Location(28809, $"expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got {Errors.TypeName(element.Value)}");
                    break;
                case "includeArrayIndex":
                    index = ParseIndex(element.Value);
                    break;
                default:
                    throw Errors.Location(28811, $"unrecognized option to $unwind stage: {element.Name}");
            }
        }

        return new UnwindStage(path ?? throw Errors.Location(28812, "no path specified to $unwind stage"), index, keepsEmpty);
    }

    private static FieldPath ParsePath(BsonValue value)
    {
        if (value is not BsonString { Value: var text })
        {
            throw Errors.Location(28808, $"expected a string as the path for $unwind stage, got {Errors.TypeName(value)}");
        }

        return text.StartsWith('$')
            ? ExpressionParser.ParsePath(text[1..])
            : throw Errors.Location(28818, $"path option to $unwind stage should be prefixed with a '$': {text}");
    }

    private static FieldPath ParseIndex(BsonValue value)
    {
        if (value is not BsonString { Value.Length: > 0 } name)
        {
            throw Errors.Location(28810, $"expected a non-empty string for the includeArrayIndex  option to $unwind stage, got {Errors.TypeName(value)}");
        }

        return name.Value.StartsWith('$')
            ? throw Errors.Location(28822, $"includeArrayIndex option to $unwind stage should not be prefixed with a '$': {name.Value}")
            : ExpressionParser.ParsePath(name.Value);
    }

    private BsonValue? Find(BsonDocument document)
    {
        BsonValue? value = document;
        foreach (string component in path.Components)
        {
            value = value is BsonDocument inner && inner.TryGetValue(component, out var found) ? found : null;
        }

        return value;
    }

    private BsonDocument With(BsonDocument document, BsonValue? value, BsonValue index) =>
        WithIndex(Assign(document, path, 0, value), index);

    private BsonDocument WithIndex(BsonDocument document, BsonValue index) =>
        indexPath is null ? document : Assign(document, indexPath, 0, index);

    /// <summary>A copy with one value set, or taken out, that shares everything beside the path.</summary>
    private static BsonDocument Assign(BsonDocument document, FieldPath at, int depth, BsonValue? value)
    {
        var copy = (BsonDocument)document.Clone();
        string name = at.Components[depth];
        if (depth < at.Count - 1)
        {
            var inner = copy.TryGetValue(name, out var found) ? found as BsonDocument : null;
            copy[name] = Assign(inner ?? [], at, depth + 1, value);
        }
        else if (value is null)
        {
            copy.Remove(name);
        }
        else
        {
            copy[name] = value;
        }

        return copy;
    }
}
