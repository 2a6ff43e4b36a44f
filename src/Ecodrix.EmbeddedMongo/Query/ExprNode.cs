using Ecodrix.EmbeddedMongo.Expressions;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>An aggregation expression over the document is true.</summary>
internal sealed class ExprNode(Expression expression) : FilterNode
{
    public Expression Expression { get; } = expression;

    public override bool Matches(BsonDocument document, MatchState state) =>
        Truth.Of(Expression.Evaluate(new EvaluationContext(state.Slots) { Root = document }));

    public override bool MatchesValue(BsonValue? value, MatchState state) =>
        value is BsonDocument document && Matches(document, state);

    public override bool CollectReads(ISet<string> fields) => Expression.CollectReads(fields);
}
