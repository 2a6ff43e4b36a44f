using Ecodrix.EmbeddedMongo.Values;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary>One component of an update's path.</summary>
/// <param name="Kind">How it picks its targets.</param>
/// <param name="Name">The field's name, or the identifier of an array filter.</param>
/// <param name="Position">The array position that a name of digits may stand for, else −1.</param>
internal readonly record struct UpdateStep(StepKind Kind, string Name, int Position)
{
    public bool IsArrayWide => Kind is StepKind.AllElements or StepKind.FilteredElements;
}

internal enum StepKind
{
    Field,

    /// <summary><c>$</c>: the element that the query matched.</summary>
    MatchedElement,

    /// <summary><c>$[]</c>: every element.</summary>
    AllElements,

    /// <summary><c>$[id]</c>: the elements that an array filter picks.</summary>
    FilteredElements,
}

/// <summary>A path that an update writes to.</summary>
internal sealed class UpdatePath
{
    private UpdatePath(string text, UpdateStep[] steps)
    {
        Text = text;
        Steps = steps;
        IsDynamic = steps.Any(step => step.Kind != StepKind.Field);
    }

    public string Text { get; }

    public UpdateStep[] Steps { get; }

    /// <summary>Whether the targets depend on the document.</summary>
    public bool IsDynamic { get; }

    public static UpdatePath Parse(string text)
    {
        var path = FieldPath.Parse(text);
        var steps = new UpdateStep[path.Count];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = ParseStep(path, i);
        }

        return new UpdatePath(text, steps);
    }

    /// <summary>Orders as MongoDB adds new fields: by name, and by number where both components are numbers.</summary>
    public static int Compare(UpdatePath x, UpdatePath y)
    {
        for (int i = 0; i < Math.Min(x.Steps.Length, y.Steps.Length); i++)
        {
            var (left, right) = (x.Steps[i], y.Steps[i]);
            int order = left.Position >= 0 && right.Position >= 0
                ? left.Position.CompareTo(right.Position)
                : string.CompareOrdinal(left.Name, right.Name);
            if (order != 0)
            {
                return order;
            }
        }

        return x.Steps.Length.CompareTo(y.Steps.Length);
    }

    /// <exception cref="MongoError">40 if two updates meet at one place.</exception>
    public void CheckConflict(UpdatePath other)
    {
        for (int i = 0; i < Math.Min(Steps.Length, other.Steps.Length); i++)
        {
            var (mine, theirs) = (Steps[i], other.Steps[i]);
            if (mine == theirs)
            {
                continue;
            }

            if (mine.IsArrayWide != theirs.IsArrayWide)
            {
                // One treats the place as an array, the other as having named fields.
                throw Conflict(i);
            }

            return;
        }

        throw Conflict(Math.Min(Steps.Length, other.Steps.Length));
    }

    public override string ToString() => Text;

    private MongoError Conflict(int length) => Errors.ConflictingUpdateOperators(
        $"Updating the path '{Text}' would create a conflict at '{string.Join('.', Text.Split('.').Take(length))}'");

    private static UpdateStep ParseStep(FieldPath path, int depth)
    {
        string name = path.Components[depth];
        if (name.Length == 0)
        {
            throw Errors.EmptyFieldName($"The update path '{path}' contains an empty field name, which is not allowed.");
        }

        var kind = name switch
        {
            "$" => StepKind.MatchedElement,
            "$[]" => StepKind.AllElements,
            ['$', '[', .., ']'] => StepKind.FilteredElements,
            _ => StepKind.Field,
        };
        if (kind != StepKind.Field && depth == 0)
        {
            throw Errors.BadValue($"Cannot have {(kind == StepKind.MatchedElement ? "positional (i.e. '$')" : "array filter identifier (i.e. '$[<id>]')")} element in the first position in path '{path}'");
        }

        if (kind == StepKind.Field && name[0] == '$' && (depth == 0 || name is not ("$ref" or "$id" or "$db")))
        {
            throw Errors.DollarPrefixedFieldName($"The dollar ($) prefixed field '{name}' in '{path}' is not valid for storage.");
        }

        return new UpdateStep(kind, kind == StepKind.FilteredElements ? name[2..^1] : name, path.PositionAt(depth));
    }
}
