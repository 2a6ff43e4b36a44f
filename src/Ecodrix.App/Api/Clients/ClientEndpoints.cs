using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Clients;

internal static class ClientEndpoints
{
    /// <summary>Maps <c>/api/clients</c>: the platform's administration, by admin key.</summary>
    public static void MapClients(this IEndpointRouteBuilder api)
    {
        var clients = api.MapGroup("/clients").WithTags("Clients").WithMetadata(new AdminRoute());

        clients.MapPost("/", CreateAsync).WithSummary("Make a client with its first API key").Refuses("VALIDATION_ERROR", "CLIENT_CODE_TAKEN");
        clients.MapGet("/", ListAsync).WithSummary("List clients").Refuses("VALIDATION_ERROR");
        clients.MapGet("/{code}", GetAsync).WithSummary("Get one client");
        clients.MapPatch("/{code}", ChangeAsync).WithSummary("Change a client's settings").Refuses("VALIDATION_ERROR");
        clients.MapPost("/{code}/suspend", SuspendAsync).WithSummary("Refuse a client's keys");
        clients.MapPost("/{code}/resume", ResumeAsync).WithSummary("Let a client's keys work again");
        clients.MapDelete("/{code}", DeleteAsync).WithSummary("Archive a client, or purge it").Refuses("CONFIRM_REQUIRED");
        clients.MapGet("/{code}/secrets", SecretsAsync).WithSummary("List secrets by name");
        clients.MapPost("/{code}/secrets", MergeSecretsAsync).WithSummary("Set secrets").Refuses("VALIDATION_ERROR")
            .Takes("""{"whatsappToken": "EAAG…", "whatsappPhoneNumberId": "106540352242922"}""");
        clients.MapDelete("/{code}/secrets/{name}", DeleteSecretAsync).WithSummary("Forget a secret").Refuses("SECRET_NOT_FOUND");
        clients.MapPost("/{code}/secrets/rotate-webhook", RotateWebhookAsync).WithSummary("Make the next webhook secret");
        clients.MapPost("/{code}/secrets/promote-webhook", PromoteWebhookAsync).WithSummary("Let the next webhook secret take over").Refuses("SECRET_NOT_FOUND");
        clients.MapPost("/{code}/datasource", DatasourceAsync).WithSummary("Point a client at its own MongoDB")
            .Refuses("VALIDATION_ERROR", "DATASOURCE_UNREACHABLE", "CONFIRM_REQUIRED");
        clients.MapGet("/{code}/keys", KeysAsync).WithSummary("List API keys");
        clients.MapPost("/{code}/keys", NewKeyAsync).WithSummary("Make an API key").Refuses("VALIDATION_ERROR");
        clients.MapDelete("/{code}/keys/{keyId}", RevokeKeyAsync).WithSummary("Revoke an API key").Refuses("KEY_NOT_FOUND");
        clients.MapPost("/{code}/keys/{keyId}/rotate", RotateKeyAsync).WithSummary("Replace an API key").Refuses("KEY_NOT_FOUND", "VALIDATION_ERROR");
    }

    private static async Task<Created<Envelope<NewClientView>>> CreateAsync(NewClient body, Admin admin, TenantOnboarding onboarding, CancellationToken ct) =>
        Answer.Created(await onboarding.CreateAsync(admin.Platform, body, ct));

