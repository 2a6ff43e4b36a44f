using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Documents taken apart and put together.</summary>
internal static class ObjectOperators
{
    public static void Register(OperatorTable table)
    {
        table.Variadic("$mergeObjects", Merge);
        table.Unary("$objectToArray", ToArray);
        table.Unary("$arrayToObject", FromArray);
        table.Special("$getField", ParseGet);
        table.Special("$setField", (argument, scope) => ParseSet("$setField", argument, scope, ["field", "input", "value"]));
        table.Special("$unsetField", (argument, scope) => ParseSet("$unsetField", argument, scope, ["field", "input"]));
        table.Unary("$type", value => new BsonString(Errors.TypeName(value)));
        table.Unary("$isNumber", value => BsonBoolean.Create(Numbers.IsNumber(value)));
        table.Unary("$bsonSize", Size);
        table.Special("$rand", (argument, _) => argument is BsonDocument { ElementCount: 0 } or BsonArray { Count: 0 }
            ? new RandomExpression()
            : throw Errors.Location(3040501, "$rand does not currently accept arguments"));
    }

    private static BsonDocument Merge(BsonValue?[] values)
    {
        var merged = new BsonDocument();
        foreach (var value in values)
        {
            if (!Nullish.Is(value))
            {
                merged.Merge(
                    value as BsonDocument ?? throw Errors.Location(
                        40400, $"$mergeObjects requires object inputs, but input {value} is of type {Errors.TypeName(value)}"),
                    overwriteExistingElements: true);
            }
        }

        return merged;
    }

    private static BsonValue ToArray(BsonValue? value) => value switch
    {
        null or BsonNull or BsonUndefined => BsonNull.Value,
        BsonDocument document => new BsonArray(document.Select(element => new BsonDocument { { "k", element.Name }, { "v", element.Value } })),
        _ => throw Errors.Location(40390, $"$objectToArray requires a document input, found: {Errors.TypeName(value)}"),
    };

    private static BsonValue FromArray(BsonValue? value)
    {
        if (Nullish.Is(value))
        {
            return BsonNull.Value;
        }

        var array = value as BsonArray
            ?? throw Errors.Location(40386, $"$arrayToObject requires an array input, found: {Errors.TypeName(value)}");
        var document = new BsonDocument();
        foreach (var element in array)
        {
            var (name, item) = element switch
            {
                BsonArray { Count: 2 } pair => (pair[0], pair[1]),
                BsonDocument { ElementCount: 2 } pair when pair.Contains("k") && pair.Contains("v") => (pair["k"], pair["v"]),
                BsonArray or BsonDocument => throw Errors.Location(
                    element is BsonArray ? 40397 : 40392, $"$arrayToObject requires pairs, or objects with exactly 'k' and 'v', found: {element}"),
                _ => throw Errors.Location(40398, $"Unrecognised input type format for $arrayToObject: {Errors.TypeName(element)}"),
            };
            document[Text.Of(name) ?? throw Errors.Location(
                40395, $"$arrayToObject requires keys of type string, found: {Errors.TypeName(name)}")] = item;
        }

        return document;
    }

    private static FieldOfExpression ParseGet(BsonValue argument, ExpressionScope scope)
    {
        if (argument is not BsonDocument document || (document.ElementCount > 0 && document.GetElement(0).Name.StartsWith('$')))
        {
            return new FieldOfExpression(ParseName("$getField", argument, scope), new RootExpression(FieldPath.Empty));
        }

        foreach (string name in document.Names)
        {
            if (name is not ("field" or "input"))
            {
                throw Errors.Location(3041701, $"$getField found an unknown argument: {name}");
            }
        }

        return document.TryGetValue("field", out var field) && document.TryGetValue("input", out var input)
            ? new FieldOfExpression(ParseName("$getField", field, scope), ExpressionParser.Parse(input, scope))
            : throw Errors.Location(3041702, "$getField requires 'field' and 'input' to be specified");
    }

    private static FieldAssignmentExpression ParseSet(string name, BsonValue argument, ExpressionScope scope, string[] names)
    {
        var document = argument as BsonDocument
            ?? throw Errors.Location(4161100, $"{name} only supports an object as its argument");
        foreach (string given in document.Names)
        {
            if (!names.Contains(given))
            {
                throw Errors.Location(4161101, $"{name} found an unknown argument: {given}");
            }
        }

        foreach (string wanted in names)
        {
            if (!document.Contains(wanted))
            {
                throw Errors.Location(4161102, $"{name} requires '{wanted}' to be specified");
            }
        }

        return new FieldAssignmentExpression(
            name,
            ParseName(name, document["field"], scope),
            ExpressionParser.Parse(document["input"], scope),
            names.Length == 3 ? ExpressionParser.Parse(document["value"], scope) : new LiteralExpression(null));
    }

    /// <summary>The name of a field: a constant text, which may begin with <c>$</c> only inside of <c>$literal</c>.</summary>
    private static string ParseName(string name, BsonValue argument, ExpressionScope scope) =>
        ExpressionParser.Parse(argument, scope) is LiteralExpression { Value: { } constant } && Text.Of(constant) is { } text
            ? text
            : throw Errors.Location(5654602, $"{name} requires 'field' to evaluate to a constant string, found: {argument}");

    private static BsonValue Size(BsonValue? value) => value switch
    {
        null or BsonNull or BsonUndefined => BsonNull.Value,
        BsonDocument document => new BsonInt32(document.ToBson().Length),
        _ => throw Errors.Location(31393, $"$bsonSize requires a document input, found: {Errors.TypeName(value)}"),
    };
}

/// <summary><c>$getField</c>: a field by a name that may hold dots and dollars.</summary>
internal sealed class FieldOfExpression(string name, Expression input) : CompositeExpression([input])
{
    public override BsonValue? Evaluate(EvaluationContext context) => Operands[0].Evaluate(context) switch
    {
        BsonDocument document => document.TryGetValue(name, out var value) ? value : null,
        null or BsonNull or BsonUndefined => BsonNull.Value,
        _ => null,
    };
}

/// <summary><c>$setField</c> and <c>$unsetField</c>.</summary>
internal sealed class FieldAssignmentExpression(string function, string name, Expression input, Expression value)
    : CompositeExpression([input, value])
{
    public override BsonValue? Evaluate(EvaluationContext context)
    {
        var source = Operands[0].Evaluate(context);
        if (Nullish.Is(source))
        {
            return BsonNull.Value;
        }

        if (source is not BsonDocument document)
        {
            throw Errors.Location(4161105, $"{function} requires 'input' to evaluate to type Object");
        }

        var copy = (BsonDocument)document.Clone();
        if (Operands[1].Evaluate(context) is { } assigned)
        {
            copy[name] = assigned;
        }
        else
        {
            copy.Remove(name);
        }

        return copy;
    }
}

/// <summary><c>$rand</c>: a number in [0, 1), another one each time.</summary>
internal sealed class RandomExpression : Expression
{
    public override BsonValue? Evaluate(EvaluationContext context) => new BsonDouble(Random.Shared.NextDouble());

    public override bool CollectReads(ISet<string> fields) => true;
}
