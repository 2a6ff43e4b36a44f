using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ecodrix.Engine.Kernel;

/// <summary>
/// Refuses <c>null</c> as a member of a list of objects or texts. Nullable annotations do not reach into lists, so without this
/// <c>{"leads":[null]}</c> would come to an operation as something its types rule out.
/// </summary>
internal sealed class ListOfSomething : JsonConverterFactory
{
    /// <inheritdoc />
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) && !typeToConvert.GetGenericArguments()[0].IsValueType;

    /// <inheritdoc />
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Converter<T> : JsonConverter<IReadOnlyList<T>>
        where T : class
    {
        public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var list = Inner(ref reader, options);
            return list.Contains(null) ? throw new JsonException("must not hold null.") : (IReadOnlyList<T>)(object)list;
        }

        private static List<T?> Inner(ref Utf8JsonReader reader, JsonSerializerOptions options)
        {
            try
            {
                return JsonSerializer.Deserialize<List<T?>>(ref reader, options)!;
            }
            catch (JsonException e)
            {
                throw JsonFaults.Nested(e);
            }
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var item in value)
            {
                JsonSerializer.Serialize(writer, item, options);
            }

            writer.WriteEndArray();
        }
    }
}