    private static async Task<Ok<PageEnvelope<ClientView>>> ListAsync(
        string? search, string? status, int? page, int? limit, Admin admin, TenantOnboarding onboarding, CancellationToken ct) =>
        Answer.Page(await onboarding.ListAsync(admin.Platform, search, EnumWords.Parse<TenantStatus>(status, "status"), Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<ClientView>>> GetAsync(string code, Admin admin, TenantOnboarding onboarding, CancellationToken ct) =>
        Answer.Ok(await onboarding.GetAsync(await admin.OpenAsync(code, ct), ct));

    private static async Task<Ok<Envelope<ClientView>>> ChangeAsync(string code, ClientChanges body, Admin admin, TenantOnboarding onboarding, CancellationToken ct) =>
        Answer.Ok(await onboarding.ChangeAsync(await admin.OpenAsync(code, ct), body, ct));

    private static async Task<Ok<Envelope<ClientView>>> SuspendAsync(string code, Admin admin, TenantOnboarding onboarding, CancellationToken ct) =>
        Answer.Ok(await onboarding.SuspendAsync(await admin.OpenAsync(code, ct), ct));

    private static async Task<Ok<Envelope<ClientView>>> ResumeAsync(string code, Admin admin, TenantOnboarding onboarding, CancellationToken ct) =>
        Answer.Ok(await onboarding.ResumeAsync(await admin.OpenAsync(code, ct), ct));

    private static async Task<Ok<Envelope<ClientView>>> DeleteAsync(
        string code, bool? purge, string? confirm, Admin admin, TenantOnboarding onboarding, CancellationToken ct) =>
        Answer.Ok(await onboarding.DeleteAsync(await admin.OpenAsync(code, ct), purge == true, confirm, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<SecretView>>>> SecretsAsync(string code, Admin admin, TenantSecrets secrets, CancellationToken ct) =>
        Answer.Ok(await secrets.ListAsync(await admin.OpenAsync(code, ct), ct));

    private static async Task<Ok<Envelope<IReadOnlyList<SecretView>>>> MergeSecretsAsync(
        string code, Dictionary<string, JsonElement> body, Admin admin, TenantSecrets secrets, CancellationToken ct) =>
        Answer.Ok(await secrets.MergeAsync(await admin.OpenAsync(code, ct), body, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<SecretView>>>> DeleteSecretAsync(
        string code, string name, Admin admin, TenantSecrets secrets, CancellationToken ct) =>
        Answer.Ok(await secrets.DeleteAsync(await admin.OpenAsync(code, ct), name, ct));

    private static async Task<Ok<Envelope<WebhookSecretView>>> RotateWebhookAsync(string code, Admin admin, TenantSecrets secrets, CancellationToken ct) =>
        Answer.Ok(await secrets.RotateWebhookAsync(await admin.OpenAsync(code, ct), ct));

    private static async Task<Ok<Envelope<IReadOnlyList<SecretView>>>> PromoteWebhookAsync(string code, Admin admin, TenantSecrets secrets, CancellationToken ct) =>
        Answer.Ok(await secrets.PromoteWebhookAsync(await admin.OpenAsync(code, ct), ct));

    private static async Task<Ok<Envelope<DatasourceView>>> DatasourceAsync(
        string code, NewDatasource body, Admin admin, TenantDatasource datasource, CancellationToken ct) =>
        Answer.Ok(await datasource.ChangeAsync(await admin.OpenAsync(code, ct), body, ct));

    private static async Task<Ok<Envelope<IReadOnlyList<KeyView>>>> KeysAsync(string code, Admin admin, TenantKeys keys, CancellationToken ct) =>
        Answer.Ok(await keys.ListAsync(await admin.OpenAsync(code, ct), ct));

    private static async Task<Created<Envelope<KeyView>>> NewKeyAsync(string code, NewKey body, Admin admin, TenantKeys keys, CancellationToken ct) =>
        Answer.Created(await keys.CreateAsync(await admin.OpenAsync(code, ct), body, ct));

    private static async Task<Ok<Envelope<KeyView>>> RevokeKeyAsync(string code, string keyId, Admin admin, TenantKeys keys, CancellationToken ct) =>
        Answer.Ok(await keys.RevokeAsync(await admin.OpenAsync(code, ct), keyId, ct));

    private static async Task<Created<Envelope<KeyView>>> RotateKeyAsync(string code, string keyId, RotateKey body, Admin admin, TenantKeys keys, CancellationToken ct) =>
        Answer.Created(await keys.RotateAsync(await admin.OpenAsync(code, ct), keyId, body, ct));
}

/// <summary>An origin to allow or no longer allow.</summary>
internal sealed record OriginBody(string? Url = null);

internal static class OriginEndpoints
{
    /// <summary>Maps <c>/api/saas/cors</c>.</summary>
    public static void MapOrigins(this IEndpointRouteBuilder saas)
    {
        var cors = saas.MapGroup("/cors").WithTags("Clients").RequireScope(ApiScope.All);

        cors.MapGet("/", ListAsync).WithSummary("List the browser origins that may call");
        cors.MapPost("/", AddAsync).WithSummary("Allow a browser origin").Refuses("VALIDATION_ERROR");
        cors.MapDelete("/", RemoveAsync).WithSummary("No longer allow a browser origin").Refuses("VALIDATION_ERROR", "ORIGIN_NOT_FOUND");
    }

    private static async Task<Ok<Envelope<IReadOnlyList<OriginView>>>> ListAsync(Caller caller, TenantOrigins origins, CancellationToken ct) =>
        Answer.Ok(await origins.ListAsync(caller.Scope, ct));

    private static async Task<Created<Envelope<OriginView>>> AddAsync(OriginBody body, Caller caller, TenantOrigins origins, CancellationToken ct) =>
        Answer.Created(await origins.AddAsync(caller.Scope, body.Url, ct));

    private static async Task<Ok<Envelope<OriginView>>> RemoveAsync(
        string? url, [Microsoft.AspNetCore.Mvc.FromBody] OriginBody? body, Caller caller, TenantOrigins origins, CancellationToken ct) =>
        Answer.Ok(await origins.RemoveAsync(caller.Scope, url ?? body?.Url, ct));
}
