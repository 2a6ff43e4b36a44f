using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary>
/// One application of an update to one document. The containers on the way to a change are copied, once each, and everything
/// else is shared with the original, which stays as it was.
/// </summary>
internal sealed class UpdateRun(BsonDocument document, UpdateSettings settings)
{
    // MongoDB's own bound: one update must not be able to make a huge array of nulls.
    private const int MaxPadding = 1_500_000;

    private readonly BsonDocument _original = document;
    private readonly HashSet<BsonValue> _owned = new(ReferenceEqualityComparer.Instance);
    private readonly List<string>? _touched = settings.DetectsOverlaps ? [] : null;

    public BsonDocument Document { get; private set; } = document;

    public required int? Positional { get; init; }

    /// <summary>Whether the document is new: an upsert that found nothing.</summary>
    public required bool IsInsert { get; init; }

    public BsonDateTime Now => settings.Now;

    /// <summary>What to call the document in a message.</summary>
    public string Name => Document.TryGetValue("_id", out var id) ? $"{{_id: {id}}}" : "{no id}";

    public void Edit(FieldUpdate update) => Document = (BsonDocument)Visit(Document, _original, 0, update, "")!;

    private BsonValue? Visit(BsonValue? value, BsonValue? origin, int depth, FieldUpdate update, string at)
    {
        if (depth == update.Path.Steps.Length)
        {
            Touch(at, update);
            return update.Next(value, this);
        }

        var step = update.Path.Steps[depth];
        if (step.IsArrayWide)
        {
            return VisitElements(value, origin, depth, update, at);
        }

        if (step.Kind == StepKind.MatchedElement)
        {
            int position = Positional
                ?? throw Errors.BadValue("The positional operator did not find the match needed from the query.");
            step = new UpdateStep(StepKind.Field, position.ToString(System.Globalization.CultureInfo.InvariantCulture), position);
        }

        return value switch
        {
            null => update.CreatesPath ? Create(step, depth, update, at) : null,
            BsonDocument document => VisitField(document, origin, step, depth, update, at),
            BsonArray array => VisitPosition(array, origin, step, depth, update, at),
            _ => update.CreatesPath ? throw NotViable(step, value, depth, update) : value,
        };
    }

    private BsonDocument? Create(UpdateStep step, int depth, FieldUpdate update, string at)
    {
        if (Visit(null, null, depth + 1, update, $"{at}{step.Name}.") is not { } value)
        {
            return null;
        }

        var made = new BsonDocument(step.Name, value);
        _owned.Add(made);
        return made;
    }

    private BsonDocument VisitField(BsonDocument document, BsonValue? origin, UpdateStep step, int depth, FieldUpdate update, string at)
    {
        var present = document.TryGetValue(step.Name, out var found) ? found : null;
        var next = Visit(present, Inside(origin, step), depth + 1, update, _touched is null ? at : $"{at}{step.Name}.");
        if (ReferenceEquals(next, present))
        {
            return document;
        }

        document = (BsonDocument)Own(document);
        if (next is null)
        {
            document.Remove(step.Name);
        }
        else
        {
            document[step.Name] = next;
        }

        return document;
    }

    private BsonArray VisitPosition(BsonArray array, BsonValue? origin, UpdateStep step, int depth, FieldUpdate update, string at)
    {
        if (step.Position < 0)
        {
            return update.CreatesPath ? throw NotViable(step, array, depth, update) : array;
        }

        var present = step.Position < array.Count ? array[step.Position] : null;
        if (present is null && !update.CreatesPath)
        {
            return array;
        }

        var next = Visit(present, Inside(origin, step), depth + 1, update, _touched is null ? at : $"{at}{step.Name}.");
        if (ReferenceEquals(next, present))
        {
            return array;
        }

        if (step.Position > MaxPadding + array.Count)
        {
            throw Errors.BadValue($"can't backfill array to larger than {MaxPadding} elements");
        }

        array = (BsonArray)Own(array);
        while (array.Count <= step.Position)
        {
            array.Add(BsonNull.Value);
        }

        // Taking an element out by its position leaves null, so that the others keep theirs.
        array[step.Position] = next ?? BsonNull.Value;
        return array;
    }

    private BsonArray VisitElements(BsonValue? value, BsonValue? origin, int depth, FieldUpdate update, string at)
    {
        if (value is null)
        {
            throw Errors.BadValue(
                $"The path '{Prefix(update, depth)}' must exist in the document in order to apply array updates.");
        }

        if (value is not BsonArray array)
        {
            throw Errors.BadValue($"Cannot apply array updates to non-array element {Prefix(update, depth)}: {value}");
        }

        var step = update.Path.Steps[depth];
        var filter = step.Kind == StepKind.FilteredElements ? settings.ArrayFilters[step.Name] : null;
        for (int i = 0; i < array.Count; i++)
        {
            var present = array[i];
            var before = origin is BsonArray originals && i < originals.Count ? originals[i] : present;
            if (filter is not null && !filter.Matches(new BsonDocument(step.Name, before)))
            {
                continue;
            }

            var next = Visit(present, before, depth + 1, update, _touched is null ? at : $"{at}{i}.");
            if (!ReferenceEquals(next, present))
            {
                array = (BsonArray)Own(array);
                array[i] = next ?? BsonNull.Value;
            }
        }

        return array;
    }

    /// <summary>What was at a step before this run: array filters pick by that, whatever other operators have done by then.</summary>
    private static BsonValue? Inside(BsonValue? origin, UpdateStep step) => origin switch
    {
        BsonDocument document => document.TryGetValue(step.Name, out var value) ? value : null,
        BsonArray array => step.Position >= 0 && step.Position < array.Count ? array[step.Position] : null,
        _ => null,
    };

    /// <summary>A container that this run may write into.</summary>
    private BsonValue Own(BsonValue container)
    {
        if (_owned.Contains(container))
        {
            return container;
        }

        var copy = container.Clone();
        _owned.Add(copy);
        return copy;
    }

    /// <summary>Paths with placeholders may turn out to mean the same place only now.</summary>
    private void Touch(string at, FieldUpdate update)
    {
        if (_touched is null)
        {
            return;
        }

        foreach (string other in _touched)
        {
            if (at.StartsWith(other, StringComparison.Ordinal) || other.StartsWith(at, StringComparison.Ordinal))
            {
                throw Errors.ConflictingUpdateOperators(
                    $"Update created a conflict at '{(at.Length < other.Length ? at : other).TrimEnd('.')}' (path '{update.Path}')");
            }
        }

        _touched.Add(at);
    }

    private static MongoError NotViable(UpdateStep step, BsonValue value, int depth, FieldUpdate update) =>
        Errors.PathNotViable($"Cannot create field '{step.Name}' in element {{{Prefix(update, depth).Split('.')[^1]}: {value}}}");

    private static string Prefix(FieldUpdate update, int depth) => string.Join('.', update.Path.Text.Split('.').Take(depth));
}

/// <summary>What all applications of one update share.</summary>
internal sealed record UpdateSettings(BsonDateTime Now, IReadOnlyDictionary<string, QueryFilter> ArrayFilters, bool DetectsOverlaps);
