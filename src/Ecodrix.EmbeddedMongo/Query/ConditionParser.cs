using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>Parses the operators on one path.</summary>
internal sealed class ConditionParser(FilterParser filters, FieldPath path, BsonDocument operators)
{
    /// <summary>The node of one operator; null where it belongs to another (<c>$options</c>) or says nothing.</summary>
    public FilterNode? Parse(BsonElement element) => element.Name switch
    {
        "$eq" => Compare(path, ComparisonOperator.Eq, element.Value),
        "$gt" => Compare(path, ComparisonOperator.Gt, element.Value),
        "$gte" => Compare(path, ComparisonOperator.Gte, element.Value),
        "$lt" => Compare(path, ComparisonOperator.Lt, element.Value),
        "$lte" => Compare(path, ComparisonOperator.Lte, element.Value),
        "$ne" => Not(element.Value is BsonRegularExpression
            ? throw Errors.BadValue("Can't have regex as arg to $ne.")
            : Compare(path, ComparisonOperator.Eq, element.Value)),
        "$in" => In(element),
        "$nin" => Not(In(element)),
        "$not" => ParseNot(element.Value),
        "$exists" => IsTrue(element.Value) ? new ExistsNode(path) : Not(new ExistsNode(path)),
        "$type" => ParseType(element.Value),
        "$regex" => ParseRegex(element.Value),
        "$options" => operators.Contains("$regex") ? null : throw Errors.BadValue("$options needs a $regex"),
        "$elemMatch" => ParseElemMatch(element.Value),
        "$all" => ParseAll(element.Value),
        "$size" => ParseSize(element.Value),
        "$mod" => ParseMod(element.Value),
        "$bitsAllSet" or "$bitsAllClear" or "$bitsAnySet" or "$bitsAnyClear" => BitsNode.Parse(path, element),
        "$comment" => null,
        "$near" or "$nearSphere" or "$geoWithin" or "$geoIntersects" or "$within" or "$geoNear" =>
            throw Errors.BadValue($"{element.Name} is not supported"),
        _ => throw Errors.BadValue($"unknown operator: {element.Name}"),
    };

    public static ComparisonNode Compare(FieldPath path, ComparisonOperator comparison, BsonValue value)
    {
        if (value.IsBsonUndefined)
        {
            throw Errors.BadValue("cannot compare to undefined");
        }

        return value is BsonRegularExpression && comparison != ComparisonOperator.Eq
            ? throw Errors.BadValue($"Can't have RegEx as arg to predicate over field '{path}'.")
            : new ComparisonNode(path, comparison, value);
    }

    private static NorNode Not(FilterNode node) => new([node]);

    private static bool IsTrue(BsonValue value) => value.BsonType switch
    {
        BsonType.Boolean => value.AsBoolean,
        BsonType.Null or BsonType.Undefined => false,
        BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => Numbers.Compare(value, BsonInt32.Create(0)) != 0,
        _ => true,
    };

    private InNode In(BsonElement element)
    {
        if (element.Value is not BsonArray choices)
        {
            throw Errors.BadValue($"{element.Name} needs an array");
        }

        var values = new List<BsonValue>(choices.Count);
        var patterns = new List<RegexNode>();
        foreach (var choice in choices)
        {
            switch (choice)
            {
                case BsonDocument document when FilterParser.IsOperators(document):
                    throw Errors.BadValue($"cannot nest $ under {element.Name}");
                case BsonUndefined:
                    throw Errors.BadValue("InMatchExpression equality cannot be undefined");
                case BsonRegularExpression regex:
                    patterns.Add(new RegexNode(path, regex.Pattern, regex.Options));
                    break;
                default:
                    values.Add(choice);
                    break;
            }
        }

        return new InNode(path, values, patterns);
    }

    private NorNode ParseNot(BsonValue argument) => argument switch
    {
        BsonRegularExpression regex => Not(new RegexNode(path, regex.Pattern, regex.Options)),
        BsonDocument { ElementCount: 0 } => throw Errors.BadValue("$not cannot be empty"),
        BsonDocument conditions => Not(filters.ParseConditions(path, conditions)),
        _ => throw Errors.BadValue("$not needs a regex or a document"),
    };

