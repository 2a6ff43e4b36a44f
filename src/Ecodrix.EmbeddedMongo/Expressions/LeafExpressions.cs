using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>A constant; <c>$$REMOVE</c> is the constant "missing".</summary>
internal sealed class LiteralExpression(BsonValue? value) : Expression
{
    public BsonValue? Value { get; } = value;

    public override BsonValue? Evaluate(EvaluationContext context) => Value;

    public override bool CollectReads(ISet<string> fields) => true;
}

/// <summary><c>$a.b</c>, a path in the document at hand: through an array it gives the array of what its documents have there.</summary>
internal sealed class FieldExpression(FieldPath path) : Expression
{
    public FieldPath Path { get; } = path;

    public override BsonValue? Evaluate(EvaluationContext context) => PathReader.Read(context.Root, Path);

    public override bool CollectReads(ISet<string> fields)
    {
        fields.Add(Path.Head);
        return true;
    }
}

/// <summary><c>$$ROOT</c>, or a path of it.</summary>
internal sealed class RootExpression(FieldPath path) : Expression
{
    public override BsonValue? Evaluate(EvaluationContext context) => PathReader.Read(context.Root, path);

    public override bool CollectReads(ISet<string> fields)
    {
        if (path.Count > 0)
        {
            fields.Add(path.Head);
        }

        return path.Count > 0;
    }
}

/// <summary><c>$$name</c>, or a path of it.</summary>
internal sealed class VariableExpression(int slot, FieldPath path) : Expression
{
    public int Slot { get; } = slot;

    public override BsonValue? Evaluate(EvaluationContext context) => PathReader.Read(context.Get(Slot), path);

    public override bool CollectReads(ISet<string> fields) => true;
}

/// <summary>A document whose fields are expressions; a field without a value is left out.</summary>
internal sealed class ObjectExpression(IReadOnlyList<(string Name, Expression Value)> members) : Expression
{
    public IReadOnlyList<(string Name, Expression Value)> Members { get; } = members;

    public override BsonValue? Evaluate(EvaluationContext context)
    {
        var document = new BsonDocument();
        foreach (var (name, value) in Members)
        {
            if (value.Evaluate(context) is { } found)
            {
                document[name] = found;
            }
        }

        return document;
    }

    public override bool CollectReads(ISet<string> fields)
    {
        bool known = true;
        foreach (var (_, value) in Members)
        {
            known &= value.CollectReads(fields);
        }

        return known;
    }
}

/// <summary>An array whose elements are expressions; an element without a value is null.</summary>
internal sealed class ArrayExpression(Expression[] elements) : Expression
{
    public Expression[] Elements { get; } = elements;

    public override BsonValue? Evaluate(EvaluationContext context)
    {
        var array = new BsonArray(Elements.Length);
        foreach (var element in Elements)
        {
            array.Add(element.Evaluate(context) ?? BsonNull.Value);
        }

        return array;
    }

    public override bool CollectReads(ISet<string> fields)
    {
        bool known = true;
        foreach (var element in Elements)
        {
            known &= element.CollectReads(fields);
        }

        return known;
    }
}
