using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Meetings;

/// <summary>A link that lets whoever has it connect a tenant's Google account.</summary>
/// <param name="Url">The link.</param>
/// <param name="ExpiresAt">Until when it works.</param>
public sealed record GoogleLinkView(string Url, DateTime ExpiresAt);

/// <summary>Where to send a person for their consent.</summary>
/// <param name="Url">Google's consent page.</param>
/// <param name="Nonce">What their browser must keep until it comes back, as proof that it is the same.</param>
public sealed record GoogleConsent(string Url, string Nonce);

/// <summary>How a tenant's connection to Google stands.</summary>
/// <param name="Connected">Whether there is consent.</param>
/// <param name="NeedsReconnect">Whether Google no longer accepts it.</param>
/// <param name="ConnectedAt">Since when.</param>
public sealed record GoogleStatusView(bool Connected, bool NeedsReconnect, DateTime? ConnectedAt);

/// <summary>Connects a tenant to a Google account by OAuth: authorization code with PKCE, for offline access to its calendar.</summary>
public sealed class GoogleConnection
{
    private const string CalendarScope = "https://www.googleapis.com/auth/calendar.events";
    private const string Collection = "googleStates";

    private static readonly TimeSpan LinkFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StateFor = TimeSpan.FromMinutes(15);

    private readonly GoogleTokens _tokens;
    private readonly TenantOnboarding _onboarding;
    private readonly TenantDirectory _directory;
    private readonly IMongoCollection<BsonDocument> _states;
    private readonly IDataProtector _links;
    private readonly IDataProtector _sealedStates;
    private readonly GoogleOptions _options;
    private readonly TimeProvider _clock;

    internal GoogleConnection(
        GoogleTokens tokens, TenantOnboarding onboarding, TenantDirectory directory, ControlDb control, IDataProtectionProvider protection,
        IOptions<GoogleOptions> options, TimeProvider clock)
    {
        _tokens = tokens;
        _onboarding = onboarding;
        _directory = directory;
        _states = control.Collection<BsonDocument>(Collection);
        _links = protection.CreateProtector("Ecodrix.Google.Link");
        _sealedStates = protection.CreateProtector("Ecodrix.Google.State");
        _options = options.Value;
        _clock = clock;
    }

    internal static ControlIndexes Indexes { get; } = new(Collection, IndexModel.On("createdAt").Expiring(StateFor));

    /// <summary>How the tenant's connection stands, as last known; nothing is asked of Google.</summary>
    public static GoogleStatusView Status(TenantScope scope) =>
        new(scope.Tenant.Google is not null, scope.Tenant.Google?.NeedsReconnect == true, scope.Tenant.Google?.ConnectedAt);

    /// <summary>Makes a link, good for ten minutes, that connects this tenant without an admin key or a staff account.</summary>
    /// <exception cref="RefusedException">SECRET_MISSING.</exception>
    public Task<GoogleLinkView> LinkAsync(TenantScope scope, string publicUrl, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        scope.RequireSecret(SecretCatalogue.GoogleClientId);
        scope.RequireSecret(SecretCatalogue.GoogleClientSecret);
        var until = _clock.GetUtcNow() + LinkFor;
        var token = Seal(_links, new Link(scope.Code, until));
        return Task.FromResult(new GoogleLinkView($"{publicUrl}/api/auth/google/connect?clientCode={scope.Code}&token={token}", until.UtcDateTime));
    }

    /// <summary>Opens the tenant that a link is for.</summary>
    /// <exception cref="RefusedException">GOOGLE_LINK_INVALID.</exception>
    public async Task<TenantScope> OpenLinkAsync(string? clientCode, string token, CancellationToken ct) =>
        Open<Link>(_links, token) is { } link && link.Until > _clock.GetUtcNow() && link.Code == clientCode && await _directory.OpenForSystemAsync(link.Code, ct) is { } scope
            ? scope
            : throw new RefusedException(RefusalKind.Unauthenticated, "GOOGLE_LINK_INVALID", "This link has expired or was changed. Ask for a new one.");

