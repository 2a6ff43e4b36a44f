using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.Media;

/// <summary>Where files lie.</summary>
internal interface IFileStore
{
    /// <summary>Writes a file whole.</summary>
    Task PutAsync(TenantScope scope, string key, string mimeType, Stream content, CancellationToken ct);

    /// <summary>Opens a part of a file.</summary>
    /// <exception cref="Kernel.RefusedException">MEDIA_NOT_FOUND, when the store has no such file.</exception>
    Task<Stream> OpenAsync(TenantScope scope, string key, long offset, long length, CancellationToken ct);

    /// <summary>Forgets a file; one that is not there is forgotten already.</summary>
    Task DeleteAsync(TenantScope scope, string key, CancellationToken ct);
}

/// <summary>The kinds of store there are.</summary>
internal enum StoreKind
{
    /// <summary>This server's disk.</summary>
    Disk,

    /// <summary>The tenant's bucket.</summary>
    S3,
}

/// <summary>A store did not take or give a file. For a job a reason to try again, for a person a refusal.</summary>
internal sealed class FileStoreException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The store's own error code.</summary>
    public string? Code { get; init; }
}

/// <summary>
/// Chooses. A new file goes into the tenant's S3 or R2 bucket where all of its secrets are set, else to the local disk; it is read from
/// where it was written, whatever is set by then.
/// </summary>
internal sealed class FileStores(DiskFileStore disk, S3FileStore s3)
{
    /// <summary>Writes a file whole, and answers where.</summary>
    public async Task<StoreKind> PutAsync(TenantScope scope, string key, string mimeType, Stream content, CancellationToken ct)
    {
        var kind = S3FileStore.IsSet(scope) ? StoreKind.S3 : StoreKind.Disk;
        await Of(scope, kind).PutAsync(scope, key, mimeType, content, ct);
        return kind;
    }

    /// <summary>Opens a part of a file.</summary>
    /// <exception cref="FileStoreException">The store cannot be asked.</exception>
    /// <exception cref="Kernel.RefusedException">MEDIA_NOT_FOUND, when the store has no such file.</exception>
    public Task<Stream> OpenAsync(TenantScope scope, MediaFile file, long offset, long length, CancellationToken ct) =>
        Of(scope, KindOf(scope, file)).OpenAsync(scope, file.Key, offset, length, ct);

    /// <summary>Forgets a file; one that is not there is forgotten already.</summary>
    /// <exception cref="FileStoreException">The store cannot be asked.</exception>
    public Task DeleteAsync(TenantScope scope, MediaFile file, CancellationToken ct) => Of(scope, KindOf(scope, file)).DeleteAsync(scope, file.Key, ct);

    /// <summary>Files from before this was noted are looked for on the disk first.</summary>
    private StoreKind KindOf(TenantScope scope, MediaFile file) =>
        file.Store ?? (disk.Has(scope, file.Key) || !S3FileStore.IsSet(scope) ? StoreKind.Disk : StoreKind.S3);

    private IFileStore Of(TenantScope scope, StoreKind kind) => kind switch
    {
        StoreKind.Disk => disk,
        _ when S3FileStore.IsSet(scope) => s3,
        _ => throw new FileStoreException("The file lies in a bucket whose secrets are no longer set: set s3Endpoint, s3Bucket, s3AccessKey and s3SecretKey again."),
    };
}

/// <summary>Files on the local disk, a folder for each tenant. Keys are made here, never taken from a caller.</summary>
internal sealed class DiskFileStore(IOptions<MediaOptions> options) : IFileStore, ITenantBelongings
{
    public async Task PutAsync(TenantScope scope, string key, string mimeType, Stream content, CancellationToken ct)
    {
        var path = PathOf(scope, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Beside it first: a file under its name is always whole.
        var part = $"{path}.{Guid.NewGuid():n}.part";
        await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 81920, useAsync: true))
        {
            await content.CopyToAsync(file, ct);
        }

        File.Move(part, path, overwrite: true);
    }

    public Task<Stream> OpenAsync(TenantScope scope, string key, long offset, long length, CancellationToken ct)
    {
        try
        {
            Stream file = new FileStream(PathOf(scope, key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 81920, useAsync: true);
            file.Seek(offset, SeekOrigin.Begin);
            return Task.FromResult(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw MediaRefusals.NotFound();
        }
    }

    public bool Has(TenantScope scope, string key) => File.Exists(PathOf(scope, key));

    public Task DeleteAsync(TenantScope scope, string key, CancellationToken ct)
    {
        try
        {
            File.Delete(PathOf(scope, key));
        }
        catch (DirectoryNotFoundException)
        {
            // So is the file.
        }

        return Task.CompletedTask;
    }

    /// <summary>Erases the tenant's folder. What lies in a bucket of the tenant's own is theirs.</summary>
    public Task EraseAsync(TenantScope scope, CancellationToken ct)
    {
        if (Directory.Exists(FolderOf(scope)))
        {
            Directory.Delete(FolderOf(scope), recursive: true);
        }

        return Task.CompletedTask;
    }

    private string FolderOf(TenantScope scope) => Path.Combine(Path.GetFullPath(options.Value.DataPath), "media", scope.Code);

    private string PathOf(TenantScope scope, string key) => Path.Combine(FolderOf(scope), key);
}