    private TypeNode ParseType(BsonValue argument)
    {
        var types = new HashSet<BsonType>();
        foreach (var name in argument is BsonArray several ? several : [argument])
        {
            if (name is BsonString text)
            {
                if (text.Value == "number")
                {
                    types.UnionWith([BsonType.Int32, BsonType.Int64, BsonType.Double, BsonType.Decimal128]);
                    continue;
                }

                types.Add(BsonTypes.TryParse(text.Value, out var named)
                    ? named
                    : throw Errors.BadValue($"Unknown type name alias: {text.Value}"));
            }
            else
            {
                types.Add(Numbers.TryInt(name, out int number) && BsonTypes.TryParse(number, out var numbered)
                    ? numbered
                    : throw Errors.BadValue($"Invalid numerical type code: {name}"));
            }
        }

        return types.Count > 0 ? new TypeNode(path, types) : throw Errors.FailedToParse($"{path} must match at least one type");
    }

    private RegexNode ParseRegex(BsonValue argument)
    {
        string? options = operators.TryGetValue("$options", out var given)
            ? given is BsonString text ? text.Value : throw Errors.BadValue("$options has to be a string")
            : null;
        return argument switch
        {
            BsonString pattern => new RegexNode(path, pattern.Value, options ?? ""),
            BsonRegularExpression { Options.Length: > 0 } when options is not null =>
                throw Errors.Location(51075, "options set in both $regex and $options"),
            BsonRegularExpression regex => new RegexNode(path, regex.Pattern, options ?? regex.Options),
            _ => throw Errors.BadValue("$regex has to be a string"),
        };
    }

    private FilterNode ParseElemMatch(BsonValue argument)
    {
        if (argument is not BsonDocument condition)
        {
            throw Errors.BadValue("$elemMatch needs an Object");
        }

        bool onValues = FilterParser.IsOperators(condition)
            && condition.GetElement(0).Name is not ("$and" or "$or" or "$nor" or "$expr" or "$where" or "$comment");
        return onValues
            ? new ElemMatchValueNode(path, filters.ParseConditions(FieldPath.Empty, condition))
            : new ElemMatchObjectNode(path, filters.Parse(condition));
    }

    private FilterNode ParseAll(BsonValue argument)
    {
        if (argument is not BsonArray values)
        {
            throw Errors.BadValue("$all needs an array");
        }

        var nodes = new List<FilterNode>(values.Count);
        foreach (var value in values)
        {
            bool elemMatch = value is BsonDocument { ElementCount: > 0 } first && first.GetElement(0).Name == "$elemMatch";
            nodes.Add(value switch
            {
                BsonDocument document when elemMatch => ParseElemMatch(document[0]),
                BsonDocument document when FilterParser.IsOperators(document) => throw Errors.BadValue("no $ expressions in $all"),
                BsonRegularExpression regex => new RegexNode(path, regex.Pattern, regex.Options),
                _ => Compare(path, ComparisonOperator.Eq, value),
            });
        }

        return nodes.Count switch { 0 => new ConstantNode(false), 1 => nodes[0], _ => new AndNode(nodes) };
    }

    private SizeNode ParseSize(BsonValue argument)
    {
        if (!Numbers.IsNumber(argument))
        {
            throw Errors.BadValue($"Failed to parse $size. Expected a number in: $size: {argument}");
        }

        if (!Numbers.TryInt(argument, out int size))
        {
            throw Errors.BadValue($"Failed to parse $size. Expected an integer: $size: {argument}");
        }

        return size >= 0
            ? new SizeNode(path, size)
            : throw Errors.BadValue($"Failed to parse $size. Expected a non-negative number in: $size: {argument}");
    }

    private ModNode ParseMod(BsonValue argument)
    {
        if (argument is not BsonArray pair)
        {
            throw Errors.BadValue("malformed mod, needs to be an array");
        }

        if (pair.Count != 2)
        {
            throw Errors.BadValue(pair.Count < 2 ? "malformed mod, not enough elements" : "malformed mod, too many elements");
        }

        return Truncated(pair[0], "divisor") is not 0 and var divisor
            ? new ModNode(path, divisor, Truncated(pair[1], "remainder"))
            : throw Errors.BadValue("divisor cannot be 0");
    }

    private static long Truncated(BsonValue value, string role)
    {
        if (!Numbers.IsNumber(value))
        {
            throw Errors.BadValue($"malformed mod, {role} not a number");
        }

        return Numbers.TryWhole(Numbers.Truncate(value), out long whole)
            ? whole
            : throw Errors.BadValue($"malformed mod, {role} value is invalid: {value}");
    }
}
