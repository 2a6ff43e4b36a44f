using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>A reply written once, sent often.</summary>
internal sealed class CannedReply
{
    public const string Collection = "cannedReplies";

    public ObjectId Id { get; set; }

    public required string Shortcut { get; set; }

    public required string Text { get; set; }

    public DateTime UpdatedAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("shortcut").Unique());
}

/// <summary>A canned reply to be made or changed.</summary>
/// <param name="Shortcut">1–40 of letters, digits, <c>-</c> and <c>_</c>, unique; typed after a slash.</param>
/// <param name="Text">Liquid over <c>lead</c>, <c>contact</c> and <c>agent</c>, at most 4,096 characters.</param>
public sealed record CannedReplyInput(string? Shortcut, string? Text);

/// <summary>A canned reply.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Shortcut">Typed after a slash.</param>
/// <param name="Text">Liquid.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record CannedReplyView(string Id, string Shortcut, string Text, DateTime UpdatedAt);

/// <summary>A canned reply as it reads for one conversation.</summary>
/// <param name="Text">Ready to be sent.</param>
public sealed record RenderedReply(string Text);

/// <summary>Keeps canned replies and fills them in.</summary>
public sealed partial class CannedReplies
{
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;

    internal CannedReplies(AuditLog audit, TimeProvider clock)
    {
        _audit = audit;
        _clock = clock;
    }

    /// <summary>All, or those whose shortcut begins so, by shortcut.</summary>
    public async Task<IReadOnlyList<CannedReplyView>> ListAsync(TenantScope scope, string? search, CancellationToken ct)
    {
        var where = Builders<CannedReply>.Filter;
        var matching = string.IsNullOrWhiteSpace(search) ? where.Empty : where.Regex(r => r.Shortcut, new BsonRegularExpression("^" + Regex.Escape(search.Trim().TrimStart('/').ToLowerInvariant())));
        var found = await Documents(scope).Find(matching).SortBy(r => r.Shortcut).Limit(500).ToListAsync(ct);
        return [.. found.Select(View)];
    }

    /// <summary>Makes one.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, SHORTCUT_TAKEN.</exception>
    public Task<CannedReplyView> CreateAsync(TenantScope scope, CannedReplyInput input, CancellationToken ct) => PutAsync(scope, null, input, ct);

    /// <summary>Changes one.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, CANNED_REPLY_NOT_FOUND, SHORTCUT_TAKEN.</exception>
    public Task<CannedReplyView> ChangeAsync(TenantScope scope, string id, CannedReplyInput input, CancellationToken ct) => PutAsync(scope, id, input, ct);

    /// <summary>Deletes one.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CANNED_REPLY_NOT_FOUND.</exception>
    public async Task<CannedReplyView> DeleteAsync(TenantScope scope, string id, CancellationToken ct)
    {
        var key = Ids.Parse(id, "id");
        var deleted = await Documents(scope).FindOneAndDeleteAsync<CannedReply>(r => r.Id == key, null, ct) ?? throw InboxRefusals.CannedReplyNotFound(id);
        await _audit.NoteAsync(scope, "canned_reply.deleted", $"/{deleted.Shortcut}", deleted.ToBsonDocument(), null, ct);
        return View(deleted);
    }

    /// <summary>Fills one in for a conversation.</summary>
    /// <exception cref="RefusedException">INVALID_ID, CANNED_REPLY_NOT_FOUND, CONVERSATION_NOT_FOUND, TEMPLATE_INVALID.</exception>
    public async Task<RenderedReply> RenderAsync(TenantScope scope, string id, string conversationId, CancellationToken ct)
    {
        var key = Ids.Parse(id, "id");
        var reply = await Documents(scope).FindByIdAsync(key, ct) ?? throw InboxRefusals.CannedReplyNotFound(id);
        var conversation = await ConversationSearch.NeedAsync(scope, conversationId, ct);
        var lead = conversation.LeadId is { } leadId ? await scope.Db.Leads.FindByIdAsync(leadId, ct) : null;
        var facts = new BsonDocument
        {
            ["lead"] = lead is null ? new BsonDocument() : LeadFacts.Of(lead),
            ["contact"] = new BsonDocument { ["name"] = conversation.Name ?? "", ["phone"] = conversation.Phone ?? "" },
            ["agent"] = new BsonDocument("name", scope.Actor.Name),
            ["tenant"] = new BsonDocument { ["name"] = scope.Name, ["code"] = scope.Code },
        };
        return new RenderedReply((await LiquidText.RenderAsync(reply.Text, facts, LiquidEncoding.Plain, ct)).Trim());
    }

    private async Task<CannedReplyView> PutAsync(TenantScope scope, string? id, CannedReplyInput input, CancellationToken ct)
    {
        var check = new Check();
        var shortcut = check.Required(input.Shortcut?.Trim().TrimStart('/').ToLowerInvariant(), "shortcut", 40);
        check.That(shortcut.Length == 0 || Shortcut().IsMatch(shortcut), "shortcut", "shortcut may hold letters, digits, - and _.");
        var text = check.Required(input.Text, "text", 4096);
        check.That(LiquidText.Fault(text) is null, "text", $"text is not a readable template: {LiquidText.Fault(text)}");
        check.Throw();
        var reply = new CannedReply { Id = id is null ? ObjectId.GenerateNewId() : Ids.Parse(id, "id"), Shortcut = shortcut, Text = text, UpdatedAt = _clock.GetUtcNow().UtcDateTime };
        CannedReply? before = null;
        try
        {
            if (id is null)
            {
                await Documents(scope).InsertOneAsync(reply, null, ct);
            }
            else
            {
                before = await Documents(scope).FindOneAndReplaceAsync<CannedReply>(r => r.Id == reply.Id, reply, null, ct) ?? throw InboxRefusals.CannedReplyNotFound(id);
            }
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            throw InboxRefusals.ShortcutTaken(shortcut);
        }
        catch (MongoCommandException e) when (e.Code == 11000)
        {
            throw InboxRefusals.ShortcutTaken(shortcut);
        }

        await _audit.NoteAsync(scope, id is null ? "canned_reply.made" : "canned_reply.changed", $"/{shortcut}", before?.ToBsonDocument(), reply.ToBsonDocument(), ct);
        return View(reply);
    }

    private static CannedReplyView View(CannedReply reply) => new(reply.Id.ToString(), reply.Shortcut, reply.Text, reply.UpdatedAt);

    private static IMongoCollection<CannedReply> Documents(TenantScope scope) => scope.Db.Collection<CannedReply>(CannedReply.Collection);

    [GeneratedRegex(@"^[\p{L}\p{N}_-]+$")]
    private static partial Regex Shortcut();
}
