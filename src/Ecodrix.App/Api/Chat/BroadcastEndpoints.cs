using System.Text;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Chat;

internal static class BroadcastEndpoints
{
    /// <summary>Ten thousand recipients with their variables are larger than other bodies.</summary>
    private const long LargestBroadcast = 5 * 1024 * 1024;

    /// <summary>Maps broadcasts below <c>/api/saas/chat</c>.</summary>
    public static void MapBroadcasts(this IEndpointRouteBuilder chat)
    {
        var all = chat.MapGroup("").WithTags("Broadcasts");

        all.MapPost("/broadcast", LaunchAsync).WithSummary("Launch a broadcast; with dryRun=true only report what it would do")
            .Refuses("VALIDATION_ERROR", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_APPROVED")
            .RequireScope(ApiScope.ChatWrite).Idempotent("chat.broadcast").WithMetadata(new BodyLimit(LargestBroadcast));

        var broadcasts = all.MapGroup("/broadcasts");
        broadcasts.MapGet("/", ListAsync).WithSummary("List broadcasts").Refuses("VALIDATION_ERROR").RequireScope(ApiScope.ChatRead);
        broadcasts.MapGet("/{id}", GetAsync).WithSummary("Get a broadcast, counted now").Refuses("INVALID_ID", "BROADCAST_NOT_FOUND").RequireScope(ApiScope.ChatRead);
        broadcasts.MapGet("/{id}/recipients", RecipientsAsync).WithSummary("List recipients; with format=csv all of them as CSV")
            .Refuses("INVALID_ID", "BROADCAST_NOT_FOUND", "VALIDATION_ERROR").RequireScope(ApiScope.ChatRead);
        broadcasts.MapPost("/{id}/pause", PauseAsync).WithSummary("Pause a broadcast")
            .Refuses("INVALID_ID", "BROADCAST_NOT_FOUND", "BROADCAST_STATE").RequireScope(ApiScope.ChatWrite);
        broadcasts.MapPost("/{id}/resume", ResumeAsync).WithSummary("Resume a paused broadcast")
            .Refuses("INVALID_ID", "BROADCAST_NOT_FOUND", "BROADCAST_STATE").RequireScope(ApiScope.ChatWrite);
        broadcasts.MapPost("/{id}/cancel", CancelAsync).WithSummary("Cancel what has not been sent")
            .Refuses("INVALID_ID", "BROADCAST_NOT_FOUND", "BROADCAST_STATE").RequireScope(ApiScope.ChatWrite);
        broadcasts.MapPost("/{id}/retry-failed", RetryFailedAsync).WithSummary("Send again where it failed")
            .Refuses("INVALID_ID", "BROADCAST_NOT_FOUND", "BROADCAST_STATE").RequireScope(ApiScope.ChatWrite);
    }

    private static async Task<IResult> LaunchAsync(NewBroadcast body, bool? dryRun, Caller caller, BroadcastLaunch launch, CancellationToken ct) => dryRun == true
        ? Answer.Ok(await launch.PreflightAsync(caller.Scope, body, ct))
        : Answer.Created(await launch.LaunchAsync(caller.Scope, body, ct, caller.Token));

    private static async Task<Ok<PageEnvelope<BroadcastView>>> ListAsync(string? status, int? page, int? limit, Caller caller, BroadcastSearch search, CancellationToken ct) =>
        Answer.Page(await search.ListAsync(caller.Scope, status, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<BroadcastView>>> GetAsync(string id, Caller caller, BroadcastSearch search, CancellationToken ct) =>
        Answer.Ok(await search.GetAsync(caller.Scope, id, ct));

    private static async Task<IResult> RecipientsAsync(
        string id, string? status, string? format, int? page, int? limit, Caller caller, BroadcastSearch search, CancellationToken ct) => format == "csv"
        ? Csv(id, await search.AllRecipientsAsync(caller.Scope, id, status, ct))
        : Answer.Page(await search.RecipientsAsync(caller.Scope, id, status, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<BroadcastView>>> PauseAsync(string id, Caller caller, BroadcastControl control, CancellationToken ct) =>
        Answer.Ok(await control.PauseAsync(caller.Scope, id, ct));

    private static async Task<Ok<Envelope<BroadcastView>>> ResumeAsync(string id, Caller caller, BroadcastControl control, CancellationToken ct) =>
        Answer.Ok(await control.ResumeAsync(caller.Scope, id, ct));

    private static async Task<Ok<Envelope<BroadcastView>>> CancelAsync(string id, Caller caller, BroadcastControl control, CancellationToken ct) =>
        Answer.Ok(await control.CancelAsync(caller.Scope, id, ct));

    private static async Task<Ok<Envelope<BroadcastView>>> RetryFailedAsync(string id, Caller caller, BroadcastControl control, CancellationToken ct) =>
        Answer.Ok(await control.RetryFailedAsync(caller.Scope, id, ct));

    private static PushStreamHttpResult Csv(string id, IAsyncEnumerable<RecipientView> recipients) => TypedResults.Stream(
        async body =>
        {
            await using var writer = new StreamWriter(body, new UTF8Encoding(false), leaveOpen: true);
            await writer.WriteLineAsync("phone,status,error,errorCode,updatedAt");
            await foreach (var r in recipients)
            {
                await writer.WriteLineAsync($"{Cell(r.Phone)},{r.Status.Word()},{Cell(r.Error)},{r.ErrorCode},{Moments.Write(r.UpdatedAt)}");
            }
        },
        "text/csv; charset=utf-8",
        $"broadcast-{id}.csv");

    /// <summary>Quoted; and never the beginning of a formula when a spreadsheet opens it.</summary>
    private static string Cell(string? text) => text is null ? "" : $"\"{(text.Length > 0 && text[0] is '=' or '@' or '-' ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
