using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Bson.Serialization.Attributes;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>An import as it is remembered, so that it can be looked at and undone.</summary>
internal sealed class Import
{
    public const string Collection = "imports";

    public ObjectId Id { get; set; }

    public required string By { get; set; }

    /// <summary>The id of who ran it: an agent limited to their own leads finds only their own imports.</summary>
    public string? ById { get; set; }

    public int Created { get; set; }

    public int Updated { get; set; }

    public int Failed { get; set; }

    public List<ImportFault> Errors { get; set; } = [];

    public List<ImportedRow> Rows { get; set; } = [];

    /// <summary>Leads whose removal has begun: should it be cut off, a repeat finishes with them.</summary>
    public List<ObjectId> Removing { get; set; } = [];

    public DateTime CreatedAt { get; set; }

    public DateTime? RevertedAt { get; set; }

    public ImportReverted? Reverted { get; set; }

    public DateTime ExpireAt { get; set; }

    public static CollectionIndexes Indexes { get; } = new(
        Collection, IndexModel.On("expireAt").Expiring(TimeSpan.Zero), IndexModel.On("byId", "expireAt"), IndexModel.On("rows.leadId"), IndexModel.On("errors.phone"), IndexModel.On("errors.number"));
}

/// <summary>What an import did to one lead.</summary>
internal sealed class ImportedRow
{
    public ObjectId LeadId { get; set; }

    public bool Made { get; set; }

    /// <summary>How often the lead was changed, its score aside, up to and with the import: more means somebody has touched it since.</summary>
    public int Version { get; set; }

    /// <summary>The fields that were changed, as they were.</summary>
    public BsonDocument? Before { get; set; }
}

/// <summary>What came of undoing an import, as it is kept.</summary>
internal sealed class ImportReverted
{
    public int Removed { get; set; }

    public int Restored { get; set; }

    public int Kept { get; set; }

    [BsonIgnore]
    public RevertView View => new(Removed, Restored, Kept);

    public static ImportReverted Of(RevertView view) => new() { Removed = view.Removed, Restored = view.Restored, Kept = view.Kept };
}

/// <summary>What is wrong with one row.</summary>
internal sealed class ImportFault
{
    public int Index { get; set; }

    /// <summary>As it was sent.</summary>
    public string? Phone { get; set; }

    /// <summary>As E.164 where it is a number: by it the fault goes with the person.</summary>
    public string? Number { get; set; }

    public required string Field { get; set; }

    public required string Message { get; set; }
}

/// <summary>Leads to be brought in.</summary>
public sealed record ImportRequest
{
    /// <summary>1–1000 rows.</summary>
    public IReadOnlyList<NewLead>? Leads { get; init; }

    /// <summary>Whether only to say what would happen.</summary>
    public bool? DryRun { get; init; }
}

/// <summary>What is wrong with one row.</summary>
/// <param name="Index">The row, from 0.</param>
/// <param name="Phone">Its phone number as it was sent.</param>
/// <param name="Field">The field at fault.</param>
/// <param name="Message">What is wrong.</param>
public sealed record ImportError(int Index, string? Phone, string Field, string Message);

/// <summary>What an import did, or would do.</summary>
/// <param name="Created">New leads.</param>
/// <param name="Updated">Leads that were there and were changed.</param>
/// <param name="Failed">Rows left out.</param>
/// <param name="Errors">Why.</param>
/// <param name="ImportId">By which it is looked at and undone; null for a dry run.</param>
/// <param name="DryRun">Whether nothing was written.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Mapping">For CSV: which column went into which field.</param>
/// <param name="Reverted">What undoing it did; null as long as nobody has.</param>
/// <param name="By">Who ran it; null for a dry run.</param>
public sealed record ImportView(
    int Created, int Updated, int Failed, IReadOnlyList<ImportError> Errors, string? ImportId, bool DryRun, DateTime CreatedAt, IReadOnlyDictionary<string, string>? Mapping = null,
    RevertView? Reverted = null, string? By = null)
{
    internal static ImportView Of(Import import, bool dryRun) => new(
        import.Created, import.Updated, import.Failed, [.. import.Errors.Select(e => new ImportError(e.Index, e.Phone, e.Field, e.Message))],
        dryRun ? null : import.Id.ToString(), dryRun, import.CreatedAt, Reverted: import.Reverted?.View, By: dryRun ? null : import.By);
}

/// <summary>What undoing an import did.</summary>
/// <param name="Removed">Leads it had made that are gone again.</param>
/// <param name="Restored">Leads it had changed that are as before.</param>
/// <param name="Kept">Leads left as they are because somebody has touched them since.</param>
public sealed record RevertView(int Removed, int Restored, int Kept);

internal static class ImportCollections
{
    extension(TenantDb db)
    {
        public IMongoCollection<Import> Imports => db.Collection<Import>(Import.Collection);
    }
}
