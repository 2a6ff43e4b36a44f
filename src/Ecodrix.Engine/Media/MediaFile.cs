using System.ComponentModel.DataAnnotations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Media;

/// <summary>Settings of media (<c>Ecodrix</c>).</summary>
public sealed record MediaOptions
{
    /// <summary>The folder below which files are kept for tenants without S3.</summary>
    [Required]
    public string DataPath { get; set; } = "./data";

    /// <summary>What signed addresses begin with; empty makes relative ones.</summary>
    public string PublicUrl { get; set; } = "";
}

/// <summary>A file of a tenant's.</summary>
internal sealed class MediaFile
{
    public const string Collection = "media";

    public ObjectId Id { get; set; }

    /// <summary>Where the store keeps it.</summary>
    public required string Key { get; set; }

    /// <summary>Which store keeps it; absent for files from before that was noted.</summary>
    public StoreKind? Store { get; set; }

    public required string MimeType { get; set; }

    /// <summary>image, video, audio, document or sticker: what WhatsApp sends it as.</summary>
    public required string Kind { get; set; }

    public required string FileName { get; set; }

    public long Size { get; set; }

    public required string Sha256 { get; set; }

    /// <summary>A voice note.</summary>
    public bool Voice { get; set; }

    /// <summary>Meta's id of our upload there.</summary>
    public string? MetaId { get; set; }

    public DateTime? MetaIdUntil { get; set; }

    /// <summary>The number it was uploaded for; absent for uploads from before that was noted.</summary>
    public string? MetaNumber { get; set; }

    public DateTime CreatedAt { get; set; }

    /// <summary>Only what a browser plays or paints is shown in place; anything else is a download.</summary>
    public bool Inline => Kind is "image" or "video" or "audio" or "sticker";

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("-_id"));
}

internal static class MediaCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<MediaFile> Media => db.Collection<MediaFile>(MediaFile.Collection);
    }
}

/// <summary>A file just uploaded.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">A signed address, good for a week; also what a message's <c>mediaUrl</c> takes.</param>
/// <param name="MimeType">By content, after conversion.</param>
/// <param name="MediaType">image, video, audio, document or sticker: what a message's <c>mediaType</c> takes.</param>
/// <param name="FileName">Its name.</param>
/// <param name="Size">Bytes, after conversion.</param>
/// <param name="Width">Pixels, for images.</param>
/// <param name="Height">Pixels, for images.</param>
public sealed record UploadView(string Id, string Url, string MimeType, string MediaType, string FileName, long Size, int? Width, int? Height);

internal static class MediaRefusals
{
    public static RefusedException NotFound() => new(RefusalKind.NotFound, "MEDIA_NOT_FOUND", "There is no such file, or its address has expired.");

    public static RefusedException Unsupported(string why) => new(
        RefusalKind.Invalid, "UNSUPPORTED_FILE", why, new[] { new Fault("file", why) });

    public static RefusedException Macros() => Unsupported("The document holds macros, which WhatsApp does not carry. Save it without them.");

    public static RefusedException Store(FileStoreException e) => new(RefusalKind.Upstream, "UPSTREAM_ERROR", e.Message, new { code = e.Code });

    public static RefusedException TooLarge(string kind, long size, long limit) => Unsupported(
        $"WhatsApp takes {kind} files up to {limit / 1048576.0:0.#} MB; this one has {size / 1048576.0:0.#} MB.");
}
