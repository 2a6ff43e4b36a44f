using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary><c>$push</c> with its modifiers: insert at a position, then sort, then slice.</summary>
internal sealed class PushUpdate(UpdatePath path, BsonArray values, int? position, int? slice, ElementOrder? order) : FieldUpdate(path)
{
    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        if (present is not (null or BsonArray))
        {
            throw Errors.BadValue(
                $"The field '{Path}' must be an array but is of type {Errors.TypeName(present)} in document {run.Name}");
        }

        var items = present is BsonArray array ? array.ToList() : [];
        int at = position switch
        {
            null => items.Count,
            < 0 => Math.Max(0, items.Count + position.Value),
            _ => Math.Min(items.Count, position.Value),
        };
        items.InsertRange(at, values);
        if (order is not null)
        {
            // List.Sort is unstable, which would shuffle elements that sort alike.
            items = [.. items.Order(order)];
        }

        var next = new BsonArray(slice switch
        {
            null => items,
            < 0 => items.Skip(Math.Max(0, items.Count + slice.Value)),
            _ => items.Take(slice.Value),
        });
        return ExactEquality.Same(present, next) ? present : next;
    }

    public static PushUpdate Parse(UpdatePath path, BsonValue argument)
    {
        if (argument is not BsonDocument modifiers || !modifiers.Contains("$each"))
        {
            if (argument is BsonDocument { ElementCount: > 0 } bare && bare.GetElement(0).Name is "$position" or "$slice" or "$sort")
            {
                throw Errors.BadValue($"The $push modifiers need $each: {argument}");
            }

            return new PushUpdate(path, [argument], null, null, null);
        }

        var values = modifiers["$each"] as BsonArray
            ?? throw Errors.BadValue($"The argument to $each in $push must be an array but it was of type: {Errors.TypeName(modifiers["$each"])}");
        int? position = null, slice = null;
        ElementOrder? order = null;
        foreach (var modifier in modifiers)
        {
            switch (modifier.Name)
            {
                case "$each":
                    break;
                case "$position":
                    position = Whole(modifier);
                    break;
                case "$slice":
                    slice = Whole(modifier);
                    break;
                case "$sort":
                    order = ElementOrder.Parse(modifier.Value, "$push");
                    break;
                default:
                    throw Errors.BadValue($"Unrecognized clause in $push: {modifier.Name}");
            }
        }

        return new PushUpdate(path, values, position, slice, order);
    }

    private static int Whole(BsonElement modifier) => Numbers.TryInt(modifier.Value, out int number)
        ? number
        : throw Errors.BadValue($"The value for {modifier.Name} must be an integer value but was given type: {Errors.TypeName(modifier.Value)}");
}
