using System.Security.Cryptography;
using Ecodrix.Engine.Email;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.WhatsApp.Graph;
using MongoDB.Bson;

namespace Ecodrix.Engine.Tenants.Checklist;

/// <summary>Tries each service that a tenant has set up.</summary>
internal sealed class ServiceProbes(IWhatsApp whatsapp, IMailer mailer, GoogleConnection google, IHttpClientFactory http)
{
    public const string HttpName = "probes";

    /// <summary>Reads the number from Meta: proves the token, and tells how Meta sees the number.</summary>
    public async Task<Found> WhatsAppAsync(TenantScope scope, CancellationToken ct)
    {
        if (Missing(scope, SecretCatalogue.WhatsAppToken, SecretCatalogue.WhatsAppPhoneNumberId, SecretCatalogue.WhatsAppBusinessId) is { } missing)
        {
            return missing;
        }

        GraphNumber number;
        try
        {
            number = await whatsapp.NumberAsync(scope, ct);
        }
        catch (RefusedException refused)
        {
            return Found.Failing(refused.Message, "Check whatsappToken (a system user's lasting token) and whatsappPhoneNumberId in Meta's app dashboard.");
        }

        var seen = $"{number.Display} {number.Name}: {number.Status?.ToLowerInvariant() ?? "no status"}, quality {number.Quality?.ToLowerInvariant() ?? "unknown"}.";
        return number switch
        {
            { Status: not (null or "CONNECTED") } => Found.Failing(seen, "Meta lets only a connected number send: see WhatsApp manager → phone numbers."),
            { Quality: "RED" } => Found.Failing(seen, "Recipients block or report this number. Send less, and only what was asked for, until Meta rates it better."),
            _ => Found.Done(seen),
        };
    }

    /// <summary>Does Meta's handshake with our own address, from outside.</summary>
    public async Task<Found> WebhookAsync(TenantScope scope, string publicUrl, CancellationToken ct)
    {
        if (Missing(scope, SecretCatalogue.WhatsAppWebhookToken, SecretCatalogue.WhatsAppAppSecret) is { } missing)
        {
            return missing;
        }

        var challenge = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var address = $"{publicUrl}/api/saas/whatsapp/webhook/{scope.Code}";
        var remedy = $"Meta must reach {address}: check Ecodrix:PublicUrl, DNS and the firewall.";
        try
        {
            var token = Uri.EscapeDataString(scope.RequireSecret(SecretCatalogue.WhatsAppWebhookToken));
            using var response = await http.CreateClient(HttpName).GetAsync($"{address}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge={challenge}", ct);
            var answer = await response.Content.ReadAsStringAsync(ct);
            return response.IsSuccessStatusCode && answer == challenge
                ? Found.Done($"{address} answers the handshake.")
                : Found.Failing($"{address} answered {(int)response.StatusCode} to the handshake.", remedy);
        }
        catch (HttpRequestException e)
        {
            return Found.Failing($"{address} could not be reached: {e.Message}", remedy);
        }
    }

    /// <summary>Signs in at the mail server and sends nothing.</summary>
    public async Task<Found> EmailAsync(TenantScope scope, CancellationToken ct) => Missing(scope, SecretCatalogue.SmtpNeeded) ?? await mailer.SignInAsync(scope, ct) switch
    {
        MailAnswer.Accepted accepted => Found.Done($"{scope.Secret(SecretCatalogue.SmtpHost)}: {accepted.Response}"),
        MailAnswer.Refused refused => Found.Failing(refused.Why, refused.Remedy),
        MailAnswer.Later later => Found.Failing(later.Why, "Check smtpHost, smtpPort and smtpSecurity, then test again."),
        var other => throw new InvalidOperationException($"Unknown answer {other}."),
    };

    /// <summary>Writes and deletes a document.</summary>
    public static async Task<Found> DatabaseAsync(TenantScope scope, CancellationToken ct)
    {
        var probe = scope.Db.Collection<BsonDocument>("ecodrix_probe");
        var mark = new BsonDocument("_id", ObjectId.GenerateNewId());
        await probe.InsertOneAsync(mark, null, ct);
        // What it wrote goes, also where the time is up just now.
        await probe.DeleteOneAsync(mark, CancellationToken.None);
        return Found.Done(scope.Tenant.DatasourceUri is null ? "Lives in its own database on the platform's cluster; writing works." : "Lives in its own MongoDB; writing works.");
    }

    /// <summary>Fetches a token, which only a consent that still holds gives.</summary>
    public async Task<Found> GoogleAsync(TenantScope scope, CancellationToken ct)
    {
        if (Missing(scope, SecretCatalogue.GoogleClientId, SecretCatalogue.GoogleClientSecret) is { } missing)
        {
            return missing;
        }

        if (scope.Tenant.Google is null)
        {
            return Found.Todo("Nobody has given consent yet.", "Connect a Google account whose calendar the meetings shall be in.");
        }

        try
        {
            await google.ProveAsync(scope, ct);
            return Found.Done("Google gives tokens for the connected account.");
        }
        catch (GoogleReconnectException)
        {
            return Found.Failing("Google no longer accepts the consent.", "Reconnect Google. An app in testing loses consent after seven days: publish it in Google's console.");
        }
        catch (RefusedException refused)
        {
            return Found.Failing(refused.Message, "Copy both again from Google Cloud console → Credentials.");
        }
    }

    private static Found? Missing(TenantScope scope, params IReadOnlyList<string> names)
    {
        var missing = names.Where(n => scope.Secret(n) is null).ToList();
        return missing.Count == 0 ? null : Found.Todo($"Missing: {string.Join(", ", missing)}.", "Fill in what is missing, then test again.");
    }
}
