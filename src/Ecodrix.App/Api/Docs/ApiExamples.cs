using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Ecodrix.App.Api.Docs;

/// <summary>Makes an example of what a schema describes, with values that a clinic's integration could really have.</summary>
internal static class ApiExamples
{
    private const int Deepest = 5;
    private const string Id = "67d1a2b3c4d5e6f708192a3b";

    private static readonly Dictionary<string, JsonNode> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["success"] = true,
        ["trigger"] = "appointment_confirmed",
        ["phone"] = "+919876543210",
        ["to"] = "+919876543210",
        ["email"] = "ravi@example.com",
        ["attendeeEmail"] = "ravi@example.com",
        ["firstName"] = "Ravi",
        ["lastName"] = "Kumar",
        ["name"] = "City Clinic",
        ["clientCode"] = "city-clinic",
        ["code"] = "city-clinic",
        ["source"] = "website",
        ["tag"] = "vip",
        ["tags"] = new JsonArray("vip"),
        ["add"] = new JsonArray("vip"),
        ["remove"] = new JsonArray("cold"),
        ["color"] = "#3b82f6",
        ["currency"] = "INR",
        ["defaultCountry"] = "IN",
        ["timeZone"] = "Asia/Kolkata",
        ["language"] = "en_US",
        ["templateName"] = "appointment_confirmed",
        ["templateLanguage"] = "en_US",
        ["text"] = "Your appointment is confirmed.",
        ["content"] = "Prefers mornings.",
        ["url"] = "https://clinic.example.com",
        ["callbackUrl"] = "https://clinic.example.com/hooks/ecodrix",
        ["mediaUrl"] = "https://clinic.example.com/files/report.pdf",
        ["mediaType"] = "document",
        ["callbackOn"] = "finished",
        ["createLeadIfMissing"] = true,
        ["requiresMeet"] = true,
        ["delayMinutes"] = 0,
        ["dealValue"] = 15000,
        ["dealTitle"] = "Implant",
        ["probability"] = 40,
        ["score"] = 55,
        ["page"] = 1,
        ["limit"] = 25,
        ["total"] = 1,
        ["totalPages"] = 1,
        ["version"] = 3,
        ["variables"] = new JsonObject { ["patientName"] = "Ravi Kumar", ["doctorName"] = "Dr. Sharma" },
        ["data"] = new JsonObject { ["appointmentId"] = "A-1024", ["amount"] = 1500 },
        ["callbackMetadata"] = new JsonObject { ["appointmentId"] = "A-1024" },
        ["dbUri"] = "mongodb+srv://user:password@cluster.example.net/clinic",
        ["range"] = "30d",
        ["search"] = "ravi",
        ["startDate"] = "2026-03-01",
        ["endDate"] = "2026-03-31",
        ["scopes"] = new JsonArray("trigger", "crm:read"),
        ["assignedTo"] = "asha@clinic.example.com",
        ["status"] = "open",
        ["durationMinutes"] = 30,
        ["title"] = "Consultation",
        ["summary"] = "Asked about prices.",
        ["emoji"] = "👍",
        ["message"] = "Done.",
    };

    /// <summary>An example of a schema; null where it says nothing.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="request">Whether it is something a client sends: its <c>data</c> is the trigger's, not the envelope's.</param>
    public static JsonNode? Of(IOpenApiSchema? schema, bool request) => Make(null, schema, 0, request);

    /// <summary>An example of a named value.</summary>
    public static JsonNode? Named(string name, IOpenApiSchema? schema) => Make(name, schema, Deepest - 1, request: true);

    private static JsonNode? Make(string? name, IOpenApiSchema? schema, int depth, bool request)
    {
        // The envelope's data is a thing of its own, not the trigger's free-form data.
        if (name is not null && (request || name != "data") && ByName.TryGetValue(name, out var known) && Fits(known, schema))
        {
            return known.DeepClone();
        }

        if (schema is null || depth > Deepest)
        {
            return null;
        }

        if (schema.Enum is { Count: > 0 } words)
        {
            return words.FirstOrDefault(w => w is not null)?.DeepClone();
        }

        var part = schema.OneOf?.FirstOrDefault(IsSomething) ?? schema.AnyOf?.FirstOrDefault(IsSomething) ?? schema.AllOf?.FirstOrDefault();
        return schema switch
        {
            { Properties.Count: > 0 } => Object(schema.Properties, depth, request),
            { Items: { } items } => Make(null, items, depth + 1, request) is { } item ? new JsonArray(item) : new JsonArray(),
            _ when part is not null => Make(name, part, depth, request),
            _ => Plain(name, schema),
        };
    }

    private static JsonObject Object(IDictionary<string, IOpenApiSchema> properties, int depth, bool request)
    {
        var example = new JsonObject();
        foreach (var (name, schema) in properties)
        {
            if (Make(name, schema, depth + 1, request) is { } value)
            {
                example[name] = value;
            }
        }

        return example;
    }

    private static JsonNode? Plain(string? name, IOpenApiSchema schema)
    {
        var type = schema.Type ?? 0;
        if (type.HasFlag(JsonSchemaType.String))
        {
            return schema.Format == "date-time" || name?.EndsWith("At", StringComparison.Ordinal) == true ? "2026-03-15T09:30:00Z"
                : name?.EndsWith("Id", StringComparison.OrdinalIgnoreCase) == true ? Id
                : "text";
        }

        return type.HasFlag(JsonSchemaType.Boolean) ? true
            : type.HasFlag(JsonSchemaType.Integer) || type.HasFlag(JsonSchemaType.Number) ? JsonValue.Create(1)
            : type.HasFlag(JsonSchemaType.Object) ? new JsonObject()
            : null;
    }

    private static bool IsSomething(IOpenApiSchema schema) => schema.Type != JsonSchemaType.Null;

    private static bool Fits(JsonNode known, IOpenApiSchema? schema) => schema?.Type is not { } type || (known switch
    {
        JsonArray => type.HasFlag(JsonSchemaType.Array),
        JsonObject => type.HasFlag(JsonSchemaType.Object),
        JsonValue value when value.TryGetValue<bool>(out _) => type.HasFlag(JsonSchemaType.Boolean),
        JsonValue value when value.TryGetValue<int>(out _) => type.HasFlag(JsonSchemaType.Integer) || type.HasFlag(JsonSchemaType.Number),
        _ => type.HasFlag(JsonSchemaType.String) && schema.Enum is not { Count: > 0 },
    });
}
