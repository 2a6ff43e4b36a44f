using System.Text.RegularExpressions;
using Microsoft.OpenApi;

namespace Ecodrix.App.Api.Docs;

/// <summary>Makes descriptions, which come from the code's own comments, say what an API's reader knows: names as they are sent.</summary>
internal static partial class ApiWords
{
    private const JsonSchemaType Anything = JsonSchemaType.Object | JsonSchemaType.Array | JsonSchemaType.String | JsonSchemaType.Number | JsonSchemaType.Boolean | JsonSchemaType.Null;

    /// <summary>Fields that are read as free JSON, of which the serializer can tell nothing.</summary>
    private static readonly Dictionary<string, (JsonSchemaType Type, string Description)> Free = new(StringComparer.Ordinal)
    {
        ["variables"] = (JsonSchemaType.Object | JsonSchemaType.Null, "Values for templates: an object, as `{{ variables.name }}` names them."),
        ["data"] = (JsonSchemaType.Object | JsonSchemaType.Null, "Values for conditions and templates: an object, as `data.name` names them."),
        ["callbackMetadata"] = (Anything, "Given back in the callback as it is: any JSON."),
    };

    /// <summary>Rewords a whole document.</summary>
    public static void Tidy(OpenApiDocument document)
    {
        foreach (var schema in document.Components?.Schemas?.Values ?? [])
        {
            Tidy(schema);
        }

        foreach (var operation in (document.Paths ?? []).Values.SelectMany(p => p.Operations ?? []).Select(o => o.Value))
        {
            operation.Summary = Plain(operation.Summary);
            operation.Description = Plain(operation.Description);
            foreach (var parameter in operation.Parameters ?? [])
            {
                parameter.Description = Plain(parameter.Description);
            }

            foreach (var content in (operation.RequestBody?.Content?.Values ?? []).Concat((operation.Responses ?? []).Values.SelectMany(r => r.Content?.Values ?? [])))
            {
                Tidy(content.Schema);
            }
        }
    }

    /// <summary>A description without the types and classes of the code.</summary>
    public static string? Plain(string? description) =>
        description is null ? null : Member().Replace(description, m => $"`{char.ToLowerInvariant(m.Groups["name"].Value[0])}{m.Groups["name"].Value[1..]}`");

    private static void Tidy(IOpenApiSchema? schema)
    {
        if (schema is null)
        {
            return;
        }

        schema.Description = Plain(schema.Description);
        if (schema is not OpenApiSchema own)
        {
            return;
        }

        foreach (var part in (IOpenApiSchema?[])[own.Items, own.AdditionalProperties, .. own.AnyOf ?? [], .. own.OneOf ?? [], .. own.AllOf ?? []])
        {
            Tidy(part);
        }

        var properties = own.Properties ?? new Dictionary<string, IOpenApiSchema>();
        var ofTrigger = properties.ContainsKey("callbackMetadata");
        foreach (var (name, property) in properties.ToList())
        {
            if (ofTrigger && Free.TryGetValue(name, out var free))
            {
                properties[name] = new OpenApiSchema { Type = free.Type, Description = free.Description };
            }
            else
            {
                Tidy(property);
            }
        }
    }

    /// <summary>A member as the compiler writes it: its type, its class, its name, and what it takes.</summary>
    [GeneratedRegex(@"(?:(?:\b(?:string|int|long|bool|double|decimal|object|DateTime|DateTimeOffset|DateOnly|JsonElement)\b\??|\b[A-Z]\w*(?:<[^.]*?>\??|\?))\s)?\b[A-Z]\w*[a-z]\w*(?:<[^.]*?>)?\.(?<name>[A-Z]\w*)(?:\([^)]*\))?")]
    private static partial Regex Member();
}
