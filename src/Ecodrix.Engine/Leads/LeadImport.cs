using System.Text;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Brings many leads in at once, and takes them out again.</summary>
public sealed class LeadImport
{
    /// <summary>The most rows at once.</summary>
    public const int MostRows = 1000;

    /// <summary>How long an import can be undone.</summary>
    public static readonly TimeSpan Undoable = TimeSpan.FromHours(24);

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private readonly ImportPlanner _planner;
    private readonly ImportUndo _undo;
    private readonly LeadFields _fields;
    private readonly LeadWrites _writes;
    private readonly Outbox _outbox;
    private readonly TimeProvider _clock;
    private readonly AuditLog _audit;

    internal LeadImport(ImportPlanner planner, ImportUndo undo, LeadFields fields, LeadWrites writes, Outbox outbox, TimeProvider clock, AuditLog audit)
    {
        _audit = audit;
        _planner = planner;
        _undo = undo;
        _fields = fields;
        _writes = writes;
        _outbox = outbox;
        _clock = clock;
    }

    /// <summary>
    /// Brings leads in by phone, as JSON: new ones are made and fire <c>lead_created</c>, of those that are there only the given fields change.
    /// Each row stands alone; a faulty one, also one of the wrong types, is left out and reported.
    /// </summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="leads">The rows, each as <see cref="NewLead"/>.</param>
    /// <param name="dryRun">Whether only to say what would happen.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">VALIDATION_ERROR, TOO_MANY_LEADS.</exception>
    public async Task<ImportView> RunJsonAsync(TenantScope scope, IReadOnlyList<JsonElement>? leads, bool dryRun, CancellationToken ct)
    {
        CheckCount(leads?.Count ?? 0);
        return await RunAsync(scope, [.. leads!.Select(ImportSent.Read)], dryRun, ct);
    }

    private static void CheckCount(int rows)
    {
        new Check().That(rows > 0, "leads", "leads must hold 1 to 1000 rows.").Throw();
        if (rows > MostRows)
        {
            throw LeadRefusals.TooMany(rows, MostRows);
        }
    }

    private async Task<ImportView> RunAsync(TenantScope scope, IReadOnlyList<ImportSent> rows, bool dryRun, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var import = new Import { Id = ObjectId.GenerateNewId(), By = scope.Actor.Name, ById = scope.Actor.Id, CreatedAt = now, ExpireAt = now + Kept };
        var open = _planner.Check(scope, rows, import);
        if (dryRun)
        {
            var plan = await _planner.PlanAsync(scope, open, import, now, ct);
            (import.Created, import.Updated) = (plan.Made.Count, import.Updated + plan.Changes.Count);
            return ImportView.Of(import, dryRun: true);
        }

        // Remembered before it happens: an import that is cut off can be undone too.
        await scope.Db.Imports.InsertOneAsync(import, null, ct);
        // A number that somebody takes in between, or a lead that is changed, makes its row come round again as what it is then.
        for (var round = 0; open.Count > 0 && round < 3; round++)
        {
            open = await WriteAsync(scope, await _planner.PlanAsync(scope, open, import, now, ct), import, ct);
        }

        import.Errors.AddRange(open.Select(r => new ImportFault { Index = r.Index, Phone = r.Sent.Phone, Number = r.Lead.Phone, Field = "phone", Message = "The lead keeps being changed by others. Try this row again." }));
        import.Failed = import.Errors.Select(e => e.Index).Distinct().Count();
        await scope.Db.Imports.ReplaceOneAsync(i => i.Id == import.Id, import, (ReplaceOptions?)null, ct);
        await _audit.NoteAsync(scope, "leads.imported", import.Id.ToString(), [new AuditChange("created", null, $"{import.Created}"), new AuditChange("updated", null, $"{import.Updated}")], ct);
        return ImportView.Of(import, dryRun: false);
    }

    /// <summary>Brings in CSV: the first line names the columns.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="csv">The text.</param>
    /// <param name="mapping">Which column goes into which field, as in <see cref="ImportMapping"/>; guessed by name where null.</param>
    /// <param name="dryRun">Whether only to say what would happen.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">VALIDATION_ERROR, TOO_MANY_LEADS.</exception>
    public async Task<ImportView> RunCsvAsync(TenantScope scope, string csv, IReadOnlyDictionary<string, string>? mapping, bool dryRun, CancellationToken ct)
    {
        var (rows, used) = ImportMapping.Read(csv, mapping);
        return await RunAsync(scope, rows, dryRun, ct) with { Mapping = used };
    }

