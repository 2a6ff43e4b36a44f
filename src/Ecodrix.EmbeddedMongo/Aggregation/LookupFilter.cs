using Ecodrix.EmbeddedMongo.Expressions;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>
/// What the other collection of a <c>$lookup</c> can be asked for, of what its pipeline's first <c>$match</c> wants. The pipeline
/// runs in full over the answer: this only spares it documents that it would drop.
/// </summary>
internal static class LookupFilter
{
    public static BsonDocument Narrow(BsonDocument filter, LookupSpec spec, EvaluationContext context)
    {
        if (spec.FirstMatch is null)
        {
            return filter;
        }

        var conditions = new BsonArray();
        if (filter.ElementCount > 0)
        {
            conditions.Add(filter);
        }

        foreach (var element in spec.FirstMatch)
        {
            if (element.Name == "$expr")
            {
                AddEqualities(element.Value, spec, context, conditions);
            }
            else if (!element.Name.StartsWith('$'))
            {
                conditions.Add(new BsonDocument(element));
            }
        }

        return conditions.Count switch
        {
            0 => filter,
            1 => conditions[0].AsBsonDocument,
            _ => new BsonDocument("$and", conditions),
        };
    }

    private static void AddEqualities(BsonValue expression, LookupSpec spec, EvaluationContext context, BsonArray conditions)
    {
        if (expression is not BsonDocument { ElementCount: 1 } document || document[0] is not BsonArray operands)
        {
            return;
        }

        if (document.GetElement(0).Name == "$and")
        {
            foreach (var operand in operands)
            {
                AddEqualities(operand, spec, context, conditions);
            }
        }
        else if (document.GetElement(0).Name == "$eq" && operands.Count == 2)
        {
            AddEquality(operands[0], operands[1], spec, context, conditions);
            AddEquality(operands[1], operands[0], spec, context, conditions);
        }
    }

    private static void AddEquality(BsonValue field, BsonValue other, LookupSpec spec, EvaluationContext context, BsonArray conditions)
    {
        bool comparable = field is BsonString { Value: ['$', not '$', ..] } && other is BsonString { Value: ['$', '$', ..] };
        if (!comparable || ExpressionParser.Parse(other, spec.Scope) is not VariableExpression variable)
        {
            return;
        }

        // An expression takes an array as a whole where a filter looks into it, and tells null from missing.
        if (variable.Evaluate(context) is { } value and not (BsonArray or BsonNull or BsonUndefined))
        {
            conditions.Add(new BsonDocument(field.AsString[1..], new BsonDocument("$eq", value)));
        }
    }
}
