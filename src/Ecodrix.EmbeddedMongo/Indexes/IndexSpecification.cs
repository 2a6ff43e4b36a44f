using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>Checks what <c>createIndexes</c> asks for and brings it into the form that is stored.</summary>
internal static class IndexSpecification
{
    private const long LongestExpiry = int.MaxValue;

    // Accepted for the sake of clients that send them; they change nothing here.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal) { "v", "background", "ns" };

    /// <exception cref="MongoError">67 for a kind of index that is not supported, 197 for an option that is unknown.</exception>
    public static BsonDocument Normalize(BsonDocument asked)
    {
        var key = asked.GetValue("key", null) as BsonDocument
            ?? throw Errors.FailedToParse("The 'key' field is a required property of an index specification");
        CheckKey(key);
        var name = asked.GetValue("name", null) as BsonString
            ?? throw Errors.FailedToParse("The 'name' field is a required property of an index specification");
        var stored = new BsonDocument { { "v", 2 }, { "key", key }, { "name", name } };
        foreach (var option in asked)
        {
            if (option.Name is not ("key" or "name") && !Harmless.Contains(option.Name))
            {
                AddOption(stored, key, option);
            }
        }

        if (stored.Contains("sparse") && stored.Contains("partialFilterExpression"))
        {
            throw Refused("cannot mix \"partialFilterExpression\" and \"sparse\" options");
        }

        return stored;
    }

    private static void AddOption(BsonDocument stored, BsonDocument key, BsonElement option)
    {
        switch (option.Name)
        {
            case "unique" or "sparse":
                if (option.Value.ToBoolean())
                {
                    stored.Add(option.Name, true);
                }

                break;
            case "expireAfterSeconds":
                stored.Add(option.Name, Expiry(key, option.Value));
                break;
            case "partialFilterExpression":
                QueryFilter.Parse(option.Value as BsonDocument ?? throw Errors.TypeMismatch("The field 'partialFilterExpression' must be an object"));
                stored.Add(option.Name, option.Value);
                break;
            case "hidden" when !option.Value.ToBoolean():
                break;
            case "collation" when option.Value is BsonDocument collation && collation.GetValue("locale", "") == "simple":
                break;
            case "hidden" or "collation" or "weights" or "default_language" or "language_override" or "textIndexVersion"
                or "2dsphereIndexVersion" or "bits" or "min" or "max" or "wildcardProjection" or "storageEngine" or "prepareUnique":
                throw new MongoError(115, "CommandNotSupported", $"index option '{option.Name}' is not supported");
            default:
                throw new MongoError(197, "InvalidIndexSpecificationOption",
                    $"The field '{option.Name}' is not valid for an index specification. Specification: {stored}");
        }
    }

    private static BsonValue Expiry(BsonDocument key, BsonValue value)
    {
        if (!value.IsNumeric || value.ToDouble() is < 0 or > LongestExpiry)
        {
            throw Refused($"TTL index 'expireAfterSeconds' option must be numeric and within 0 and {LongestExpiry}");
        }

        return key.ElementCount == 1 && key.GetElement(0).Name != "_id" ? value.ToInt32()
            : throw Refused("TTL indexes are single-field indexes, and not on _id");
    }

    private static void CheckKey(BsonDocument key)
    {
        if (key.ElementCount is 0 or > IndexKeys.MaximumFields)
        {
            throw Refused($"An index has between 1 and {IndexKeys.MaximumFields} fields");
        }

        foreach (var field in key)
        {
            if (field.Value is BsonString kind)
            {
                throw Refused($"Index kind '{kind.Value}' is not supported: an index is ascending (1) or descending (-1)");
            }

            if (!Numbers.IsNumber(field.Value) || field.Value.ToDouble() == 0 || double.IsNaN(field.Value.ToDouble()))
            {
                throw Refused($"Values in the index key pattern must be numbers other than 0. Field: {field.Name}");
            }

            if (field.Name.Length == 0 || field.Name[0] == '$' || field.Name.Split('.').Any(part => part.Length == 0 || part.StartsWith("$**", StringComparison.Ordinal)))
            {
                throw Refused($"Index key contains an illegal field name: '{field.Name}'");
            }
        }

        if (key.Names.Distinct(StringComparer.Ordinal).Count() != key.ElementCount)
        {
            throw Refused("An index key names a field twice");
        }
    }

    private static MongoError Refused(string message) => new(67, "CannotCreateIndex", message);
}
