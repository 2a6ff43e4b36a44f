using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Webhooks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.WhatsApp;

internal static class AccountEndpoints
{
    /// <summary>Maps what Meta tells about the account below <c>/api/saas/whatsapp</c>.</summary>
    public static void MapWhatsAppAccount(this IEndpointRouteBuilder saas) => saas.MapGet("/whatsapp/notices", ListAsync).Refuses("VALIDATION_ERROR")
        .WithTags("WhatsApp").WithSummary("List what Meta told about account, number and templates").RequireScope(ApiScope.ChatRead);

    private static async Task<Ok<PageEnvelope<AccountNoticeView>>> ListAsync(int? page, int? limit, Caller caller, AccountUpdates updates, CancellationToken ct) =>
        Answer.Page(await updates.ListAsync(caller.Scope, Paging.From(page, limit), ct));
}
