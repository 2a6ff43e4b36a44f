using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>An expression over the values of others.</summary>
internal abstract class CompositeExpression(IReadOnlyList<Expression> operands) : Expression
{
    protected Expression[] Operands { get; } = [.. operands];

    public override bool CollectReads(ISet<string> fields)
    {
        bool known = true;
        foreach (var operand in Operands)
        {
            known &= operand.CollectReads(fields);
        }

        return known;
    }
}

internal sealed class UnaryExpression(Expression operand, Func<BsonValue?, BsonValue?> function) : CompositeExpression([operand])
{
    private readonly Expression _operand = operand;

    public override BsonValue? Evaluate(EvaluationContext context) => function(_operand.Evaluate(context));
}

internal sealed class BinaryExpression(Expression left, Expression right, Func<BsonValue?, BsonValue?, BsonValue?> function)
    : CompositeExpression([left, right])
{
    private readonly Expression _left = left;
    private readonly Expression _right = right;

    public override BsonValue? Evaluate(EvaluationContext context) => function(_left.Evaluate(context), _right.Evaluate(context));
}

/// <summary>A function of any number of operands, all of them evaluated; one that was not given is missing.</summary>
internal sealed class FunctionExpression(IReadOnlyList<Expression> operands, Func<BsonValue?[], BsonValue?> function)
    : CompositeExpression(operands)
{
    public override BsonValue? Evaluate(EvaluationContext context)
    {
        var values = new BsonValue?[Operands.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Operands[i].Evaluate(context);
        }

        return function(values);
    }
}
