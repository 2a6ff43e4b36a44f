using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>Makes the tree of a query.</summary>
internal sealed class FilterParser(ExpressionScope scope)
{
    public FilterNode Parse(BsonDocument filter)
    {
        var nodes = new List<FilterNode>();
        foreach (var element in filter)
        {
            if (element.Name.StartsWith('$'))
            {
                AddOperator(element, nodes);
            }
            else
            {
                AddField(FieldPath.Parse(element.Name), element.Value, nodes);
            }
        }

        return nodes.Count == 1 ? nodes[0] : new AndNode(nodes);
    }

    private void AddOperator(BsonElement element, List<FilterNode> nodes)
    {
        switch (element.Name)
        {
            case "$and":
                // A nested conjunction is one with its parent, so that the planner sees all of it.
                foreach (var child in Branches(element))
                {
                    Flatten(child, nodes);
                }

                break;
            case "$or":
                nodes.Add(new OrNode(Branches(element)));
                break;
            case "$nor":
                nodes.Add(new NorNode(Branches(element)));
                break;
            case "$expr":
                nodes.Add(new ExprNode(ExpressionParser.Parse(element.Value, scope)));
                break;
            case "$comment":
                break;
            case "$alwaysTrue" or "$alwaysFalse":
                nodes.Add(new ConstantNode(element.Name == "$alwaysTrue"));
                break;
            case "$where" or "$text" or "$jsonSchema" or "$sampleRate":
                throw Errors.BadValue($"{element.Name} is not supported");
            default:
                throw Errors.BadValue($"unknown top level operator: {element.Name}");
        }
    }

    private static void Flatten(FilterNode node, List<FilterNode> nodes)
    {
        if (node is AndNode and)
        {
            nodes.AddRange(and.Children);
        }
        else
        {
            nodes.Add(node);
        }
    }

    private List<FilterNode> Branches(BsonElement element)
    {
        if (element.Value is not BsonArray branches)
        {
            throw Errors.BadValue($"{element.Name} must be an array");
        }

        if (branches.Count == 0)
        {
            throw Errors.BadValue("$and/$or/$nor must be a nonempty array");
        }

        var nodes = new List<FilterNode>(branches.Count);
        foreach (var branch in branches)
        {
            nodes.Add(branch is BsonDocument filter
                ? Parse(filter)
                : throw Errors.BadValue("$or/$and/$nor entries need to be full objects"));
        }

        return nodes;
    }

    private void AddField(FieldPath path, BsonValue condition, List<FilterNode> nodes)
    {
        switch (condition)
        {
            case BsonRegularExpression regex:
                nodes.Add(new RegexNode(path, regex.Pattern, regex.Options));
                break;
            case BsonDocument operators when IsOperators(operators):
                AddConditions(path, operators, nodes);
                break;
            default:
                nodes.Add(ConditionParser.Compare(path, ComparisonOperator.Eq, condition));
                break;
        }
    }

    /// <summary>Parses <c>{$gt: …, $lt: …}</c>, the conditions on the values at a path.</summary>
    public void AddConditions(FieldPath path, BsonDocument operators, List<FilterNode> nodes)
    {
        var parser = new ConditionParser(this, path, operators);
        foreach (var element in operators)
        {
            var node = parser.Parse(element);
            if (node is not null)
            {
                Flatten(node, nodes);
            }
        }
    }

    /// <summary>Parses conditions to be met by one value as such.</summary>
    public FilterNode ParseConditions(FieldPath path, BsonDocument operators)
    {
        var nodes = new List<FilterNode>();
        AddConditions(path, operators, nodes);
        return nodes.Count == 1 ? nodes[0] : new AndNode(nodes);
    }

    /// <summary>Whether a document is conditions rather than a value to be equal to. A DBRef is a value.</summary>
    public static bool IsOperators(BsonDocument document) =>
        document.ElementCount > 0
        && document.GetElement(0).Name is var name
        && name.StartsWith('$')
        && name is not ("$ref" or "$id" or "$db");
}
