using System.Text.Json;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;
using MongoDB.Bson.Serialization.Conventions;
using MongoDB.Bson.Serialization.Serializers;

namespace Ecodrix.Engine.Kernel;

/// <summary>How documents are written: camelCase, enums as snake_case words, money as Decimal128, unknown fields ignored, no nulls.</summary>
internal static class MongoConventions
{
    private static readonly Lazy<bool> Registered = new(Register);

    /// <summary>Registers the conventions once per process; must run before the first document class is used.</summary>
    public static void Ensure() => _ = Registered.Value;

    private static bool Register()
    {
        var pack = new ConventionPack
        {
            new CamelCaseElementNameConvention(),
            new IgnoreExtraElementsConvention(true),
            new IgnoreIfNullConvention(true),
            new SnakeCaseEnumConvention(),
        };
        ConventionRegistry.Register("ecodrix", pack, type => type.Namespace?.StartsWith("Ecodrix", StringComparison.Ordinal) == true);
        BsonSerializer.TryRegisterSerializer(new DecimalSerializer(BsonType.Decimal128));
        BsonSerializer.TryRegisterSerializer(new NullableSerializer<decimal>(new DecimalSerializer(BsonType.Decimal128)));
        return true;
    }

    private sealed class SnakeCaseEnumConvention : ConventionBase, IMemberMapConvention
    {
        public void Apply(BsonMemberMap memberMap)
        {
            var type = memberMap.MemberType;
            var enumType = Nullable.GetUnderlyingType(type) ?? type;
            if (!enumType.IsEnum)
            {
                return;
            }

            var serializer = (IBsonSerializer)Activator.CreateInstance(typeof(SnakeCaseEnumSerializer<>).MakeGenericType(enumType))!;
            memberMap.SetSerializer(type == enumType
                ? serializer
                : (IBsonSerializer)Activator.CreateInstance(typeof(NullableSerializer<>).MakeGenericType(enumType), serializer)!);
        }
    }
}

/// <summary>Writes an enum as the word the API uses for it.</summary>
internal sealed class SnakeCaseEnumSerializer<TEnum> : StructSerializerBase<TEnum>
    where TEnum : struct, Enum
{
    public static readonly Dictionary<TEnum, string> Words =
        Enum.GetValues<TEnum>().ToDictionary(v => v, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));

    private static readonly Dictionary<string, TEnum> Values = Words.ToDictionary(p => p.Value, p => p.Key);

    public override void Serialize(BsonSerializationContext context, BsonSerializationArgs args, TEnum value) =>
        context.Writer.WriteString(Words[value]);

    public override TEnum Deserialize(BsonDeserializationContext context, BsonDeserializationArgs args)
    {
        var word = context.Reader.ReadString();
        return Values.TryGetValue(word, out var value)
            ? value
            : throw new FormatException($"\"{word}\" is not a {typeof(TEnum).Name}.");
    }
}

/// <summary>The words enums are known by outside.</summary>
public static class EnumWords
{
    /// <summary>The snake_case word of a value.</summary>
    public static string Word<TEnum>(this TEnum value)
        where TEnum : struct, Enum => SnakeCaseEnumSerializer<TEnum>.Words.GetValueOrDefault(value) ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>All words of an enum, in declared order.</summary>
    public static IReadOnlyList<string> All<TEnum>()
        where TEnum : struct, Enum => [.. Enum.GetValues<TEnum>().Select(Word)];

    /// <summary>Reads a query parameter that is one of the enum's words.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, naming the words.</exception>
    public static TEnum? Parse<TEnum>(string? word, string field)
        where TEnum : struct, Enum
    {
        if (string.IsNullOrEmpty(word))
        {
            return null;
        }

        foreach (var value in Enum.GetValues<TEnum>())
        {
            if (value.Word() == word)
            {
                return value;
            }
        }

        throw RefusedException.Validation(field, $"{field} must be one of {string.Join(", ", All<TEnum>())}.");
    }
}
