using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Media;

internal static class MediaEndpoints
{
    /// <summary>Maps the upload below <c>/api/saas/chat</c>.</summary>
    public static void MapUpload(this IEndpointRouteBuilder chat) => chat.MapPost("/upload", UploadAsync)
        .WithTags("Media").WithSummary("Upload a file to be sent")
            .Refuses("UNSUPPORTED_FILE").RequireScope(ApiScope.ChatWrite).WithMetadata(new BodyLimit(ApiGate.LargestBody)).DisableAntiforgery();

    /// <summary>Maps <c>/api/saas/media</c>; the signature in the address is what lets in.</summary>
    public static void MapMedia(this IEndpointRouteBuilder saas) => saas.MapMethods("/media/{clientCode}/{fileId}", ["GET", "HEAD"], FetchAsync)
        .WithTags("Media").WithSummary("Fetch a file by its signed address").AllowAnonymous();

    private static async Task<Created<Envelope<UploadView>>> UploadAsync(IFormFile? file, Caller caller, MediaUpload upload, CancellationToken ct)
    {
        await using var content = file?.OpenReadStream();
        return Answer.Created(await upload.UploadAsync(caller.Scope, content, file?.FileName, ct));
    }

    private static async Task<MediaResult> FetchAsync(string clientCode, string fileId, long? expires, string? signature, bool? download, MediaDelivery delivery, CancellationToken ct) =>
        new(await delivery.OpenAsync(clientCode, fileId, expires ?? 0, signature, ct), download == true);
}
