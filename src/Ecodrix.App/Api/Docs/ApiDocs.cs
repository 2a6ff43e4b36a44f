using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Ecodrix.App.Api.Docs;

/// <summary>Describes the API by itself: <c>/openapi/v1.json</c>, and <c>/docs</c> to read and try it.</summary>
internal static class ApiDocs
{
    private const string TenantKey = "x-api-key";
    private const string TenantCode = "x-client-code";
    private const string AdminKey = "x-admin-key";

    private const string About = """
        Client servers call with `x-api-key` and `x-client-code`; the platform's administration with `x-admin-key`.

        Every answer has the envelope `{success, data}`, a list also `total, page, limit, totalPages`; an error `{success: false, message, code, requestId, details}`.
        Times are ISO 8601 UTC, ids 24 hexadecimal digits, `PATCH` changes only the fields that are present. Every answer carries `x-request-id`.
        """;

    public static IServiceCollection AddApiDocs(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
        options.AddSchemaTransformer(OpenOptionalAsync);
        options.AddOperationTransformer(DescribeAsync);
        options.AddDocumentTransformer(CompleteAsync);
    });

    public static void MapApiDocs(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json");
        // Scalar's page starts itself with a line of script; nothing a user wrote is ever on it.
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/docs"), docs => docs.Use((context, next) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
                + "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; object-src 'none'; base-uri 'self'";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return next(context);
        }));
        app.MapScalarApiReference("/docs", docs => docs
            .WithTitle("Ecodrix API")
            .WithOpenApiRoutePattern("/openapi/{documentName}.json")
            .WithTheme(ScalarTheme.Default)
            .DisableDefaultFonts()
            .HideDeveloperTools()
            .DisableTelemetry());
    }

    /// <summary>A field that may be absent is described as what it is when it is there.</summary>
    private static async Task OpenOptionalAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        if (context.JsonTypeInfo.Type is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Optional<>))
        {
            var inner = await context.GetOrCreateSchemaAsync(type.GenericTypeArguments[0], null, ct);
            (schema.Type, schema.Format, schema.Enum, schema.Items, schema.Properties, schema.AdditionalProperties) =
                (inner.Type, inner.Format, inner.Enum, inner.Items, inner.Properties, inner.AdditionalProperties);
        }
    }

    private static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var path = "/" + context.Description.RelativePath;
        operation.Description = string.Join(' ', Conditions([.. metadata]));
        operation.Security = Security(context.Document, [.. metadata]);
        if (metadata.OfType<IdempotentRoute>().Any())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description = "1–255 characters, kept 24 hours: the same body again is answered with the first response.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
            });
        }

        operation.Responses ??= [];
        var errors = ErrorCatalogue.Of([.. metadata], operation.RequestBody is not null, path);
        foreach (var status in errors.GroupBy(code => ErrorCatalogue.All[code].Status).OrderBy(g => g.Key))
        {
            operation.Responses[status.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)] = Error(status);
        }

        await BodyAsync(operation, context, ct);
    }

    /// <summary>A body that is read as free JSON is described by the type it must have the form of.</summary>
    private static async Task BodyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        foreach (var content in operation.RequestBody?.Content?.Values ?? [])
        {
            if (metadata.OfType<BodyForm>().LastOrDefault() is { } form)
            {
                content.Schema = form.Type is null ? content.Schema : await context.GetOrCreateSchemaAsync(form.Type, null, ct);
                content.Example = JsonNode.Parse(form.Example);
            }
        }
    }

    private static IEnumerable<string> Conditions(IReadOnlyList<object> metadata)
    {
        if (metadata.OfType<TenantRoute>().LastOrDefault() is { } route)
        {
            yield return $"Needs a key with the scope `{route.Scope}`; counts under the rate limit `{route.Limit}`.";
        }
        else
        {
            yield return metadata.OfType<AdminRoute>().Any() ? "Needs the admin key, or the cookie of signed-in staff." : "Needs no key.";
        }

        if (metadata.OfType<IdempotentRoute>().Any())
        {
            yield return "Honours `Idempotency-Key`.";
        }
    }

    private static List<OpenApiSecurityRequirement> Security(OpenApiDocument? document, IReadOnlyList<object> metadata)
    {
        if (metadata.OfType<TenantRoute>().Any())
        {
            return [new OpenApiSecurityRequirement { [new(TenantKey, document)] = [], [new(TenantCode, document)] = [] }];
        }

        return metadata.OfType<AdminRoute>().Any() ? [new OpenApiSecurityRequirement { [new(AdminKey, document)] = [] }] : [];
    }

    private static OpenApiResponse Error(IGrouping<int, string> codes)
    {
        var media = new OpenApiMediaType { Examples = new Dictionary<string, IOpenApiExample>() };
        foreach (var code in codes)
        {
            media.Examples[code] = new OpenApiExample
            {
                Summary = code,
                Value = new JsonObject
                {
                    ["success"] = false,
                    ["message"] = ErrorCatalogue.All[code].When,
                    ["code"] = code,
                    ["requestId"] = "0HNQ2J5F1V8K3",
                },
            };
        }

        return new OpenApiResponse
        {
            Description = string.Join("\n\n", codes.Select(code => $"`{code}`: {ErrorCatalogue.All[code].When}")),
            Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = media },
        };
    }

    private static Task CompleteAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken ct)
    {
        document.Info = new OpenApiInfo { Title = "Ecodrix", Version = "1", Description = About };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [TenantKey] = Header(TenantKey, "The client's API key, beside its code."),
            [TenantCode] = Header(TenantCode, "The client code."),
            [AdminKey] = Header(AdminKey, "The platform's admin key."),
        };
        ApiWords.Tidy(document);
        foreach (var operation in (document.Paths ?? []).Values.SelectMany(p => p.Operations ?? []).Select(o => o.Value))
        {
            Exemplify(operation);
        }

        ct.ThrowIfCancellationRequested();
        return Task.CompletedTask;
    }

    private static void Exemplify(OpenApiOperation operation)
    {
        foreach (var content in operation.RequestBody?.Content?.Values ?? [])
        {
            content.Example ??= ApiExamples.Of(content.Schema, request: true);
        }

        foreach (var response in operation.Responses?.Where(r => r.Key.StartsWith('2')).Select(r => r.Value) ?? [])
        {
            foreach (var content in response.Content?.Values ?? [])
            {
                content.Example ??= ApiExamples.Of(content.Schema, request: false);
            }
        }

        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            parameter.Example ??= parameter.In == ParameterLocation.Header ? null : ApiExamples.Named(parameter.Name ?? "", parameter.Schema);
        }
    }

    private static OpenApiSecurityScheme Header(string name, string what) =>
        new() { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = name, Description = what };
}
