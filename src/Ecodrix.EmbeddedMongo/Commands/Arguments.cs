using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Reads the fields of commands, with MongoDB's errors where one is missing, unknown or of the wrong type.</summary>
internal static class Arguments
{
    // What any command may carry: it is about the session, or a note.
    private static readonly HashSet<string> Generic = new(StringComparer.Ordinal)
    {
        "$db", "lsid", "$clusterTime", "$readPreference", "$audit", "$client", "$configServerState", "apiVersion", "apiStrict",
        "apiDeprecationErrors", "comment", "maxTimeMS", "readConcern", "writeConcern", "txnNumber", "autocommit", "startTransaction",
        "stmtId", "mayBypassWriteBlocking", "maxAwaitTimeMS", "$tenant",
    };

    /// <summary>Refuses fields that the command does not know: an option that is ignored is a wrong answer.</summary>
    /// <exception cref="MongoError">40415.</exception>
    public static void CheckKnown(BsonDocument document, string name, HashSet<string> known, bool isCommand)
    {
        for (int i = isCommand ? 1 : 0; i < document.ElementCount; i++)
        {
            string field = document.GetElement(i).Name;
            if (!known.Contains(field) && !(isCommand && Generic.Contains(field)))
            {
                throw new MongoError(40415, "Location40415", $"BSON field '{name}.{field}' is an unknown field.");
            }
        }
    }

    public static BsonDocument? OptionalDocument(BsonDocument body, string field) => Get(body, field) switch
    {
        null => null,
        BsonDocument document => document,
        var other => throw WrongType(field, other, "object"),
    };

    public static BsonDocument Document(BsonDocument body, string field) => OptionalDocument(body, field) ?? throw Missing(field);

    public static BsonArray? OptionalArray(BsonDocument body, string field) => Get(body, field) switch
    {
        null => null,
        BsonArray array => array,
        var other => throw WrongType(field, other, "array"),
    };

    public static BsonArray Array(BsonDocument body, string field) => OptionalArray(body, field) ?? throw Missing(field);

    public static bool Flag(BsonDocument body, string field, bool otherwise = false) => Get(body, field) switch
    {
        null => otherwise,
        BsonBoolean flag => flag.Value,
        var number when number.IsNumeric => number.ToDouble() != 0,
        var other => throw WrongType(field, other, "bool"),
    };

    public static string Text(BsonDocument body, string field) => Get(body, field) switch
    {
        null => throw Missing(field),
        BsonString text => text.Value,
        var other => throw WrongType(field, other, "string"),
    };

    /// <summary>A whole number that is not negative, or null.</summary>
    public static long? Count(BsonDocument body, string field)
    {
        var value = Get(body, field);
        if (value is null)
        {
            return null;
        }

        if (!Numbers.IsNumber(value))
        {
            throw WrongType(field, value, "number");
        }

        long count = Numbers.TryWhole(value, out long whole) ? whole
            : throw new MongoError(9, "FailedToParse", $"Expected an integer, but found: {field}: {value}");
        return count >= 0 ? count
            : throw new MongoError(51024, "Location51024", $"BSON field '{field}' value must be >= 0, actual value '{count}'");
    }

    /// <summary>An index by name or by key pattern, or null.</summary>
    public static BsonValue? Hint(BsonDocument body) => Get(body, "hint") switch
    {
        null => null,
        BsonString name => name,
        BsonDocument { ElementCount: 0 } => null,
        BsonDocument key => key,
        _ => throw new MongoError(9, "FailedToParse", "Hint must be a string or an object"),
    };

    /// <summary>Refuses every collation but the plain one, which is how everything here compares.</summary>
    /// <exception cref="MongoError">115.</exception>
    public static void RefuseCollation(BsonDocument body)
    {
        if (OptionalDocument(body, "collation") is { ElementCount: > 0 } collation
            && !(collation.ElementCount == 1 && collation.GetValue("locale", "") == "simple"))
        {
            throw new MongoError(115, "CommandNotSupported", "collation is not supported; strings compare by their UTF-8 bytes");
        }
    }

    public static MongoError Missing(string field) =>
        new(40414, "Location40414", $"BSON field '{field}' is missing but a required field");

    private static MongoError WrongType(string field, BsonValue value, string expected) => new(14, "TypeMismatch",
        $"BSON field '{field}' is the wrong type '{BsonTypes.NameOf(value.BsonType)}', expected type '{expected}'");

    private static BsonValue? Get(BsonDocument body, string field) =>
        body.TryGetValue(field, out var value) && !value.IsBsonNull ? value : null;
}
