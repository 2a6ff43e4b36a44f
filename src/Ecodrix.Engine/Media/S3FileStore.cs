using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Media;

/// <summary>Files in the tenant's S3-compatible bucket: path style, no checksum trailers, which R2 and most others do not take.</summary>
internal sealed class S3FileStore(IHttpClientFactory http) : IFileStore
{
    public const string HttpName = "s3";

    private const string NoSuchKey = "NoSuchKey";

    public static bool IsSet(TenantScope scope) =>
        scope.Secret("s3Endpoint") is not null && scope.Secret("s3Bucket") is not null && scope.Secret("s3AccessKey") is not null && scope.Secret("s3SecretKey") is not null;

    public async Task PutAsync(TenantScope scope, string key, string mimeType, Stream content, CancellationToken ct)
    {
        var endpoint = scope.RequireSecret("s3Endpoint");
        await AskAsync(scope, s3 => s3.PutObjectAsync(
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
            ct), ct);
    }

    public async Task<Stream> OpenAsync(TenantScope scope, string key, long offset, long length, CancellationToken ct)
    {
        var request = new GetObjectRequest { BucketName = scope.RequireSecret("s3Bucket"), Key = Full(scope, key) };
        if (length > 0)
        {
            request.ByteRange = new ByteRange(offset, offset + length - 1);
        }

        try
        {
            return (await AskAsync(scope, s3 => s3.GetObjectAsync(request, ct), ct)).ResponseStream;
        }
        catch (FileStoreException e) when (e.Code == NoSuchKey)
        {
            throw MediaRefusals.NotFound();
        }
    }

    public async Task DeleteAsync(TenantScope scope, string key, CancellationToken ct)
    {
        try
        {
            await AskAsync(scope, s3 => s3.DeleteObjectAsync(scope.RequireSecret("s3Bucket"), Full(scope, key), ct), ct);
        }
        catch (FileStoreException e) when (e.Code == NoSuchKey)
        {
            // Most stores do not even say so.
        }
    }

    private async Task<T> AskAsync<T>(TenantScope scope, Func<AmazonS3Client, Task<T>> ask, CancellationToken ct)
    {
        try
        {
            return await ask(Client(scope));
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw new FileStoreException($"The bucket {scope.RequireSecret("s3Bucket")} did not take or give the file: {(e.InnerException ?? e).Message}", e)
            {
                Code = (e as AmazonServiceException)?.ErrorCode,
            };
        }
    }

    private static string Full(TenantScope scope, string key) => $"{scope.Code}/{key}";

    private AmazonS3Client Client(TenantScope scope) => scope.Cached(() => new AmazonS3Client(
        new BasicAWSCredentials(scope.RequireSecret("s3AccessKey"), scope.RequireSecret("s3SecretKey")),
        new AmazonS3Config
        {
            ServiceURL = scope.RequireSecret("s3Endpoint"),
            AuthenticationRegion = scope.Secret("s3Region") ?? "auto",
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            HttpClientFactory = new CheckedAddresses(http),
        }));

    /// <summary>The endpoint is the tenant's to choose, so it is called under the rules of all that tenants have called.</summary>
    private sealed class CheckedAddresses(IHttpClientFactory http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http.CreateClient(HttpName);

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
