using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Something Meta told about the account, its number or a template.</summary>
internal sealed class AccountNotice
{
    public const string Collection = "accountNotices";

    public ObjectId Id { get; set; }

    public required string Field { get; set; }

    public required string Title { get; set; }

    public required BsonDocument Value { get; set; }

    public DateTime At { get; set; }

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("-at", "-_id"), IndexModel.On("at").Expiring(TimeSpan.FromDays(180)));
}

/// <summary>Something Meta told about the account, its number or a template.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Field">Meta's webhook field.</param>
/// <param name="Title">What happened.</param>
/// <param name="Value">As Meta sent it.</param>
/// <param name="At">When it came.</param>
public sealed record AccountNoticeView(string Id, string Field, string Title, System.Text.Json.Nodes.JsonObject Value, DateTime At);

/// <summary>Keeps what Meta tells about the account, and carries what concerns templates over to them.</summary>
public sealed class AccountUpdates
{
    private readonly JobQueue _queue;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;

    internal AccountUpdates(JobQueue queue, ILiveBus live, TimeProvider clock)
    {
        _queue = queue;
        _live = live;
        _clock = clock;
    }

    /// <summary>One page of what Meta told, newest first.</summary>
    public async Task<Page<AccountNoticeView>> ListAsync(TenantScope scope, Paging paging, CancellationToken ct)
    {
        var notices = Notices(scope);
        var total = await notices.EstimatedDocumentCountAsync(null, ct);
        var page = await notices.Find(FilterDefinition<AccountNotice>.Empty).SortByDescending(n => n.At).ThenByDescending(n => n.Id).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<AccountNoticeView>([.. page.Select(n => new AccountNoticeView(n.Id.ToString(), n.Field, n.Title, BsonJson.ToObject(n.Value), n.At))], total, paging);
    }

    internal async Task TakeAsync(TenantScope scope, string field, JsonElement value, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        if (value.Text("message_template_name") is { } name)
        {
            await TemplateAsync(scope, field, name, value, now, ct);
        }

        var notice = new AccountNotice
        {
            // The same news twice is one notice.
            Id = Ids.From("notice", field, value.GetRawText()),
            Field = field,
            Title = Title(field, value),
            Value = BsonJson.ToDocumentAsItCame(value),
            At = now,
        };
        await Notices(scope).ReplaceOneAsync(n => n.Id == notice.Id, notice, new ReplaceOptions { IsUpsert = true }, ct);
        _live.Publish(scope.Code, "account.notice", new { id = notice.Id.ToString(), field, title = notice.Title });
    }

    private async Task TemplateAsync(TenantScope scope, string field, string name, JsonElement value, DateTime now, CancellationToken ct)
    {
        // Webhooks write en-US where the list writes en_US.
        var language = value.Text("message_template_language")?.Replace('-', '_');
        var set = Builders<Template>.Update.Set(t => t.UpdatedAt, now);
        if (value.Text("event") is { } happened)
        {
            var status = happened.ToUpperInvariant() switch { "REINSTATED" or "UNARCHIVED" => "approved", "FLAGGED" => null, var other => other.ToLowerInvariant() };
            set = status is null ? set : set.Set(t => t.Status, status);
            set = value.Text("reason") is { } reason and not "NONE" ? set.Set(t => t.RejectedReason, reason) : set.Unset(t => t.RejectedReason);
            set = status == "deleted" ? set.Set(t => t.RemovedAt, now) : set;
        }

        set = value.Text("new_quality_score") is { } quality ? set.Set(t => t.Quality, quality.ToLowerInvariant()) : set;
        // With correct_category Meta only announces; without it new_category is in force.
        set = value.Text("new_category") is { } category ? set.Set(t => t.Category, category.ToLowerInvariant()) : set;
        await scope.Db.Templates.UpdateOneAsync(t => t.Name == name && t.Language == language, set, null, ct);
        _live.Publish(scope.Code, "template.updated", new { name, language });
        if (field == "message_template_components_update")
        {
            await _queue.EnqueueAsync(scope, [new NewJob(Ids.From(TemplateSyncJob.JobKind, scope.Code, "changed", $"{now:yyyyMMddHHmm}"), TemplateSyncJob.JobKind, [])], ct);
        }
    }

    private static string Title(string field, JsonElement value)
    {
        var what = value.Text("event") ?? value.Text("new_quality_score") ?? value.Text("new_category") ?? value.Text("decision") ?? value.Text("alert_type");
        var limit = value.Text("current_limit") ?? value.Text("max_daily_conversations_per_business") ?? value.Text("max_daily_conversation_per_phone");
        var subject = value.Text("message_template_name") ?? value.Text("display_phone_number") ?? value.Text("phone_number");
        return string.Join(" · ", new[] { field.Replace('_', ' '), subject, what, limit }.Where(t => !string.IsNullOrEmpty(t)));
    }

    private static IMongoCollection<AccountNotice> Notices(TenantScope scope) => scope.Db.Collection<AccountNotice>(AccountNotice.Collection);
}
