using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Bson.Serialization.Attributes;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>A name of free data that some lead has had, kept so that nobody has to read all leads to list them.</summary>
internal sealed class SeenField
{
    public const string Collection = "leadFields";

    /// <summary><c>metadata.refs.bookingId</c>.</summary>
    [BsonId]
    public required string Path { get; set; }

    public required string Type { get; set; }

    public BsonValue? Sample { get; set; }

    /// <summary>Whose value the sample is, or was.</summary>
    public ObjectId? LeadId { get; set; }

    public static CollectionIndexes Indexes { get; } = new(Collection, IndexModel.On("leadId").Where(new BsonDocument("leadId", new BsonDocument("$exists", true))));
}

/// <summary>A field of leads that can be mapped, filtered or scored by.</summary>
/// <param name="Field">Its name, dotted where nested.</param>
/// <param name="Type">text, number, boolean, date, list, id or object.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Core">Whether every lead has it, as opposed to free data.</param>
/// <param name="Sample">A value that some lead has had.</param>
public sealed record LeadFieldView(string Field, string Type, string Label, bool Core, JsonNode? Sample = null);

/// <summary>Knows what fields leads have: the core ones, and every name of free data seen.</summary>
public sealed class LeadFields
{
    private const int MostListed = 500;
    private const int LongestSample = 80;

    /// <summary>The fields every lead has.</summary>
    public static IReadOnlyList<LeadFieldView> Core { get; } =
    [
        new("firstName", "text", "First name", true), new("lastName", "text", "Last name", true), new("phone", "text", "Phone", true),
        new("email", "text", "E-mail", true), new("source", "text", "Source", true), new("status", "text", "Status", true),
        new("pipelineId", "id", "Pipeline", true), new("stageId", "id", "Stage", true), new("dealValue", "number", "Deal value", true),
        new("dealTitle", "text", "Deal title", true), new("score", "number", "Score", true), new("tags", "list", "Tags", true),
        new("assignedTo", "text", "Assigned to", true), new("optedOut", "boolean", "Opted out", true),
        new("lastContactedAt", "date", "Last contacted", true), new("stageEnteredAt", "date", "In stage since", true),
        new("closedAt", "date", "Closed", true), new("closeReason", "text", "Close reason", true),
        new("createdAt", "date", "Created", true), new("updatedAt", "date", "Updated", true),
    ];

    internal LeadFields()
    {
    }

    /// <summary>Core fields first, then the free data seen, by name. Samples are some lead's: not for an agent limited to their own.</summary>
    public async Task<IReadOnlyList<LeadFieldView>> ListAsync(TenantScope scope, CancellationToken ct)
    {
        var seen = await scope.Db.SeenFields.Find(Builders<SeenField>.Filter.Gt(f => f.Path, "metadata.")).SortBy(f => f.Path).Limit(MostListed).ToListAsync(ct);
        return [.. Core, .. seen.Select(f => new LeadFieldView(f.Path, f.Type, f.Path.Split('.', 3)[2], false, f.Sample is null || scope.Actor.OnlyAssignedTo is not null ? null : BsonJson.ToJson(f.Sample)))];
    }

    /// <summary>Notes the names of free data that are new to this node.</summary>
    internal Task NoteAsync(TenantScope scope, Lead lead, CancellationToken ct) => NoteAsync(scope, [(lead.Id, lead.Metadata)], ct);

    /// <summary>The same of many leads: a file brings the same names in every row.</summary>
    internal async Task NoteAsync(TenantScope scope, IReadOnlyList<(ObjectId LeadId, LeadMetadata Metadata)> leads, CancellationToken ct)
    {
        var known = scope.Cached(() => new Known()).Paths;
        var fresh = leads.SelectMany(lead => Entries(lead.Metadata).Select(e => (e.Path, e.Value, lead.LeadId))).Where(e => known.TryAdd(e.Path, true)).ToList();
        if (fresh.Count == 0)
        {
            return;
        }

        await scope.Db.SeenFields.BulkWriteAsync(fresh.Select(e => new UpdateOneModel<SeenField>(
            Builders<SeenField>.Filter.Eq(f => f.Path, e.Path),
            Builders<SeenField>.Update.Set(f => f.Type, TypeOf(e.Value)).Set(f => f.Sample, Sample(e.Value)).Set(f => f.LeadId, e.LeadId))
        { IsUpsert = true }), new BulkWriteOptions { IsOrdered = false }, ct);
    }

    /// <summary>The samples of leads that were merged are those of the one that stays.</summary>
    internal static Task MergeAsync(TenantScope scope, IReadOnlyList<ObjectId> from, ObjectId to, CancellationToken ct) => scope.Db.SeenFields.UpdateManyAsync(
        Builders<SeenField>.Filter.In(f => f.LeadId, from.Select(id => (ObjectId?)id)), Builders<SeenField>.Update.Set(f => f.LeadId, to), null, ct);

    /// <summary>Forgets samples that are a person's own values, or were: what was changed since is remembered here only.</summary>
    internal static async Task ForgetAsync(TenantScope scope, Lead lead, CancellationToken ct)
    {
        await scope.Db.SeenFields.UpdateManyAsync(f => f.LeadId == lead.Id, Builders<SeenField>.Update.Unset(f => f.Sample).Unset(f => f.LeadId), null, ct);
        var writes = Entries(lead.Metadata).Select(e => new UpdateOneModel<SeenField>(
            Builders<SeenField>.Filter.Eq(f => f.Path, e.Path) & Builders<SeenField>.Filter.Eq(f => f.Sample, Sample(e.Value)),
            Builders<SeenField>.Update.Unset(f => f.Sample))).ToList();
        if (writes.Count > 0)
        {
            await scope.Db.SeenFields.BulkWriteAsync(writes, new BulkWriteOptions { IsOrdered = false }, ct);
        }
    }

    private static IEnumerable<(string Path, BsonValue Value)> Entries(LeadMetadata metadata) =>
        metadata.Refs.Select(e => ($"metadata.refs.{e.Name}", e.Value)).Concat(metadata.Extra.Select(e => ($"metadata.extra.{e.Name}", e.Value)))
            .Where(e => !e.Value.IsBsonNull);

    private static string TypeOf(BsonValue value) => value switch
    {
        BsonBoolean => "boolean",
        BsonArray => "list",
        BsonDocument => "object",
        { IsNumeric: true } => "number",
        BsonString text when Moments.TryParse(text.Value, out _) || DateOnly.TryParseExact(text.Value, "yyyy-MM-dd", out _) => "date",
        _ => "text",
    };

    private static BsonValue Sample(BsonValue value) => value switch
    {
        BsonString { Value.Length: > LongestSample } text => Texts.Cut(text.Value, LongestSample),
        BsonArray or BsonDocument => BsonNull.Value,
        _ => value,
    };

    private sealed class Known
    {
        public ConcurrentDictionary<string, bool> Paths { get; } = new(StringComparer.Ordinal);
    }
}

internal static class LeadFieldCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<SeenField> SeenFields => db.Collection<SeenField>(SeenField.Collection);
    }
}
