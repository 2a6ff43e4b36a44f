using System.Globalization;
using System.Text.Json;

namespace Ecodrix.Sandbox.Graph;

/// <summary>
/// A part of a request together with its path, so that every check can name what it refused the way Meta does
/// (<c>interactive['action']['buttons'][0]</c>).
/// </summary>
internal readonly struct Param(JsonElement value, string path)
{
    public JsonElement Json { get; } = value;

    public string Path { get; } = path;

    public bool Has(string name) => Json.TryGetProperty(name, out var v) && v.ValueKind != JsonValueKind.Null;

    /// <summary>Refuses any key that is not listed.</summary>
    public Param Only(params ReadOnlySpan<string> keys)
    {
        foreach (var property in Json.EnumerateObject())
        {
            if (!keys.Contains(property.Name))
            {
                throw GraphErrors.Shape($"Unexpected key \"{property.Name}\" on param \"{Path}\".");
            }
        }

        return this;
    }

    public Param Object(string name)
    {
        var child = Required(name);
        return child.Json.ValueKind == JsonValueKind.Object ? child : throw GraphErrors.Invalid(child.Path, "must be a JSON object.");
    }

    public Param? OptionalObject(string name) => Has(name) ? Object(name) : null;

    public string Text(string name, int max)
    {
        var child = Required(name);
        if (child.Json.ValueKind != JsonValueKind.String)
        {
            throw GraphErrors.Invalid(child.Path, "must be a string.");
        }

        var text = child.Json.GetString()!;
        if (string.IsNullOrWhiteSpace(text))
        {
            throw GraphErrors.Missing(child.Path);
        }

        return text.Length <= max
            ? text
            : throw GraphErrors.Invalid(child.Path, string.Create(CultureInfo.InvariantCulture, $"must be at most {max} characters long."));
    }

    public string? OptionalText(string name, int max) => Has(name) ? Text(name, max) : null;

    public string OneOf(string name, params ReadOnlySpan<string> values)
    {
        var text = Text(name, 256);
        return values.Contains(text)
            ? text
            : throw GraphErrors.Invalid(PathOf(name), $"must be one of {{{string.Join(", ", values!)}}} - got \"{text}\".");
    }

    public IReadOnlyList<Param> List(string name, int min, int max)
    {
        var child = Required(name);
        if (child.Json.ValueKind != JsonValueKind.Array)
        {
            throw GraphErrors.Invalid(child.Path, "must be an array.");
        }

        var count = child.Json.GetArrayLength();
        if (count < min || count > max)
        {
            throw GraphErrors.Invalid(
                child.Path, string.Create(CultureInfo.InvariantCulture, $"must have between {min} and {max} elements, got {count}."));
        }

        var items = new Param[count];
        for (var i = 0; i < count; i++)
        {
            items[i] = new Param(child.Json[i], string.Create(CultureInfo.InvariantCulture, $"{child.Path}[{i}]"));
            if (items[i].Json.ValueKind != JsonValueKind.Object)
            {
                throw GraphErrors.Invalid(items[i].Path, "must be a JSON object.");
            }
        }

        return items;
    }

    /// <summary>A number, or a string that holds one: Meta's own samples use both.</summary>
    public double Number(string name, double min, double max)
    {
        var child = Required(name);
        var value = double.NaN;
        if (child.Json.ValueKind == JsonValueKind.String)
        {
            _ = double.TryParse(child.Json.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }
        else if (child.Json.ValueKind == JsonValueKind.Number)
        {
            _ = child.Json.TryGetDouble(out value);
        }

        return value >= min && value <= max
            ? value
            : throw GraphErrors.Invalid(child.Path, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}."));
    }

    public void OptionalBool(string name)
    {
        if (Has(name) && Json.GetProperty(name).ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw GraphErrors.Invalid(PathOf(name), "must be a boolean.");
        }
    }

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}['{name}']";

    private Param Required(string name) =>
        Has(name) ? new Param(Json.GetProperty(name), PathOf(name)) : throw GraphErrors.Missing(PathOf(name));
}
