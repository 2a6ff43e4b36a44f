using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>Orders array elements as such, or by fields of theirs; an element that is no document has none of the fields.</summary>
internal sealed class ElementOrder(SortSpec? fields, bool descending) : IComparer<BsonValue>
{
    private static readonly BsonDocument NoFields = [];

    /// <summary>Reads <c>1</c>, <c>-1</c> or fields with directions.</summary>
    public static ElementOrder Parse(BsonValue argument, string name)
    {
        if (Numbers.TryInt(argument, out int direction))
        {
            return direction is 1 or -1
                ? new ElementOrder(null, direction < 0)
                : throw Errors.BadValue($"The sort of {name} must be either 1 or -1 for whole elements, found {argument}");
        }

        return argument is BsonDocument { ElementCount: > 0 } specification
            ? new ElementOrder(SortSpec.Parse(specification), false)
            : throw Errors.BadValue($"The sort of {name} is invalid: use 1/-1 to sort the whole element, or {{field:1/-1}} to sort embedded fields");
    }

    public int Compare(BsonValue? x, BsonValue? y)
    {
        if (fields is not null)
        {
            return fields.Compare(x as BsonDocument ?? NoFields, y as BsonDocument ?? NoFields);
        }

        int order = BsonOrder.Instance.Compare(x, y);
        return descending ? -order : order;
    }
}
