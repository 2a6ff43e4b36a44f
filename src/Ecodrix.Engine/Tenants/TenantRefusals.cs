using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Tenants;

internal static class TenantRefusals
{
    public static RefusedException MissingCredentials() =>
        new(RefusalKind.Unauthenticated, "MISSING_CREDENTIALS", "Send the headers x-api-key and x-client-code.");

    public static RefusedException MissingAdminKey() =>
        new(RefusalKind.Unauthenticated, "MISSING_CREDENTIALS", "Send the header x-admin-key, or sign in as staff.");

    /// <summary>One answer for a wrong key and an unknown code, so that neither tells which codes exist.</summary>
    public static RefusedException InvalidCredentials() =>
        new(RefusalKind.Unauthenticated, "INVALID_CREDENTIALS", "The API key does not belong to this client code, or is revoked or expired.");

    public static RefusedException InvalidAdminKey() =>
        new(RefusalKind.Unauthenticated, "INVALID_CREDENTIALS", "The admin key is wrong.");

    public static RefusedException Suspended() =>
        new(RefusalKind.Forbidden, "TENANT_SUSPENDED", "This account is suspended. Ask whoever runs the platform to resume it.");

    public static RefusedException ScopeRequired(string scope) =>
        new(RefusalKind.Forbidden, "SCOPE_REQUIRED", $"This key lacks the scope {scope}. Use a key that has it, or make one.", new { scope });

    public static RefusedException NotFound(string code) =>
        new(RefusalKind.NotFound, "CLIENT_NOT_FOUND", $"There is no client {code}.");

    public static RefusedException CodeTaken(string code) =>
        new(RefusalKind.Conflict, "CLIENT_CODE_TAKEN", $"The client code {code} is taken. Choose another.", new { code });

    public static RefusedException SecretMissing(string name) =>
        new(RefusalKind.Conflict, "SECRET_MISSING", $"The secret {name} is not set. Add it in the client's settings.", new { secret = name });

    public static RefusedException SecretNotFound(string name) =>
        new(RefusalKind.NotFound, "SECRET_NOT_FOUND", $"The secret {name} is not set.");

    public static RefusedException KeyNotFound(string id) =>
        new(RefusalKind.NotFound, "KEY_NOT_FOUND", $"There is no key {id}.");

    public static RefusedException OriginNotFound(string url) =>
        new(RefusalKind.NotFound, "ORIGIN_NOT_FOUND", $"{url} is not among the allowed origins.");

    public static RefusedException OriginNotAllowed(string origin) =>
        new(RefusalKind.Forbidden, "ORIGIN_NOT_ALLOWED", $"Requests from {origin} are not allowed for this client. Add it with POST /api/saas/cors.");

    public static RefusedException DatasourceUnreachable(string why) =>
        new(RefusalKind.Unprocessable, "DATASOURCE_UNREACHABLE", $"The database could not be used, so nothing was changed: {why}");

    public static RefusedException ConfirmRequired(string message) =>
        new(RefusalKind.Conflict, "CONFIRM_REQUIRED", message);
}