    /// <summary>Begins the consent of one person in one browser.</summary>
    /// <exception cref="RefusedException">SECRET_MISSING.</exception>
    public async Task<GoogleConsent> BeginAsync(TenantScope scope, string publicUrl, CancellationToken ct)
    {
        var clientId = scope.RequireSecret(SecretCatalogue.GoogleClientId);
        scope.RequireSecret(SecretCatalogue.GoogleClientSecret);
        var (verifier, nonce, now) = (Random(48), Random(24), _clock.GetUtcNow());
        var id = ObjectId.GenerateNewId();
        await _states.InsertOneAsync(new BsonDocument { ["_id"] = id, ["createdAt"] = now.UtcDateTime }, null, ct);
        var state = Seal(_sealedStates, new State(id.ToString(), scope.Code, verifier, nonce, now + StateFor));
        var query = new Dictionary<string, string>
        {
            ["client_id"] = clientId,
            ["redirect_uri"] = RedirectUri(publicUrl),
            ["response_type"] = "code",
            ["scope"] = CalendarScope,
            ["access_type"] = "offline",
            // Google gives a refresh token at the first consent only, unless it is asked to ask again.
            ["prompt"] = "consent",
            ["state"] = state,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        };
        return new GoogleConsent($"{_options.AuthUrl}?{string.Join('&', query.Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value)}"))}", nonce);
    }

    /// <summary>Ends the consent: checks that the browser is the one that began, once, and keeps the refresh token.</summary>
    /// <param name="answer">What Google sent the browser back with.</param>
    /// <param name="nonce">What the browser kept.</param>
    /// <param name="publicUrl">The platform's own address.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The tenant's name.</returns>
    /// <exception cref="RefusedException">GOOGLE_STATE_INVALID, GOOGLE_DENIED, GOOGLE_NO_OFFLINE_ACCESS, GOOGLE_SCOPE_MISSING, GOOGLE_CLIENT_REFUSED, UPSTREAM_ERROR.</exception>
    public async Task<string> FinishAsync(GoogleAnswer answer, string? nonce, string publicUrl, CancellationToken ct)
    {
        var state = await TakeAsync(answer.State, nonce, ct);
        var scope = await _directory.OpenForSystemAsync(state.Code, ct) ?? throw StateInvalid();
        if (answer.Error is not null || answer.Code is null)
        {
            throw new RefusedException(RefusalKind.Invalid, "GOOGLE_DENIED", answer.Error is "access_denied" or null
                ? "The consent was declined, so nothing was connected."
                : $"Google reported \"{Texts.Cut(answer.Error, 60)}\", so nothing was connected.");
        }

        var grant = await ExchangeAsync(scope, answer.Code, state.Verifier, publicUrl, ct);
        if (grant.Scope?.Split(' ').Contains(CalendarScope) != true)
        {
            throw new RefusedException(RefusalKind.Invalid, "GOOGLE_SCOPE_MISSING", "Access to the calendar was not ticked. Connect again and allow it.");
        }

        var stored = _tokens.Seal(scope, grant.RefreshToken
            ?? throw new RefusedException(RefusalKind.Upstream, "GOOGLE_NO_OFFLINE_ACCESS", "Google gave no lasting access. Remove Ecodrix from the account's connected apps, then connect again."));
        await _onboarding.UpdateAsync(scope, Builders<Tenant>.Update.Set(t => t.Google, stored), ct);
        return scope.Name;
    }

    /// <summary>Asks Google for a token, to see whether the consent still holds.</summary>
    internal Task<string> ProveAsync(TenantScope scope, CancellationToken ct) => _tokens.AccessAsync(scope, fresh: true, ct);

    private async Task<GoogleGrant> ExchangeAsync(TenantScope scope, string code, string verifier, string publicUrl, CancellationToken ct)
    {
        try
        {
            return await _tokens.ExchangeAsync(scope, code, verifier, RedirectUri(publicUrl), ct);
        }
        catch (GoogleReconnectException)
        {
            throw new RefusedException(RefusalKind.Upstream, "UPSTREAM_ERROR", "Google did not accept the consent's code. Connect again.");
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw new RefusedException(RefusalKind.Upstream, "UPSTREAM_ERROR", $"Google could not be asked: {e.Message} Connect again in a moment.");
        }
    }

    private async Task<State> TakeAsync(string? text, string? nonce, CancellationToken ct)
    {
        if (text is null || Open<State>(_sealedStates, text) is not { } state || state.Until < _clock.GetUtcNow() || nonce is null
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(nonce), Encoding.UTF8.GetBytes(state.Nonce)))
        {
            throw StateInvalid();
        }

        // Taking it is what makes it single-use.
        var taken = await _states.DeleteOneAsync(new BsonDocument("_id", ObjectId.Parse(state.Id)), ct);
        return taken.DeletedCount == 1 ? state : throw StateInvalid();
    }

    private static RefusedException StateInvalid() => new(
        RefusalKind.Invalid, "GOOGLE_STATE_INVALID", "This answer of Google's belongs to no connection under way in this browser: it was used before, is older than 15 minutes, or began elsewhere. Connect again.");

    private static string RedirectUri(string publicUrl) => $"{publicUrl}/api/auth/google/callback";

    private static string Random(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));

    private static string Seal<T>(IDataProtector protector, T value) => Base64Url.EncodeToString(protector.Protect(JsonSerializer.SerializeToUtf8Bytes(value)));

    private static T? Open<T>(IDataProtector protector, string text)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(protector.Unprotect(Base64Url.DecodeFromChars(text)));
        }
        catch (Exception e) when (e is CryptographicException or FormatException or JsonException)
        {
            return null;
        }
    }

    private sealed record Link(string Code, DateTimeOffset Until);

    private sealed record State(string Id, string Code, string Verifier, string Nonce, DateTimeOffset Until);
}

/// <summary>What Google sends a browser back with.</summary>
/// <param name="Code">The authorization code.</param>
/// <param name="State">The state it was sent with.</param>
/// <param name="Error">Why there is no code.</param>
public sealed record GoogleAnswer(string? Code, string? State, string? Error);
