using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Email;

/// <summary>A mail as a lead would get it.</summary>
/// <param name="To">Who would get it; null when nobody.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Html">The body.</param>
/// <param name="Text">The text alternative.</param>
/// <param name="Lead">Whose facts were used; null when the tenant has no lead.</param>
public sealed record EmailPreviewView(string? To, string Subject, string Html, string Text, string? Lead);

/// <summary>Shows how a mail comes out before any is sent.</summary>
public sealed class EmailPreview
{
    /// <summary>Stands for the link of a meeting that has not been made.</summary>
    internal const string MeetLink = "https://meet.google.com/abc-defg-hij";

    internal EmailPreview()
    {
    }

    /// <summary>Renders a mail over the newest lead the actor may see. Variables and data are empty here, as no event has brought any.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="subject">Liquid.</param>
    /// <param name="htmlBody">HTML with Liquid.</param>
    /// <param name="to">Liquid; the lead's address when empty.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">TEMPLATE_INVALID, EMAIL_INVALID.</exception>
    public async Task<EmailPreviewView> RenderAsync(TenantScope scope, string? subject, string? htmlBody, string? to, CancellationToken ct)
    {
        var lead = await scope.Db.Leads.Find(scope.VisibleLeads()).SortByDescending(l => l.CreatedAt).FirstOrDefaultAsync(ct);
        var pipeline = lead is null ? null : await scope.KnownPipelineAsync(lead.PipelineId, lead.StageId, ct);
        var facts = new BsonDocument
        {
            ["lead"] = lead is null ? BsonNull.Value : LeadFacts.Of(lead, pipeline),
            ["variables"] = new BsonDocument(),
            ["data"] = new BsonDocument(),
            ["meet"] = new BsonDocument("link", MeetLink),
            ["tenant"] = new BsonDocument { ["name"] = scope.Name, ["code"] = scope.Code },
        };
        var config = new BsonDocument { ["subject"] = subject ?? "", ["htmlBody"] = htmlBody ?? "", ["to"] = to ?? "" };
        var mail = await RenderedEmail.OfAsync(config, facts, lead?.Email, ct);
        return new EmailPreviewView(mail.To, mail.Subject, mail.Html, mail.Text, lead?.FullName);
    }
}
