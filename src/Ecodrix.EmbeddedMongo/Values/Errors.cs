using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>Makers of the errors that the operators raise, by MongoDB's code names.</summary>
internal static class Errors
{
    public static MongoError BadValue(string message) => new(2, "BadValue", message);

    public static MongoError FailedToParse(string message) => new(9, "FailedToParse", message);

    public static MongoError TypeMismatch(string message) => new(14, "TypeMismatch", message);

    public static MongoError PathNotViable(string message) => new(28, "PathNotViable", message);

    public static MongoError ConflictingUpdateOperators(string message) => new(40, "ConflictingUpdateOperators", message);

    public static MongoError ImmutableField(string message) => new(66, "ImmutableField", message);

    public static MongoError NotSingleValueField(string message) => new(54, "NotSingleValueField", message);

    public static MongoError DollarPrefixedFieldName(string message) => new(52, "DollarPrefixedFieldName", message);

    public static MongoError EmptyFieldName(string message) => new(56, "EmptyFieldName", message);

    public static MongoError InvalidPipelineOperator(string message) => new(168, "InvalidPipelineOperator", message);

    public static MongoError ConversionFailure(string message) => new(241, "ConversionFailure", message);

    public static MongoError ExceededMemoryLimit(string message) =>
        new(292, "QueryExceededMemoryLimitNoDiskUseAllowed", message);

    /// <summary>An error that MongoDB knows by number only; its name is then <c>Location</c> and the number.</summary>
    public static MongoError Location(int code, string message) => new(code, $"Location{code}", message);

    /// <summary>How MongoDB names a type in messages and in <c>$type</c>.</summary>
    public static string TypeName(BsonValue? value) => value is null ? "missing" : BsonTypes.NameOf(value.BsonType);
}
