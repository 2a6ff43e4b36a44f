using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.Media;

/// <summary>Where files lie.</summary>
internal interface IFileStore
{
    /// <summary>Writes a file whole.</summary>
    Task PutAsync(TenantScope scope, string key, string mimeType, Stream content, CancellationToken ct);

    /// <summary>Opens a part of a file.</summary>
    Task<Stream> OpenAsync(TenantScope scope, string key, long offset, long length, CancellationToken ct);

    /// <summary>Forgets a file; one that is not there is forgotten already.</summary>
    Task DeleteAsync(TenantScope scope, string key, CancellationToken ct);
}

/// <summary>A store did not take or give a file. For a job a reason to try again, for a person a refusal.</summary>
internal sealed class FileStoreException(string message, Exception inner) : IOException(message, inner)
{
    /// <summary>The store's own error code.</summary>
    public string? Code { get; init; }
}

/// <summary>Chooses: the tenant's S3 or R2 bucket where all of its secrets are set, else the local disk.</summary>
internal sealed class FileStores(DiskFileStore disk, S3FileStore s3) : IFileStore
{
    public Task PutAsync(TenantScope scope, string key, string mimeType, Stream content, CancellationToken ct) => Of(scope).PutAsync(scope, key, mimeType, content, ct);

    public Task<Stream> OpenAsync(TenantScope scope, string key, long offset, long length, CancellationToken ct) => Of(scope).OpenAsync(scope, key, offset, length, ct);

    public Task DeleteAsync(TenantScope scope, string key, CancellationToken ct) => Of(scope).DeleteAsync(scope, key, ct);

    private IFileStore Of(TenantScope scope) => S3FileStore.IsSet(scope) ? s3 : disk;
}

/// <summary>Files on the local disk, a folder for each tenant. Keys are made here, never taken from a caller.</summary>
internal sealed class DiskFileStore(IOptions<MediaOptions> options) : IFileStore
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
        Stream file = new FileStream(PathOf(scope, key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 81920, useAsync: true);
        file.Seek(offset, SeekOrigin.Begin);
        return Task.FromResult(file);
    }

    public Task DeleteAsync(TenantScope scope, string key, CancellationToken ct)
    {
        File.Delete(PathOf(scope, key));
        return Task.CompletedTask;
    }

    private string PathOf(TenantScope scope, string key) => Path.Combine(Path.GetFullPath(options.Value.DataPath), "media", scope.Code, key);
}