    /// <summary>An import of the last seven days.</summary>
    /// <exception cref="RefusedException">INVALID_ID, IMPORT_NOT_FOUND.</exception>
    public async Task<ImportView> GetAsync(TenantScope scope, string importId, CancellationToken ct) => ImportView.Of(await FindAsync(scope, importId, ct), dryRun: false);

    /// <summary>The imports of the last seven days, latest first; their faults only counted.</summary>
    public async Task<Page<ImportView>> ListAsync(TenantScope scope, Paging paging, CancellationToken ct)
    {
        var theirs = Builders<Import>.Filter.Gt(i => i.ExpireAt, _clock.GetUtcNow().UtcDateTime);
        theirs = scope.Actor.OnlyAssignedTo is null ? theirs : theirs & Builders<Import>.Filter.Eq(i => i.ById, scope.Actor.Id);
        var total = await scope.Db.Imports.CountDocumentsAsync(theirs, null, ct);
        var imports = await scope.Db.Imports.Find(theirs).SortByDescending(i => i.ExpireAt).Skip(paging.Skip).Limit(paging.Limit)
            .Project<Import>(Builders<Import>.Projection.Exclude(i => i.Rows).Exclude(i => i.Errors).Exclude(i => i.Removing)).ToListAsync(ct);
        return new Page<ImportView>([.. imports.Select(i => ImportView.Of(i, dryRun: false))], total, paging);
    }

    /// <summary>The faults of an import as CSV.</summary>
    /// <exception cref="RefusedException">INVALID_ID, IMPORT_NOT_FOUND.</exception>
    public async Task<string> ErrorsCsvAsync(TenantScope scope, string importId, CancellationToken ct)
    {
        var import = await FindAsync(scope, importId, ct);
        var lines = new StringBuilder();
        Csv.Append(lines, ["row", "phone", "field", "message"]);
        foreach (var error in import.Errors)
        {
            Csv.Append(lines, [$"{error.Index + 1}", error.Phone, error.Field, error.Message]);
        }

        return lines.ToString();
    }

