using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Chat;

internal static class TemplateEndpoints
{
    /// <summary>Maps templates and the collections they may draw on below <c>/api/saas/chat</c>.</summary>
    public static void MapTemplates(this IEndpointRouteBuilder chat)
    {
        var templates = chat.MapGroup("/templates").WithTags("Templates");

        templates.MapGet("/", ListAsync).WithSummary("List templates").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.ChatRead);
        templates.MapPost("/sync", SyncAsync).WithSummary("Pull the templates from Meta").Refuses("SECRET_MISSING", "UPSTREAM_ERROR").RequireScope(ApiScope.ChatWrite);
        templates.MapGet("/{templateName}", GetAsync).WithSummary("Get a template with its mapping").Refuses("TEMPLATE_NOT_FOUND").RequireScope(ApiScope.ChatRead);
        templates.MapPut("/{templateName}/mapping", MapAsync).WithSummary("Say where variables get their values")
            .Refuses("TEMPLATE_NOT_FOUND", "VALIDATION_ERROR").RequireScope(ApiScope.ChatWrite);
        templates.MapGet("/{templateName}/validate", ValidateAsync).WithSummary("Check that every variable is mapped").Refuses("TEMPLATE_NOT_FOUND").RequireScope(ApiScope.ChatRead);
        templates.MapPost("/{templateName}/preview", PreviewAsync).WithSummary("See a template with real data")
            .Refuses("TEMPLATE_NOT_FOUND", "LEAD_NOT_FOUND", "INVALID_ID").RequireScope(ApiScope.ChatRead);
        templates.MapGet("/{templateName}/used-by", UsedByAsync).WithSummary("List what sends a template").Refuses("TEMPLATE_NOT_FOUND").RequireScope(ApiScope.ChatRead);

        var collections = chat.MapGroup("/collections").WithTags("Templates").RequireScope(ApiScope.ChatRead);
        collections.MapGet("/", CollectionsAsync).WithSummary("List collections to map from");
        collections.MapGet("/{name}/fields", FieldsAsync).WithSummary("List the fields of a collection").Refuses("COLLECTION_NOT_FOUND");
    }

    private static async Task<Ok<PageEnvelope<TemplateView>>> ListAsync(
        [AsParameters] TemplateFilter filter, int? page, int? limit, Caller caller, TemplateMappings templates, CancellationToken ct) =>
        Answer.Page(await templates.ListAsync(caller.Scope, filter, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<SyncView>>> SyncAsync(Caller caller, TemplateSync sync, CancellationToken ct) =>
        Answer.Ok(await sync.SyncAsync(caller.Scope, ct));

    private static async Task<Ok<Envelope<TemplateView>>> GetAsync(string templateName, string? language, Caller caller, TemplateMappings templates, CancellationToken ct) =>
        Answer.Ok(await templates.GetAsync(caller.Scope, templateName, language, ct));

    private static async Task<Ok<Envelope<TemplateView>>> MapAsync(
        string templateName, string? language, TemplateMapping body, Caller caller, TemplateMappings templates, CancellationToken ct) =>
        Answer.Ok(await templates.MapAsync(caller.Scope, templateName, language, body, ct));

    private static async Task<Ok<Envelope<ValidationView>>> ValidateAsync(string templateName, string? language, Caller caller, TemplateMappings templates, CancellationToken ct) =>
        Answer.Ok(await templates.ValidateAsync(caller.Scope, templateName, language, ct));

    private static async Task<Ok<Envelope<PreviewView>>> PreviewAsync(
        string templateName, string? language, PreviewRequest body, Caller caller, TemplateMappings templates, CancellationToken ct) =>
        Answer.Ok(await templates.PreviewAsync(caller.Scope, templateName, language, body, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<TemplateUserView>>>> UsedByAsync(string templateName, Caller caller, TemplateMappings templates, CancellationToken ct) =>
        Answer.Ok(await templates.UsedByAsync(caller.Scope, templateName, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<CollectionView>>>> CollectionsAsync(Caller caller, MappableCollections collections, CancellationToken ct) =>
        Answer.Ok(await collections.ListAsync(caller.Scope, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<CollectionField>>>> FieldsAsync(string name, Caller caller, MappableCollections collections, CancellationToken ct) =>
        Answer.Ok(await collections.FieldsAsync(caller.Scope, name, ct));
}
