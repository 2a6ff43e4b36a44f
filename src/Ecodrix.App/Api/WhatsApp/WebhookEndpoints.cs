using Ecodrix.Engine.WhatsApp.Webhooks;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Ecodrix.App.Api.WhatsApp;

internal static class WebhookEndpoints
{
    /// <summary>Meta sends up to 3 MB at a time.</summary>
    private const long LargestWebhook = 4 * 1024 * 1024;

    /// <summary>Maps Meta's webhook below <c>/api/saas/whatsapp</c>; its signature is what authenticates it.</summary>
    public static void MapWhatsAppWebhook(this IEndpointRouteBuilder saas)
    {
        var webhook = saas.MapGroup("/whatsapp/webhook").WithTags("WhatsApp").AllowAnonymous().WithMetadata(new BodyLimit(LargestWebhook));

        webhook.MapGet("/", VerifyAnyAsync).WithSummary("Meta's handshake, with any client's token").Refuses("INVALID_VERIFY_TOKEN");
        webhook.MapGet("/{clientCode}", VerifyAsync).WithSummary("Meta's handshake").Refuses("INVALID_VERIFY_TOKEN", "INVALID_SIGNATURE");
        webhook.MapPost("/{clientCode}", AcceptAsync).WithSummary("Meta's webhook, for one client").Refuses("INVALID_SIGNATURE");
        webhook.MapPost("/", AcceptSharedAsync).WithSummary("Meta's webhook, for the clients whose numbers or accounts are in it").Refuses("INVALID_SIGNATURE", "VALIDATION_ERROR");
    }

    private static async Task<ContentHttpResult> VerifyAsync(
        string clientCode, [FromQuery(Name = "hub.mode")] string? mode, [FromQuery(Name = "hub.verify_token")] string? token,
        [FromQuery(Name = "hub.challenge")] string? challenge, WebhookIntake intake, CancellationToken ct) =>
        TypedResults.Text(intake.Verify(await intake.OpenAsync(clientCode, ct), mode, token, challenge));

    private static async Task<ContentHttpResult> VerifyAnyAsync(
        [FromQuery(Name = "hub.mode")] string? mode, [FromQuery(Name = "hub.verify_token")] string? token,
        [FromQuery(Name = "hub.challenge")] string? challenge, WebhookIntake intake, CancellationToken ct) =>
        TypedResults.Text(await intake.VerifyAnyAsync(mode, token, challenge, ct));

    private static async Task<Ok<Envelope<object>>> AcceptAsync(string clientCode, HttpRequest request, WebhookIntake intake, CancellationToken ct)
    {
        await intake.AcceptAsync(await intake.OpenAsync(clientCode, ct), await ReadAsync(request, ct), request.Headers["X-Hub-Signature-256"], ct);
        return Answer.Ok<object>(new { received = true });
    }

    private static async Task<Ok<Envelope<object>>> AcceptSharedAsync(HttpRequest request, WebhookIntake intake, CancellationToken ct)
    {
        await intake.AcceptSharedAsync(await ReadAsync(request, ct), request.Headers["X-Hub-Signature-256"], ct);
        return Answer.Ok<object>(new { received = true });
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
