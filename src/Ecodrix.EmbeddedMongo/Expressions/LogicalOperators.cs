using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Operators that evaluate only as much as decides them.</summary>
internal static class LogicalOperators
{
    public static void Register(OperatorTable table)
    {
        table.Special("$and", (argument, scope) => new JunctionExpression(OperatorTable.Operands("$and", argument, scope, 0, int.MaxValue), isOr: false));
        table.Special("$or", (argument, scope) => new JunctionExpression(OperatorTable.Operands("$or", argument, scope, 0, int.MaxValue), isOr: true));
        table.Unary("$not", value => BsonBoolean.Create(!Truth.Of(value)));
        table.Special("$cond", ParseCond);
        table.Special("$ifNull", (argument, scope) => new IfNullExpression(OperatorTable.Operands("$ifNull", argument, scope, 2, int.MaxValue)));
        table.Special("$switch", ParseSwitch);
        table.Special("$literal", (argument, _) => new LiteralExpression(argument));
    }

    private static ConditionalExpression ParseCond(BsonValue argument, ExpressionScope scope)
    {
        if (argument is not BsonDocument document)
        {
            var operands = OperatorTable.Operands("$cond", argument, scope, 3, 3);
            return new ConditionalExpression([(operands[0], operands[1])], operands[2]);
        }

        foreach (string name in document.Names)
        {
            if (name is not ("if" or "then" or "else"))
            {
                throw Errors.Location(17083, $"Unrecognized parameter to $cond: {name}");
            }
        }

        return new ConditionalExpression([(Part("if", 17080), Part("then", 17081))], Part("else", 17082));

        Expression Part(string name, int code) => document.TryGetValue(name, out var part)
            ? ExpressionParser.Parse(part, scope)
            : throw Errors.Location(code, $"Missing '{name}' parameter to $cond");
    }

    private static ConditionalExpression ParseSwitch(BsonValue argument, ExpressionScope scope)
    {
        if (argument is not BsonDocument document)
        {
            throw Errors.Location(40060, $"$switch requires an object as an argument, found: {Errors.TypeName(argument)}");
        }

        foreach (string name in document.Names)
        {
            if (name is not ("branches" or "default"))
            {
                throw Errors.Location(40067, $"$switch found an unknown argument: {name}");
            }
        }

        if (document.GetValue("branches", new BsonArray()) is not BsonArray items)
        {
            throw Errors.Location(40061, "$switch expected an array for 'branches'");
        }

        var branches = new List<(Expression, Expression)>();
        foreach (var item in items)
        {
            if (item is not BsonDocument { ElementCount: 2 } branch || !branch.Contains("case") || !branch.Contains("then"))
            {
                throw Errors.Location(40067, "$switch requires each branch to have a 'case' and a 'then' expression and nothing else");
            }

            branches.Add((ExpressionParser.Parse(branch["case"], scope), ExpressionParser.Parse(branch["then"], scope)));
        }

        if (branches.Count == 0)
        {
            throw Errors.Location(40068, "$switch requires at least one branch.");
        }

        return new ConditionalExpression(branches, document.TryGetValue("default", out var fallback) ? ExpressionParser.Parse(fallback, scope) : null);
    }
}

/// <summary><c>$and</c> and <c>$or</c>.</summary>
internal sealed class JunctionExpression(IReadOnlyList<Expression> operands, bool isOr) : CompositeExpression(operands)
{
    public override BsonValue? Evaluate(EvaluationContext context)
    {
        foreach (var operand in Operands)
        {
            if (Truth.Of(operand.Evaluate(context)) == isOr)
            {
                return BsonBoolean.Create(isOr);
            }
        }

        return BsonBoolean.Create(!isOr);
    }
}

/// <summary><c>$ifNull</c>: the first value that is there and not null, else the last one.</summary>
internal sealed class IfNullExpression(IReadOnlyList<Expression> operands) : CompositeExpression(operands)
{
    public override BsonValue? Evaluate(EvaluationContext context)
    {
        BsonValue? value = null;
        foreach (var operand in Operands)
        {
            value = operand.Evaluate(context);
            if (!Nullish.Is(value))
            {
                break;
            }
        }

        return value;
    }
}

/// <summary><c>$cond</c> and <c>$switch</c>.</summary>
internal sealed class ConditionalExpression(IReadOnlyList<(Expression When, Expression Then)> branches, Expression? otherwise)
    : CompositeExpression([.. branches.SelectMany(branch => (Expression[])[branch.When, branch.Then]), .. otherwise is null ? [] : new[] { otherwise }])
{
    private readonly (Expression When, Expression Then)[] _branches = [.. branches];
    private readonly Expression? _otherwise = otherwise;

    public override BsonValue? Evaluate(EvaluationContext context)
    {
        foreach (var (when, then) in _branches)
        {
            if (Truth.Of(when.Evaluate(context)))
            {
                return then.Evaluate(context);
            }
        }

        return _otherwise is not null
            ? _otherwise.Evaluate(context)
            : throw Errors.Location(40066, "$switch could not find a matching branch for an input, and no default was specified.");
    }
}