    /// <summary>
    /// Undoes an import of the last 24 hours, where nobody has touched the lead since: no change, note, call, message, event or meeting. Once
    /// undone it stays so, and a repeat answers what the first did.
    /// </summary>
    /// <exception cref="RefusedException">INVALID_ID, IMPORT_NOT_FOUND, IMPORT_TOO_OLD.</exception>
    public async Task<RevertView> RevertAsync(TenantScope scope, string importId, CancellationToken ct)
    {
        var import = await FindAsync(scope, importId, ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        if (now - import.CreatedAt > Undoable)
        {
            throw LeadRefusals.ImportTooOld(importId);
        }

        if (import.Reverted is not null)
        {
            return import.Reverted.View;
        }

        var undone = await _undo.RunAsync(scope, import, ct);
        await scope.Db.Imports.UpdateOneAsync(
            i => i.Id == import.Id,
            Builders<Import>.Update.Set(i => i.RevertedAt, now).Set(i => i.Reverted, ImportReverted.Of(undone)).Set(i => i.Rows, []).Set(i => i.Removing, []),
            null,
            ct);
        return undone;
    }

    /// <summary>Leads that were merged cannot become as they were before an import any more: what it remembers of them is only a person's data.</summary>
    internal static Task MergeAsync(TenantScope scope, IReadOnlyList<ObjectId> leads, CancellationToken ct) => scope.Db.Imports.UpdateManyAsync(
        Builders<Import>.Filter.In("rows.leadId", leads), Builders<Import>.Update.PullFilter(i => i.Rows, r => leads.Contains(r.LeadId)), null, ct);

    /// <summary>Forgets what imports remember of a person.</summary>
    /// <returns>How faulty rows had written the person's numbers: kept answers of imports hold them so.</returns>
    internal static async Task<IReadOnlyList<string>> ForgetAsync(TenantScope scope, ObjectId leadId, IReadOnlyCollection<string> phones, CancellationToken ct)
    {
        var faulty = await scope.Db.Imports.Find(Builders<Import>.Filter.In("errors.number", phones)).Project(i => i.Errors).ToListAsync(ct);
        await scope.Db.Imports.UpdateManyAsync(Builders<Import>.Filter.Eq("rows.leadId", leadId),
            Builders<Import>.Update.PullFilter(i => i.Rows, r => r.LeadId == leadId), null, ct);
        // What was remembered before the number was beside it is found where it had been sent as E.164.
        foreach (var field in (string[])["number", "phone"])
        {
            await scope.Db.Imports.UpdateManyAsync(Builders<Import>.Filter.In($"errors.{field}", phones),
                Builders<Import>.Update.PullFilter(i => i.Errors, Builders<ImportFault>.Filter.In(field, phones)), null, ct);
        }

        return [.. faulty.SelectMany(errors => errors).Where(e => e.Number is not null && phones.Contains(e.Number)).Select(e => e.Phone).OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    private static async Task<Import> FindAsync(TenantScope scope, string importId, CancellationToken ct)
    {
        var id = Ids.Parse(importId, "importId");
        var import = await scope.Db.Imports.FindByIdAsync(id, ct);
        return import is not null && (scope.Actor.OnlyAssignedTo is null || import.ById == scope.Actor.Id) ? import : throw LeadRefusals.ImportNotFound(importId);
    }

    /// <summary>Writes a plan in one go; answers the rows that others got in the way of.</summary>
    private async Task<List<ImportRow>> WriteAsync(TenantScope scope, ImportPlan plan, Import import, CancellationToken ct)
    {
        var writes = new List<WriteModel<Lead>>(plan.Made.Count + plan.Changes.Count);
        writes.AddRange(plan.Made.Select(row => new InsertOneModel<Lead>(row.Lead)));
        writes.AddRange(plan.Changes.Select(c => new UpdateOneModel<Lead>(Builders<Lead>.Filter.Where(l => l.Id == c.Before.Id && l.Version == c.Before.Version), c.Update)));
        import.Rows.AddRange(plan.Made.Select(row => new ImportedRow { LeadId = row.Lead.Id, Made = true, Version = 1 }));
        import.Rows.AddRange(plan.Changes.Select(c => new ImportedRow { LeadId = c.Before.Id, Version = c.Before.Edits + 1, Before = c.Old }));
        await scope.Db.Imports.UpdateOneAsync(i => i.Id == import.Id, Builders<Import>.Update.Set(i => i.Rows, import.Rows), null, ct);
        await _outbox.ArmAsync(scope, ct);
        var lost = new HashSet<int>();
        try
        {
            if (writes.Count > 0)
            {
                await scope.Db.Leads.BulkWriteAsync(writes, new BulkWriteOptions { IsOrdered = false }, ct);
            }
        }
        catch (MongoBulkWriteException<Lead> e) when (e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
        {
            lost = [.. e.WriteErrors.Select(w => w.Index)];
        }

        var again = plan.Made.Where((_, at) => lost.Contains(at)).ToList();
        var made = plan.Made.Where((_, at) => !lost.Contains(at)).ToList();
        var changed = plan.Changes;
        if (changed.Count > 0)
        {
            var ids = changed.Select(c => c.Before.Id).ToList();
            var written = (await scope.Db.Leads.Find(l => ids.Contains(l.Id) && l.ImportId == import.Id).Project(l => l.Id).ToListAsync(ct)).ToHashSet();
            again.AddRange(changed.Where(c => !written.Contains(c.Before.Id)).SelectMany(c => c.Rows));
            changed = changed.FindAll(c => written.Contains(c.Before.Id));
            import.Rows.RemoveAll(r => !r.Made && ids.Contains(r.LeadId) && !written.Contains(r.LeadId));
        }

        var gone = again.Select(r => r.Lead.Id).ToHashSet();
        import.Rows.RemoveAll(r => r.Made && gone.Contains(r.LeadId));
        import.Created += made.Count;
        import.Updated += changed.Count;
        foreach (var (lead, before) in made.Select(r => (r.Lead, (string?)null)).Concat(changed.Select(c => (c.After, c.Before.AssignedTo))))
        {
            _outbox.Wake(scope, lead.Id);
            _writes.Tell(scope, lead, "imported", before);
        }

        await _fields.NoteAsync(scope, [.. made.Select(r => (r.Lead.Id, r.Lead.Metadata)), .. changed.Select(c => (c.After.Id, c.After.Metadata))], ct);
        return again;
    }
}
