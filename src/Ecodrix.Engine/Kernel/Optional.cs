using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ecodrix.Engine.Kernel;

/// <summary>A field of a PATCH body: absent (leave as it is), or present with a value, which may be null (clear it).</summary>
/// <typeparam name="T">The field's type.</typeparam>
[JsonConverter(typeof(OptionalConverterFactory))]
public readonly record struct Optional<T>
{
    /// <summary>A field that is present.</summary>
    public Optional(T value)
    {
        Value = value;
        IsPresent = true;
    }

    /// <summary>Whether the caller sent the field.</summary>
    public bool IsPresent { get; }

    /// <summary>The value sent, or the type's default when absent.</summary>
    public T? Value { get; }

    /// <summary>The value sent, or what the field holds now.</summary>
    public T? Or(T? current) => IsPresent ? Value : current;

    /// <summary>A present field, written as its value.</summary>
    public static implicit operator Optional<T>(T value) => new(value);
}

/// <summary>Reads <see cref="Optional{T}"/> from JSON: a property that is there, even as null, is present.</summary>
public sealed class OptionalConverterFactory : JsonConverterFactory
{
    /// <inheritdoc />
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Optional<>);

    /// <inheritdoc />
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Converter<T> : JsonConverter<Optional<T>>
    {
        public override bool HandleNull => true;

        public override Optional<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return new(JsonSerializer.Deserialize<T>(ref reader, options)!);
            }
            catch (JsonException e)
            {
                throw JsonFaults.Nested(e);
            }
        }

        public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Value, options);
    }
}
