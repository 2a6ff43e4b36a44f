using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary><c>$addToSet</c>: appends the values that are not there yet.</summary>
internal sealed class AddToSetUpdate(UpdatePath path, BsonArray values) : FieldUpdate(path)
{
    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        if (present is not (null or BsonArray))
        {
            throw Errors.BadValue(
                $"Cannot apply $addToSet to non-array field. Field named '{Path.Text.Split('.')[^1]}' has non-array type {Errors.TypeName(present)}");
        }

        var array = present as BsonArray ?? [];
        var seen = new HashSet<BsonValue>(array, BsonOrder.Instance);
        BsonArray? next = null;
        foreach (var value in values)
        {
            if (seen.Add(value))
            {
                next ??= (BsonArray)array.Clone();
                next.Add(value);
            }
        }

        return next ?? present ?? array;
    }

    public static AddToSetUpdate Parse(UpdatePath path, BsonValue argument)
    {
        if (argument is not BsonDocument { ElementCount: > 0 } document || document.GetElement(0).Name != "$each")
        {
            return new AddToSetUpdate(path, [argument]);
        }

        if (document.ElementCount > 1)
        {
            throw Errors.BadValue($"Found unexpected fields after $each in $addToSet: {document}");
        }

        return document[0] is BsonArray values
            ? new AddToSetUpdate(path, values)
            : throw Errors.TypeMismatch($"The argument to $each in $addToSet must be an array but it was of type {Errors.TypeName(document[0])}");
    }
}

/// <summary><c>$pop</c>: takes the first or last element away.</summary>
internal sealed class PopUpdate(UpdatePath path, bool first) : FieldUpdate(path)
{
    public override bool CreatesPath => false;

    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        if (present is not (null or BsonArray))
        {
            throw Errors.TypeMismatch($"Path '{Path}' contains an element of non-array type '{Errors.TypeName(present)}'");
        }

        if (present is not BsonArray { Count: > 0 } array)
        {
            return present;
        }

        var next = (BsonArray)array.Clone();
        next.RemoveAt(first ? 0 : next.Count - 1);
        return next;
    }

    public static PopUpdate Parse(UpdatePath path, BsonValue argument) =>
        Numbers.TryInt(argument, out int end) && end is 1 or -1
            ? new PopUpdate(path, end < 0)
            : throw Errors.FailedToParse($"$pop expects 1 or -1, found: {argument}");
}

/// <summary><c>$pull</c> and <c>$pullAll</c>: takes away the elements that meet a condition.</summary>
internal sealed class PullUpdate(UpdatePath path, string name, Predicate<BsonValue> condition) : FieldUpdate(path)
{
    public override bool CreatesPath => false;

    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        if (present is not (null or BsonArray))
        {
            throw Errors.BadValue($"Cannot apply {name} to a non-array value");
        }

        if (present is not BsonArray array)
        {
            return present;
        }

        var next = new BsonArray(array.Count);
        foreach (var element in array)
        {
            if (!condition(element))
            {
                next.Add(element);
            }
        }

        return next.Count == array.Count ? present : next;
    }

    /// <summary>A document says what fields an element has; operators say what the element itself is like; else it is equal.</summary>
    public static PullUpdate Parse(UpdatePath path, BsonValue argument)
    {
        switch (argument)
        {
            case BsonDocument operators when FilterParser.IsOperators(operators) && operators.GetElement(0).Name is not ("$and" or "$or" or "$nor" or "$expr"):
            case BsonRegularExpression:
                var onElement = QueryFilter.Parse(new BsonDocument("", argument));
                return new PullUpdate(path, "$pull", element => onElement.Matches(new BsonDocument("", element)));
            case BsonDocument fields:
                var onFields = QueryFilter.Parse(fields);
                return new PullUpdate(path, "$pull", element => element is BsonDocument document && onFields.Matches(document));
            default:
                return new PullUpdate(path, "$pull", element => BsonOrder.Instance.Equals(element, argument));
        }
    }

    public static PullUpdate ParseAll(UpdatePath path, BsonValue argument)
    {
        if (argument is not BsonArray values)
        {
            throw Errors.BadValue($"$pullAll requires an array argument but was given a {Errors.TypeName(argument)}");
        }

        var set = new HashSet<BsonValue>(values, BsonOrder.Instance);
        return new PullUpdate(path, "$pullAll", set.Contains);
    }
}
