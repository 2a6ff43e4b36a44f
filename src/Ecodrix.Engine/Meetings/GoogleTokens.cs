using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Options;
using MongoDB.Driver;

namespace Ecodrix.Engine.Meetings;

/// <summary>Google said that a tenant's consent no longer holds.</summary>
internal sealed class GoogleReconnectException() : Exception("Google no longer accepts this client's consent. Reconnect Google.");

/// <summary>Keeps a tenant's refresh token, encrypted, and fetches the short-lived tokens that calls are made with.</summary>
internal sealed class GoogleTokens(
    IHttpClientFactory http, IOptions<GoogleOptions> options, SecretBox box, ControlDb control, TenantDirectory directory, TimeProvider clock)
{
    public const string HttpName = "google";

    private const string SealedAs = "googleRefreshToken";

    /// <summary>A token that is about to expire is not begun with.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.Ordinal);

    /// <summary>A token for calls.</summary>
    /// <param name="scope">The tenant; it must be connected.</param>
    /// <param name="fresh">Whether a new one is needed, because Google refused the held one.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="GoogleReconnectException">The consent was withdrawn.</exception>
    /// <exception cref="HttpRequestException">Google could not be asked, or answered oddly.</exception>
    public async Task<string> AccessAsync(TenantScope scope, bool fresh, CancellationToken ct)
    {
        var stored = scope.Tenant.Google ?? throw new GoogleReconnectException();
        var now = clock.GetUtcNow();
        if (!fresh && _held.TryGetValue(scope.Code, out var held) && held.Of == stored.RefreshToken && held.Until - Margin > now)
        {
            return held.Token;
        }

        GoogleGrant grant;
        try
        {
            grant = await AskAsync(
                scope, new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = box.Open(scope.Code, SealedAs, stored.RefreshToken) }, ct);
        }
        catch (GoogleReconnectException)
        {
            await NoteAsync(scope, stored, reconnect: true, ct);
            throw;
        }

        _held[scope.Code] = new Held(stored.RefreshToken, grant.AccessToken!, now.AddSeconds(grant.ExpiresIn));
        if (stored.NeedsReconnect)
        {
            await NoteAsync(scope, stored, reconnect: false, ct);
        }

        return grant.AccessToken!;
    }

    /// <summary>Exchanges the code that Google sent a person back with.</summary>
    public Task<GoogleGrant> ExchangeAsync(TenantScope scope, string code, string verifier, string redirectUri, CancellationToken ct) => AskAsync(
        scope,
        new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["code_verifier"] = verifier, ["redirect_uri"] = redirectUri },
        ct);

    /// <summary>A refresh token as it is stored.</summary>
    public StoredGoogle Seal(TenantScope scope, string refreshToken) =>
        new() { RefreshToken = box.Seal(scope.Code, SealedAs, refreshToken), ConnectedAt = clock.GetUtcNow().UtcDateTime };

    private async Task<GoogleGrant> AskAsync(TenantScope scope, Dictionary<string, string> form, CancellationToken ct)
    {
        form["client_id"] = scope.RequireSecret(SecretCatalogue.GoogleClientId);
        form["client_secret"] = scope.RequireSecret(SecretCatalogue.GoogleClientSecret);
        using var content = new FormUrlEncodedContent(form);
        using var response = await http.CreateClient(HttpName).PostAsync(options.Value.TokenUrl, content, ct);
        GoogleGrant? grant;
        try
        {
            grant = await response.Content.ReadFromJsonAsync<GoogleGrant>(EcodrixJson.Options, ct);
        }
        catch (JsonException)
        {
            throw new HttpRequestException($"Google answered {(int)response.StatusCode} in a form it does not document.");
        }

        return grant switch
        {
            { Error: "invalid_grant" } => throw new GoogleReconnectException(),
            { Error: "invalid_client" or "unauthorized_client" } => throw new RefusedException(
                RefusalKind.Upstream, "GOOGLE_CLIENT_REFUSED", "Google refused the client id or secret. Check googleClientId and googleClientSecret."),
            { AccessToken: not null } when response.IsSuccessStatusCode => grant,
            _ => throw new HttpRequestException($"Google answered {(int)response.StatusCode} to the request for a token: {grant?.Error ?? "no reason given"}."),
        };
    }

    private async Task NoteAsync(TenantScope scope, StoredGoogle stored, bool reconnect, CancellationToken ct)
    {
        // Only of the consent that was tried: a person may have reconnected meanwhile.
        await control.Tenants.UpdateOneAsync(
            t => t.Id == scope.Tenant.Id && t.Google!.RefreshToken == stored.RefreshToken,
            Builders<Tenant>.Update.Set(t => t.Google!.NeedsReconnect, reconnect),
            null,
            ct);
        directory.Forget(scope.Code);
    }

    private sealed record Held(string Of, string Token, DateTimeOffset Until);
}

/// <summary>What Google's token address answers.</summary>
internal sealed record GoogleGrant
{
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    [JsonPropertyName("expires_in")]
    public int ExpiresIn { get; init; }

    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; init; }

    [JsonPropertyName("scope")]
    public string? Scope { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }
}
