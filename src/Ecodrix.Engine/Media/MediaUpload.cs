using System.Security.Cryptography;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Media;

/// <summary>A contact's file, as its message tells of it.</summary>
/// <param name="Id">The id it is kept under: the same at each try, so that one that is cut off leaves nothing behind that nobody knows of.</param>
/// <param name="Type">What it claims to be: image, video, audio, document or sticker.</param>
/// <param name="FileName">Its name; null without one.</param>
/// <param name="Voice">A voice note.</param>
internal sealed record ToldFile(ObjectId Id, string Type, string? FileName, bool Voice);

/// <summary>Takes files in: found out by content, made fit for WhatsApp, kept.</summary>
public sealed class MediaUpload
{
    private const long Megabyte = 1024 * 1024;
    private const int LongestName = 120;

    private readonly FileStores _store;
    private readonly MediaLinks _links;
    private readonly ClipPress _clips;
    private readonly TimeProvider _clock;

    internal MediaUpload(FileStores store, MediaLinks links, ClipPress clips, TimeProvider clock)
    {
        _store = store;
        _links = links;
        _clips = clips;
        _clock = clock;
    }

    /// <summary>Takes an upload. Pictures are made ≤ 1920 px and lose their metadata, videos become H.264 MP4, sounds OGG/Opus.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, UNSUPPORTED_FILE, UPSTREAM_ERROR, with the reason in words.</exception>
    public async Task<UploadView> UploadAsync(TenantScope scope, Stream? content, string? fileName, CancellationToken ct)
    {
        if (content is null)
        {
            throw RefusedException.Validation("file", "file is required: send a form (multipart/form-data) with the file in its field file.");
        }

        var path = Path.Combine(Path.GetTempPath(), $"ecodrix-{Guid.NewGuid():n}.up");
        try
        {
            await using (var temp = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 81920, useAsync: true))
            {
                await content.CopyToAsync(temp, ct);
            }

            return await TakeAsync(scope, path, fileName, ct);
        }
        catch (FileStoreException e)
        {
            throw MediaRefusals.Store(e);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Keeps a file of a contact as it is, if its content is what it claims to be. Safe to repeat.</summary>
    /// <exception cref="RefusedException">UNSUPPORTED_FILE, and nothing is kept.</exception>
    internal async Task<MediaFile> KeepAsync(TenantScope scope, string path, ToldFile told, CancellationToken ct)
    {
        await using var file = Open(path);
        var kind = FileSniffing.Of(file) ?? throw MediaRefusals.Unsupported("The file is not what it claims to be, and of no kind that WhatsApp carries.");
        kind = told.Type == "sticker" && kind.Kind == "image" ? kind with { Kind = "sticker" } : kind;
        if (kind.Kind != told.Type && !(told.Type == "document" || (told.Type == "audio" && kind.Kind == "video")))
        {
            throw MediaRefusals.Unsupported($"The file claims to be {told.Type} and is {kind.MimeType}.");
        }

        return await scope.Db.Media.FindByIdAsync(told.Id, ct) ?? await StoreAsync(scope, told.Id, file, kind, told.FileName, told.Voice, ct);
    }

    private async Task<UploadView> TakeAsync(TenantScope scope, string path, string? fileName, CancellationToken ct)
    {
        FileKind kind;
        await using (var file = Open(path))
        {
            if (file.Length == 0)
            {
                throw MediaRefusals.Unsupported("The file is empty.");
            }

            kind = FileSniffing.Of(file) ?? throw MediaRefusals.Unsupported(
                "Files of this kind cannot be sent. Use JPEG, PNG, WebP, MP4, MP3, OGG, PDF, Word, Excel, PowerPoint or plain text.");
        }

        switch (kind.Kind)
        {
            case "image":
                var picture = ImagePress.Press(await File.ReadAllBytesAsync(path, ct), kind);
                using (var bytes = new MemoryStream(picture.Bytes))
                {
                    var kept = await StoreAsync(scope, bytes, picture.Kind, fileName, false, ct);
                    return await ViewAsync(scope, kept, picture.Width, picture.Height, ct);
                }

            case "video" or "audio" when await _clips.PressAsync(path, kind, ct) is var (pressed, became):
                try
                {
                    await using var clip = Open(pressed);
                    return await ViewAsync(scope, await StoreAsync(scope, clip, became, fileName, became.Kind == "audio", ct), null, null, ct);
                }
                finally
                {
                    File.Delete(pressed);
                }

            default:
                await using (var file = Open(path))
                {
                    return await ViewAsync(scope, await StoreAsync(scope, file, kind, fileName, false, ct), null, null, ct);
                }
        }
    }

    private Task<MediaFile> StoreAsync(TenantScope scope, Stream content, FileKind kind, string? fileName, bool voice, CancellationToken ct) =>
        StoreAsync(scope, ObjectId.GenerateNewId(_clock.GetUtcNow().UtcDateTime), content, kind, fileName, voice, ct);

    private async Task<MediaFile> StoreAsync(TenantScope scope, ObjectId id, Stream content, FileKind kind, string? fileName, bool voice, CancellationToken ct)
    {
        var limit = kind.Kind switch { "image" => 5 * Megabyte, "sticker" => Megabyte / 2, "video" or "audio" => 16 * Megabyte, _ => 100 * Megabyte };
        if (content.Length > limit)
        {
            throw MediaRefusals.TooLarge(kind.Kind, content.Length, limit);
        }

        content.Position = 0;
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct));
        content.Position = 0;
        var now = _clock.GetUtcNow().UtcDateTime;
        var file = new MediaFile
        {
            Id = id,
            Key = $"{now:yyyy/MM}/{id}{kind.Extension}",
            MimeType = kind.MimeType,
            Kind = kind.Kind,
            FileName = Name(fileName, kind),
            Size = content.Length,
            Sha256 = hash,
            Voice = voice,
            CreatedAt = now,
        };
        file.Store = await _store.PutAsync(scope, file.Key, file.MimeType, content, ct);
        await scope.Db.Media.InsertOneAsync(file, null, ct);
        return file;
    }

    private async Task<UploadView> ViewAsync(TenantScope scope, MediaFile file, int? width, int? height, CancellationToken ct) =>
        new(file.Id.ToString(), (await _links.ForAsync(scope, ct)).Url(file.Id), file.MimeType, file.Kind, file.FileName, file.Size, width, height);

    /// <summary>The name without folders and control characters, with the ending its content has.</summary>
    private static string Name(string? name, FileKind kind)
    {
        var bare = Path.GetFileNameWithoutExtension((name ?? "").Replace('\\', '/').Split('/')[^1]);
        var clean = new string([.. bare.Where(c => !char.IsControl(c) && c is not ('"' or '<' or '>' or '|' or ':' or '*' or '?' or ';'))]).Trim('.', ' ');
        return (clean.Length == 0 ? kind.Kind : Texts.Cut(clean, LongestName)) + kind.Extension;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 81920, useAsync: true);
}
