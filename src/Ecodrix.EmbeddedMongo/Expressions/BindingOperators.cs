using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Operators that give names to values: <c>$let</c>, <c>$map</c>, <c>$filter</c>, <c>$reduce</c>.</summary>
internal static class BindingOperators
{
    public static void Register(OperatorTable table)
    {
        table.Special("$let", ParseLet);
        table.Special("$map", (argument, scope) => ParseLoop("$map", argument, scope));
        table.Special("$filter", (argument, scope) => ParseLoop("$filter", argument, scope));
        table.Special("$reduce", ParseReduce);
    }

    private static LetExpression ParseLet(BsonValue argument, ExpressionScope scope)
    {
        var document = Check("$let", argument, ["vars", "in"], [], 16874);
        var given = document["vars"] as BsonDocument ?? throw Errors.Location(10065, "invalid parameter: expected an object (vars)");
        var inner = scope;
        var variables = new List<(int, Expression)>();
        foreach (var element in given)
        {
            VariableNames.Check(element.Name);
            inner = inner.Declare(element.Name);
            variables.Add((inner.Slot, ExpressionParser.Parse(element.Value, scope)));
        }

        return new LetExpression(variables, ExpressionParser.Parse(document["in"], inner));
    }

    private static LoopExpression ParseLoop(string name, BsonValue argument, ExpressionScope scope)
    {
        bool filters = name == "$filter";
        var document = filters
            ? Check(name, argument, ["input", "cond"], ["as", "limit"], 28646)
            : Check(name, argument, ["input", "in"], ["as"], 16878);
        string variable = document.GetValue("as", "this").IsString
            ? document.GetValue("as", "this").AsString
            : throw Errors.FailedToParse($"the 'as' of {name} must be a string");
        VariableNames.Check(variable);
        var inner = scope.Declare(variable);
        return new LoopExpression(
            ExpressionParser.Parse(document["input"], scope),
            inner.Slot,
            ExpressionParser.Parse(document[filters ? "cond" : "in"], inner),
            filters,
            document.TryGetValue("limit", out var limit) ? ExpressionParser.Parse(limit, scope) : null);
    }

    private static ReduceExpression ParseReduce(BsonValue argument, ExpressionScope scope)
    {
        var document = Check("$reduce", argument, ["input", "initialValue", "in"], [], 40075);
        var value = scope.Declare("value");
        var inner = value.Declare("this");
        return new ReduceExpression(
            ExpressionParser.Parse(document["input"], scope),
            ExpressionParser.Parse(document["initialValue"], scope),
            value.Slot,
            inner.Slot,
            ExpressionParser.Parse(document["in"], inner));
    }

    private static BsonDocument Check(string name, BsonValue argument, string[] required, string[] optional, int code)
    {
        var document = argument as BsonDocument ?? throw Errors.Location(code, $"{name} only supports an object as its argument");
        foreach (string given in document.Names)
        {
            if (!required.Contains(given) && !optional.Contains(given))
            {
                throw Errors.Location(code + 1, $"Unrecognized parameter to {name}: {given}");
            }
        }

        return required.FirstOrDefault(wanted => !document.Contains(wanted)) is { } missing
            ? throw Errors.Location(code + 2, $"Missing '{missing}' parameter to {name}")
            : document;
    }
}

/// <summary><c>$let</c>.</summary>
internal sealed class LetExpression(IReadOnlyList<(int Slot, Expression Value)> variables, Expression body)
    : CompositeExpression([.. variables.Select(variable => variable.Value), body])
{
    private readonly Expression _body = body;

    public override BsonValue? Evaluate(EvaluationContext context)
    {
        // All values first: one of them may use the slot of another for a variable of its own.
        var values = new BsonValue?[variables.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Operands[i].Evaluate(context);
        }

        for (int i = 0; i < values.Length; i++)
        {
            context.Set(variables[i].Slot, values[i]);
        }

        return _body.Evaluate(context);
    }
}

/// <summary><c>$map</c> and <c>$filter</c>.</summary>
internal sealed class LoopExpression(Expression input, int slot, Expression body, bool filters, Expression? limit)
    : CompositeExpression([input, body, .. limit is null ? [] : new[] { limit }])
{
    private readonly Expression _input = input;
    private readonly Expression _body = body;
    private readonly Expression? _limit = limit;

    public override BsonValue? Evaluate(EvaluationContext context)
    {
        var value = _input.Evaluate(context);
        if (Nullish.Is(value))
        {
            return BsonNull.Value;
        }

        if (value is not BsonArray array)
        {
            throw Errors.Location(filters ? 28651 : 16883, $"input to {(filters ? "$filter" : "$map")} must be an array not {Errors.TypeName(value)}");
        }

        int wanted = Limit(context);
        var results = new BsonArray();
        for (int i = 0; i < array.Count && results.Count < wanted; i++)
        {
            context.Set(slot, array[i]);
            var result = _body.Evaluate(context);
            if (!filters)
            {
                results.Add(result ?? BsonNull.Value);
            }
            else if (Truth.Of(result))
            {
                results.Add(array[i]);
            }
        }

        return results;
    }

    private int Limit(EvaluationContext context)
    {
        var value = _limit?.Evaluate(context);
        if (Nullish.Is(value))
        {
            return int.MaxValue;
        }

        return Numbers.TryInt(value, out int limit) && limit > 0
            ? limit
            : throw Errors.Location(327392, $"$filter: limit must be a positive 32-bit integer, found {value}");
    }
}

/// <summary><c>$reduce</c>.</summary>
internal sealed class ReduceExpression(Expression input, Expression initial, int valueSlot, int thisSlot, Expression body)
    : CompositeExpression([input, initial, body])
{
    private readonly Expression _input = input;
    private readonly Expression _initial = initial;
    private readonly Expression _body = body;

    public override BsonValue? Evaluate(EvaluationContext context)
    {
        var source = _input.Evaluate(context);
        if (Nullish.Is(source))
        {
            return BsonNull.Value;
        }

        if (source is not BsonArray array)
        {
            throw Errors.Location(40080, $"$reduce requires that 'input' be an array, found: {source}");
        }

        var value = _initial.Evaluate(context);
        for (int i = 0; i < array.Count; i++)
        {
            context.Set(thisSlot, array[i]);
            context.Set(valueSlot, value);
            value = _body.Evaluate(context);
        }

        return value;
    }
}
