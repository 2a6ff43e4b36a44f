using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
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

/// <summary>Files in the tenant's S3-compatible bucket: path style, no checksum trailers, which R2 and most others do not take.</summary>
internal sealed class S3FileStore : IFileStore
{
    public static bool IsSet(TenantScope scope) =>
        scope.Secret("s3Endpoint") is not null && scope.Secret("s3Bucket") is not null && scope.Secret("s3AccessKey") is not null && scope.Secret("s3SecretKey") is not null;

    public async Task PutAsync(TenantScope scope, string key, string mimeType, Stream content, CancellationToken ct)
    {
        var endpoint = scope.RequireSecret("s3Endpoint");
        await Client(scope).PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = scope.RequireSecret("s3Bucket"),
                Key = Full(scope, key),
                InputStream = content,
                AutoCloseStream = false,
                ContentType = mimeType,
                // R2 has no streaming signatures; unsigned payloads are only taken over TLS.
                DisablePayloadSigning = endpoint.StartsWith("https:", StringComparison.OrdinalIgnoreCase),
                UseChunkEncoding = false,
            },
            ct);
    }

    public async Task<Stream> OpenAsync(TenantScope scope, string key, long offset, long length, CancellationToken ct)
    {
        var request = new GetObjectRequest { BucketName = scope.RequireSecret("s3Bucket"), Key = Full(scope, key) };
        if (length > 0)
        {
            request.ByteRange = new ByteRange(offset, offset + length - 1);
        }

        return (await Client(scope).GetObjectAsync(request, ct)).ResponseStream;
    }

    public Task DeleteAsync(TenantScope scope, string key, CancellationToken ct) =>
        Client(scope).DeleteObjectAsync(scope.RequireSecret("s3Bucket"), Full(scope, key), ct);

    private static string Full(TenantScope scope, string key) => $"{scope.Code}/{key}";

    private static AmazonS3Client Client(TenantScope scope) => scope.Cached(() => new AmazonS3Client(
        new BasicAWSCredentials(scope.RequireSecret("s3AccessKey"), scope.RequireSecret("s3SecretKey")),
        new AmazonS3Config
        {
            ServiceURL = scope.RequireSecret("s3Endpoint"),
            AuthenticationRegion = scope.Secret("s3Region") ?? "auto",
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        }));
}
