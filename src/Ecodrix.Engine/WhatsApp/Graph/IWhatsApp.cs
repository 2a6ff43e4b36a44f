using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.WhatsApp.Graph;

/// <summary>The wire to Meta's WhatsApp Cloud API. All but sending refuse with UPSTREAM_ERROR; its <c>RetryAfter</c> is set where trying again may help.</summary>
internal interface IWhatsApp
{
    /// <summary>Posts a message.</summary>
    /// <param name="scope">Whose number sends it.</param>
    /// <param name="message">The body of <c>POST /{phone-number-id}/messages</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">SECRET_MISSING.</exception>
    Task<GraphAnswer> SendAsync(TenantScope scope, JsonObject message, CancellationToken ct);

    /// <summary>Shows the contact that a message, and all before it, has been read, and if wished that somebody types.</summary>
    Task MarkReadAsync(TenantScope scope, string wamid, bool typing, CancellationToken ct);

    /// <summary>Uploads a file; the id lives 30 days.</summary>
    Task<string> UploadAsync(TenantScope scope, Stream content, string mimeType, string fileName, CancellationToken ct);

    /// <summary>Where a file of Meta's can be fetched for the next five minutes.</summary>
    Task<GraphMedia> DescribeAsync(TenantScope scope, string mediaId, CancellationToken ct);

    /// <summary>Copies a file of Meta's, no more of it than allowed.</summary>
    /// <returns>Whether all of it fitted.</returns>
    Task<bool> DownloadAsync(TenantScope scope, string url, Stream into, long most, CancellationToken ct);

    /// <summary>One page of the account's templates.</summary>
    /// <param name="scope">Whose account.</param>
    /// <param name="name">Only those whose name holds this.</param>
    /// <param name="after">The cursor of the page before.</param>
    /// <param name="ct">Cancels.</param>
    Task<GraphTemplatePage> TemplatesAsync(TenantScope scope, string? name, string? after, CancellationToken ct);

    /// <summary>How Meta sees the tenant's number.</summary>
    Task<GraphNumber> NumberAsync(TenantScope scope, CancellationToken ct);
}

/// <summary>A business number at Meta.</summary>
internal sealed record GraphNumber(string? Display, string? Name, string? Status, string? Quality);

/// <summary>A file of Meta's.</summary>
internal sealed record GraphMedia(string Url, string? MimeType, string? Sha256);

/// <summary>Reads the checksums that Meta tells of files: in Base64, or, as in some of its examples, in hexadecimal.</summary>
internal static class GraphChecksum
{
    /// <summary>Its bytes; null where there is none, or it is something else.</summary>
    public static byte[]? Read(string? told)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        return told?.Length == 2 * hash.Length && Convert.FromHexString(told, hash, out _, out _) == OperationStatus.Done ? hash
            : told is not null && Convert.TryFromBase64String(told, hash, out var length) && length == hash.Length ? hash
            : null;
    }

    /// <summary>Whether a file is one of those that the checksums tell of; any file is, where none can be read.</summary>
    public static async Task<bool> FitsAsync(string path, IEnumerable<string?> told, CancellationToken ct)
    {
        var known = told.Select(Read).OfType<byte[]>().ToList();
        if (known.Count == 0)
        {
            return true;
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 81920, useAsync: true);
        var hash = await SHA256.HashDataAsync(file, ct);
        return known.Exists(k => k.AsSpan().SequenceEqual(hash));
    }
}

/// <summary>A page of templates.</summary>
internal sealed record GraphTemplatePage(IReadOnlyList<JsonElement> Templates, string? After);

/// <summary>What Meta said, as far as it could be heard.</summary>
internal abstract record GraphAnswer
{
    private GraphAnswer()
    {
    }

    /// <summary>Taken; delivery is told by webhook.</summary>
    internal sealed record Accepted(string Wamid, string? WaId) : GraphAnswer;

    /// <summary>Refused.</summary>
    internal sealed record Refused(GraphError Error, TimeSpan? RetryAfter) : GraphAnswer;

    /// <summary>The request did not get through: it may safely be repeated.</summary>
    internal sealed record NotReached(string Why) : GraphAnswer;

    /// <summary>The request may have been taken, the answer was lost. There is no idempotency key: only a status webhook can tell.</summary>
    internal sealed record Unclear(string Why) : GraphAnswer;
}
