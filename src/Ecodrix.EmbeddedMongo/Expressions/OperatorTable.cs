using System.Collections.Frozen;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>All expression operators by name.</summary>
internal sealed class OperatorTable
{
    private static readonly FrozenDictionary<string, OperatorParser> Operators = Build();

    private readonly Dictionary<string, OperatorParser> _operators = new(StringComparer.Ordinal);

    internal delegate Expression OperatorParser(BsonValue argument, ExpressionScope scope);

    public static Expression Parse(string name, BsonValue argument, ExpressionScope scope) =>
        Operators.TryGetValue(name, out var parser)
            ? parser(argument, scope)
            : throw Errors.InvalidPipelineOperator($"Unrecognized expression '{name}'");

    /// <summary>An operator that reads its argument in its own way.</summary>
    public void Special(string name, OperatorParser parser) => _operators.Add(name, parser);

    public void Unary(string name, Func<BsonValue?, BsonValue?> function) =>
        Special(name, (argument, scope) => new UnaryExpression(Operands(name, argument, scope, 1, 1)[0], function));

    public void Binary(string name, Func<BsonValue?, BsonValue?, BsonValue?> function) => Special(name, (argument, scope) =>
    {
        var operands = Operands(name, argument, scope, 2, 2);
        return new BinaryExpression(operands[0], operands[1], function);
    });

    /// <summary>An operator of positional operands; those left out are missing.</summary>
    public void Positional(string name, int min, int max, Func<BsonValue?[], BsonValue?> function) => Special(name, (argument, scope) =>
    {
        var operands = Operands(name, argument, scope, min, max);
        while (max != int.MaxValue && operands.Count < max)
        {
            operands.Add(new LiteralExpression(null));
        }

        return new FunctionExpression(operands, function);
    });

    public void Variadic(string name, Func<BsonValue?[], BsonValue?> function) => Positional(name, 0, int.MaxValue, function);

    /// <summary>An operator of named arguments, given to the function in the order required, then optional.</summary>
    public void Named(string name, string[] required, string[] optional, Func<BsonValue?[], BsonValue?> function) =>
        Special(name, (argument, scope) => new FunctionExpression(Arguments(name, argument, scope, required, optional), function));

    /// <exception cref="MongoError">16020 or 28667 for a wrong number of operands.</exception>
    public static List<Expression> Operands(string name, BsonValue argument, ExpressionScope scope, int min, int max)
    {
        var operands = new List<Expression>();
        if (argument is BsonArray several)
        {
            foreach (var operand in several)
            {
                operands.Add(ExpressionParser.Parse(operand, scope));
            }
        }
        else
        {
            operands.Add(ExpressionParser.Parse(argument, scope));
        }

        if (operands.Count >= min && operands.Count <= max)
        {
            return operands;
        }

        throw min == max
            ? Errors.Location(16020, $"Expression {name} takes exactly {min} arguments. {operands.Count} were passed in.")
            : Errors.Location(28667, $"Expression {name} takes at least {min} arguments, and at most {max}, but {operands.Count} were passed in.");
    }

    /// <exception cref="MongoError">9 where the argument is no object, or a name is unknown or left out.</exception>
    public static Expression[] Arguments(string name, BsonValue argument, ExpressionScope scope, string[] required, string[] optional)
    {
        if (argument is not BsonDocument document)
        {
            throw Errors.FailedToParse($"{name} only supports an object as its argument, found {Errors.TypeName(argument)}");
        }

        foreach (string given in document.Names)
        {
            if (!required.Contains(given) && !optional.Contains(given))
            {
                throw Errors.FailedToParse($"Unrecognized argument to {name}: {given}");
            }
        }

        string[] names = [.. required, .. optional];
        return Array.ConvertAll(names, wanted => document.TryGetValue(wanted, out var given)
            ? ExpressionParser.Parse(given, scope)
            : required.Contains(wanted)
                ? throw Errors.FailedToParse($"Missing '{wanted}' parameter to {name}")
                : new LiteralExpression(null));
    }

    private static FrozenDictionary<string, OperatorParser> Build()
    {
        var table = new OperatorTable();
        ArithmeticOperators.Register(table);
        RoundingOperators.Register(table);
        ComparisonOperators.Register(table);
        LogicalOperators.Register(table);
        BindingOperators.Register(table);
        StringOperators.Register(table);
        SubstringOperators.Register(table);
        RegexOperators.Register(table);
        ArrayOperators.Register(table);
        ArrayBuildingOperators.Register(table);
        SetOperators.Register(table);
        ObjectOperators.Register(table);
        DateOperators.Register(table);
        DatePartOperators.Register(table);
        ConversionOperators.Register(table);
        AccumulatorOperators.Register(table);
        return table._operators.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
