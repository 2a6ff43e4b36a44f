using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Media;

/// <summary>A file about to be handed out.</summary>
public sealed class MediaContent
{
    private readonly FileStores _store;
    private readonly TenantScope _scope;
    private readonly MediaFile _file;

    internal MediaContent(FileStores store, TenantScope scope, MediaFile file) => (_store, _scope, _file) = (store, scope, file);

    /// <summary>Its type by content.</summary>
    public string MimeType => _file.MimeType;

    /// <summary>Its name.</summary>
    public string FileName => _file.FileName;

    /// <summary>Bytes in all.</summary>
    public long Size => _file.Size;

    /// <summary>Its hash, which never changes.</summary>
    public string Tag => _file.Sha256[..32];

    /// <summary>Whether a browser may show it in place; else it is a download.</summary>
    public bool Inline => _file.Inline;

    /// <summary>Copies a part of it.</summary>
    /// <exception cref="RefusedException">MEDIA_NOT_FOUND, UPSTREAM_ERROR, before anything is written.</exception>
    public async Task CopyAsync(Stream into, long offset, long length, CancellationToken ct)
    {
        await using var from = await OpenAsync(offset, length, ct);
        var buffer = new byte[81920];
        while (length > 0)
        {
            var read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), ct);
            if (read == 0)
            {
                return;
            }

            await into.WriteAsync(buffer.AsMemory(0, read), ct);
            length -= read;
        }
    }

    private async Task<Stream> OpenAsync(long offset, long length, CancellationToken ct)
    {
        try
        {
            return await _store.OpenAsync(_scope, _file, offset, length, ct);
        }
        catch (FileStoreException e)
        {
            throw MediaRefusals.Store(e);
        }
    }
}

/// <summary>Hands files out to whoever has a signed address that is still good.</summary>
public sealed class MediaDelivery
{
    private readonly TenantDirectory _directory;
    private readonly MediaLinks _links;
    private readonly FileStores _store;

    internal MediaDelivery(TenantDirectory directory, MediaLinks links, FileStores store)
    {
        _directory = directory;
        _links = links;
        _store = store;
    }

    /// <summary>Opens a file by the parts of its address: the signature is what lets in, so there is no scope yet.</summary>
    /// <exception cref="RefusedException">MEDIA_NOT_FOUND, for a wrong, expired or another tenant's address alike.</exception>
    public async Task<MediaContent> OpenAsync(string clientCode, string fileId, long expires, string? signature, CancellationToken ct)
    {
        if (signature is null || !ObjectId.TryParse(fileId, out var id)
            || await _directory.OpenForSystemAsync(clientCode, ct) is not { } scope
            || !await _links.IsGoodAsync(scope, id, expires, signature, ct)
            || await scope.Db.Media.FindByIdAsync(id, ct) is not { } file)
        {
            throw MediaRefusals.NotFound();
        }

        return new MediaContent(_store, scope, file);
    }
}
