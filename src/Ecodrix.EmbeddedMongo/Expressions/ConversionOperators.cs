using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary><c>$convert</c> and its short forms. See https://www.mongodb.com/docs/manual/reference/operator/aggregation/convert/.</summary>
internal static class ConversionOperators
{
    public static void Register(OperatorTable table)
    {
        table.Special("$convert", ParseConvert);
        Short("$toString", BsonType.String);
        Short("$toInt", BsonType.Int32);
        Short("$toLong", BsonType.Int64);
        Short("$toDouble", BsonType.Double);
        Short("$toDecimal", BsonType.Decimal128);
        Short("$toBool", BsonType.Boolean);
        Short("$toDate", BsonType.DateTime);
        Short("$toObjectId", BsonType.ObjectId);

        void Short(string name, BsonType type) =>
            table.Unary(name, value => Nullish.Is(value) ? BsonNull.Value : Conversion.To(type, value!));
    }

    private static FunctionExpression ParseConvert(BsonValue argument, ExpressionScope scope)
    {
        var arguments = OperatorTable.Arguments("$convert", argument, scope, ["input", "to"], ["onError", "onNull"]);
        bool hasOnError = argument.AsBsonDocument.Contains("onError"), hasOnNull = argument.AsBsonDocument.Contains("onNull");
        return new FunctionExpression(arguments, values =>
        {
            if (Nullish.Is(values[0]))
            {
                return hasOnNull ? values[3] : BsonNull.Value;
            }

            if (Nullish.Is(values[1]))
            {
                return BsonNull.Value;
            }

            var type = ParseType(values[1]!);
            try
            {
                return Conversion.To(type, values[0]!);
            }
            catch (MongoError failure) when (hasOnError && failure.Code == 241)
            {
                return values[2];
            }
        });
    }

    private static BsonType ParseType(BsonValue value)
    {
        if (Text.Of(value) is { } name)
        {
            return BsonTypes.TryParse(name, out var named) ? named : throw Errors.BadValue($"Unknown type name: {name}");
        }

        return Numbers.TryInt(value, out int number) && BsonTypes.TryParse(number, out var type)
            ? type
            : throw Errors.FailedToParse($"In $convert, numeric 'to' argument is not a known type, or 'to' is no string: {value}");
    }
}
