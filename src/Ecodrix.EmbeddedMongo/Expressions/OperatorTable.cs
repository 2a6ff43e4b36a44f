using System.Collections.Frozen;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>All expression operators by name.</summary>
internal static class OperatorTable
{
    private static readonly FrozenDictionary<string, OperatorParser> Operators = Build();

    internal delegate Expression OperatorParser(BsonValue argument, ExpressionScope scope);

    public static Expression Parse(string name, BsonValue argument, ExpressionScope scope) =>
        Operators.TryGetValue(name, out var parser)
            ? parser(argument, scope)
            : throw Errors.InvalidPipelineOperator($"Unrecognized expression '{name}'");

    private static FrozenDictionary<string, OperatorParser> Build()
    {
        var operators = new Dictionary<string, OperatorParser>(StringComparer.Ordinal)
        {
            ["$literal"] = (argument, _) => new LiteralExpression(argument),
        };
        return operators.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
