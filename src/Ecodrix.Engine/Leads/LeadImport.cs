using System.Text;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Brings many leads in at once, and takes them out again.</summary>
public sealed class LeadImport
{
    /// <summary>The most rows at once.</summary>
    public const int MostRows = 1000;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);
    private static readonly TimeSpan Undoable = TimeSpan.FromHours(24);

    private readonly ImportPlanner _planner;
    private readonly LeadFields _fields;
    private readonly LeadWrites _writes;
    private readonly Outbox _outbox;
    private readonly TimeProvider _clock;

    internal LeadImport(ImportPlanner planner, LeadFields fields, LeadWrites writes, Outbox outbox, TimeProvider clock)
    {
        _planner = planner;
        _fields = fields;
        _writes = writes;
        _outbox = outbox;
        _clock = clock;
    }

    /// <summary>
    /// Brings leads in by phone: new ones are made and fire <c>lead_created</c>, of those that are there only the given fields change.
    /// Each row stands alone; a faulty one is left out and reported.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, TOO_MANY_LEADS.</exception>
    public async Task<ImportView> RunAsync(TenantScope scope, ImportRequest request, CancellationToken ct)
    {
        new Check().That(request.Leads is { Count: > 0 }, "leads", "leads must hold 1 to 1000 rows.").Throw();
        var rows = request.Leads!;
        if (rows.Count > MostRows)
        {
            throw LeadRefusals.TooMany(rows.Count, MostRows);
        }

        var now = _clock.GetUtcNow().UtcDateTime;
        var import = new Import { Id = ObjectId.GenerateNewId(), By = scope.Actor.Name, CreatedAt = now, ExpireAt = now + Kept };
        var open = _planner.Check(scope, rows, import);
        if (request.DryRun == true)
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

        import.Errors.AddRange(open.Select(r => new ImportFault { Index = r.Index, Phone = r.Lead.Phone, Field = "phone", Message = "The lead keeps being changed by others. Try this row again." }));
        import.Failed = import.Errors.Select(e => e.Index).Distinct().Count();
        await scope.Db.Imports.ReplaceOneAsync(i => i.Id == import.Id, import, (ReplaceOptions?)null, ct);
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
        return await RunAsync(scope, new ImportRequest { Leads = rows, DryRun = dryRun }, ct) with { Mapping = used };
    }

    /// <summary>An import of the last seven days.</summary>
    /// <exception cref="RefusedException">INVALID_ID, IMPORT_NOT_FOUND.</exception>
    public async Task<ImportView> GetAsync(TenantScope scope, string importId, CancellationToken ct) => ImportView.Of(await FindAsync(scope, importId, ct), dryRun: false);

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

    /// <summary>Undoes an import of the last 24 hours, where nobody has touched the lead since.</summary>
    /// <exception cref="RefusedException">INVALID_ID, IMPORT_NOT_FOUND, IMPORT_TOO_OLD.</exception>
    public async Task<RevertView> RevertAsync(TenantScope scope, string importId, CancellationToken ct)
    {
        var import = await FindAsync(scope, importId, ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        if (now - import.CreatedAt > Undoable)
        {
            throw LeadRefusals.ImportTooOld(importId);
        }

        var (removed, restored) = (0, 0);
        foreach (var batch in import.Rows.Chunk(500))
        {
            var made = batch.Where(r => r.Made).Select(r => r.LeadId).ToList();
            // Version 1 is what an import makes; a call logged since counts as touched too.
            var untouched = await scope.Db.Leads.Find(l => made.Contains(l.Id) && l.Version == 1 && l.LastContactedAt == null).Project(l => l.Id).ToListAsync(ct);
            removed += (int)(await scope.Db.Leads.DeleteManyAsync(l => untouched.Contains(l.Id) && l.Version == 1, ct)).DeletedCount;
            await scope.Db.Activities.DeleteManyAsync(a => untouched.Contains(a.LeadId), ct);
            restored += await RestoreAsync(scope, [.. batch.Where(r => !r.Made)], now, ct);
        }

        await scope.Db.Imports.UpdateOneAsync(i => i.Id == import.Id, Builders<Import>.Update.Set(i => i.RevertedAt, now).Set(i => i.Rows, []), null, ct);
        return new RevertView(removed, restored, import.Rows.Count - removed - restored);
    }

    /// <summary>Forgets what imports remember of a person.</summary>
    internal static async Task ForgetAsync(TenantScope scope, ObjectId leadId, IReadOnlyCollection<string> phones, CancellationToken ct)
    {
        await scope.Db.Imports.UpdateManyAsync(Builders<Import>.Filter.Eq("rows.leadId", leadId),
            Builders<Import>.Update.PullFilter(i => i.Rows, r => r.LeadId == leadId), null, ct);
        await scope.Db.Imports.UpdateManyAsync(Builders<Import>.Filter.In("errors.phone", phones),
            Builders<Import>.Update.PullFilter(i => i.Errors, Builders<ImportFault>.Filter.In(e => e.Phone, phones)), null, ct);
    }

    private static async Task<Import> FindAsync(TenantScope scope, string importId, CancellationToken ct)
    {
        var id = Ids.Parse(importId, "importId");
        return await scope.Db.Imports.FindByIdAsync(id, ct) ?? throw LeadRefusals.ImportNotFound(importId);
    }

    private async Task<int> RestoreAsync(TenantScope scope, List<ImportedRow> rows, DateTime now, CancellationToken ct)
    {
        var writes = rows.Select(row => new UpdateOneModel<Lead>(
            Builders<Lead>.Filter.Where(l => l.Id == row.LeadId && l.Version == row.Version),
            Pending.Add(
                Pending.Join([Builders<Lead>.Update.Inc(l => l.Version, 1).Set(l => l.UpdatedAt, now),
                    .. row.Before!.Select(f => f.Value.IsBsonNull ? Builders<Lead>.Update.Unset(f.Name) : Builders<Lead>.Update.Set(f.Name, f.Value))]),
                Outbox.Change(scope, now, ActivityType.Imported, "Import undone", null, null)))).ToList();
        if (writes.Count == 0)
        {
            return 0;
        }

        await _outbox.ArmAsync(scope, ct);
        var result = await scope.Db.Leads.BulkWriteAsync(writes, new BulkWriteOptions { IsOrdered = false }, ct);
        rows.ForEach(r => _outbox.Wake(scope, r.LeadId));
        return (int)result.ModifiedCount;
    }

    /// <summary>Writes a plan in one go; answers the rows that others got in the way of.</summary>
    private async Task<List<ImportRow>> WriteAsync(TenantScope scope, ImportPlan plan, Import import, CancellationToken ct)
    {
        var writes = new List<WriteModel<Lead>>(plan.Made.Count + plan.Changes.Count);
        writes.AddRange(plan.Made.Select(row => new InsertOneModel<Lead>(row.Lead)));
        writes.AddRange(plan.Changes.Select(c => new UpdateOneModel<Lead>(Builders<Lead>.Filter.Where(l => l.Id == c.Before.Id && l.Version == c.Before.Version), c.Update)));
        import.Rows.AddRange(plan.Made.Select(row => new ImportedRow { LeadId = row.Lead.Id, Made = true, Version = 1 }));
        import.Rows.AddRange(plan.Changes.Select(c => new ImportedRow { LeadId = c.Before.Id, Version = c.Before.Version + 1, Before = c.Old }));
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
        }

        var gone = again.Select(r => r.Lead.Id).ToHashSet();
        import.Rows.RemoveAll(r => r.Made && gone.Contains(r.LeadId));
        import.Created += made.Count;
        import.Updated += changed.Count;
        foreach (var lead in made.Select(r => r.Lead).Concat(changed.Select(c => c.Before)))
        {
            _outbox.Wake(scope, lead.Id);
            _writes.Tell(scope, lead, "imported");
        }

        foreach (var row in made)
        {
            await _fields.NoteAsync(scope, row.Lead.Metadata, ct);
        }

        return again;
    }
}

/// <summary>A row that is in order.</summary>
internal sealed record ImportRow(int Index, NewLead Sent, Lead Lead);

/// <summary>A lead that is there, and what rows of the import make of it.</summary>
internal sealed record ImportChange(Lead Before, List<ImportRow> Rows, UpdateDefinition<Lead> Update, BsonDocument Old);

/// <summary>What an import is going to write.</summary>
internal sealed record ImportPlan(List<ImportRow> Made, List<ImportChange> Changes);

/// <summary>Works out what an import has to write, without a query per row.</summary>
internal sealed class ImportPlanner(LeadIntake intake, PipelineDesign pipelines, ScoreRules scores, Members members)
{
    /// <summary>The rows that are in order; the faults of the others go into the import.</summary>
    public List<ImportRow> Check(TenantScope scope, IReadOnlyList<NewLead> rows, Import import)
    {
        var good = new List<ImportRow>(rows.Count);
        foreach (var (at, row) in rows.Index())
        {
            try
            {
                var check = new Check();
                check.That(!string.IsNullOrWhiteSpace(row.Phone), "phone", "phone is required.");
                var lead = intake.Read(scope, check, row);
                check.Throw();
                good.Add(new ImportRow(at, row, lead));
            }
            catch (RefusedException refused)
            {
                import.Errors.AddRange((refused.Details as IEnumerable<Fault> ?? [new Fault("", refused.Message)])
                    .Select(f => new ImportFault { Index = at, Phone = row.Phone, Field = f.Field, Message = f.Message }));
            }
        }

        import.Failed = import.Errors.Select(e => e.Index).Distinct().Count();
        return good;
    }

    public async Task<ImportPlan> PlanAsync(TenantScope scope, List<ImportRow> rows, Import import, DateTime now, CancellationToken ct)
    {
        foreach (var named in rows.Where(r => r.Lead.AssignedTo is not null).GroupBy(r => r.Lead.AssignedTo))
        {
            var owner = await members.AssigneeAsync(scope, named.Key, ct);
            named.ToList().ForEach(r => r.Lead.AssignedTo = owner);
        }

        var phones = rows.Select(r => r.Lead.Phone!).Distinct().ToList();
        var where = Builders<Lead>.Filter;
        var there = await scope.Db.Leads.Find(where.In(l => l.Phone, phones)).ToListAsync(ct);
        there.AddRange(await scope.Db.Leads.Find(where.AnyIn(l => l.OtherPhones, phones)).ToListAsync(ct));
        var byPhone = there.SelectMany(l => l.OtherPhones.Append(l.Phone).OfType<string>().Select(p => (p, l))).DistinctBy(x => x.p).ToDictionary(x => x.p, x => x.l);
        var places = new Dictionary<(string?, string?), Lead?>();
        var made = new Dictionary<string, ImportRow>(StringComparer.Ordinal);
        var changes = new Dictionary<ObjectId, List<ImportRow>>();
        var plan = new ImportPlan([], []);
        foreach (var row in rows)
        {
            if (byPhone.TryGetValue(row.Lead.Phone!, out var known) && !scope.Actor.MaySee(known.AssignedTo))
            {
                import.Errors.Add(new ImportFault { Index = row.Index, Phone = row.Sent.Phone, Field = "phone", Message = "This number belongs to a lead of somebody else, which only its owner or an admin can change." });
                import.Failed++;
            }
            else if (known is not null)
            {
                (changes.TryGetValue(known.Id, out var list) ? list : changes[known.Id] = []).Add(row);
            }
            else if (made.TryGetValue(row.Lead.Phone!, out var earlier))
            {
                Overlay(earlier.Lead, row);
                import.Updated += 1;
            }
            else if (await PlaceAsync(scope, row, places, import, ct))
            {
                made[row.Lead.Phone!] = row;
                plan.Made.Add(row);
            }
        }

        foreach (var row in plan.Made)
        {
            row.Lead.Pending.Clear();
            row.Lead.ImportId = import.Id;
            row.Lead.SearchTerms = LeadTerms.Of(row.Lead);
            row.Lead.RefKeys = LeadTerms.RefKeys(row.Lead.Metadata.Refs);
            await intake.CompleteAsync(scope, row.Lead, "Imported", ct);
        }

        foreach (var (id, list) in changes)
        {
            var before = there.First(l => l.Id == id);
            var change = Change(scope, before, list, import, now);
            plan.Changes.Add(change with { Update = (await scores.WithScoreAsync(scope, before, change.Update, "import", now, ct))! });
        }

        return plan;
    }

    private async Task<bool> PlaceAsync(TenantScope scope, ImportRow row, Dictionary<(string?, string?), Lead?> places, Import import, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(row.Lead.FirstName))
        {
            // With what is known of a contact in a list, the number is the best name there is.
            row.Lead.FirstName = row.Lead.Phone!;
        }

        try
        {
            var key = (row.Sent.PipelineId, row.Sent.StageId);
            if (!places.TryGetValue(key, out var like))
            {
                await pipelines.DefaultAsync(scope, ct);
                await intake.PlaceAsync(scope, row.Lead, key.PipelineId, key.StageId, ct);
                places[key] = row.Lead;
                return true;
            }

            (row.Lead.PipelineId, row.Lead.StageId, row.Lead.Status, row.Lead.ClosedAt) = (like!.PipelineId, like.StageId, like.Status, like.ClosedAt);
            row.Lead.StageHistory = [new StageVisit { StageId = like.StageId, PipelineId = like.PipelineId, EnteredAt = row.Lead.CreatedAt }];
            return true;
        }
        catch (RefusedException refused)
        {
            import.Errors.Add(new ImportFault { Index = row.Index, Phone = row.Sent.Phone, Field = "stageId", Message = refused.Message });
            import.Failed++;
            return false;
        }
    }

    /// <summary>A later row about the same number says the last word on the fields it gives.</summary>
    private static void Overlay(Lead lead, ImportRow row)
    {
        var (sent, read) = (row.Sent, row.Lead);
        lead.FirstName = string.IsNullOrWhiteSpace(sent.FirstName) ? lead.FirstName : read.FirstName;
        lead.LastName = read.LastName ?? lead.LastName;
        lead.Email = read.Email ?? lead.Email;
        lead.Source = read.Source ?? lead.Source;
        lead.DealValue = sent.DealValue is null ? lead.DealValue : read.DealValue;
        lead.DealTitle = read.DealTitle ?? lead.DealTitle;
        lead.AssignedTo = read.AssignedTo ?? lead.AssignedTo;
        lead.Tags = sent.Tags is null ? lead.Tags : read.Tags;
        lead.Metadata = new LeadMetadata { Refs = LeadFacts.Merge(lead.Metadata.Refs, read.Metadata.Refs), Extra = LeadFacts.Merge(lead.Metadata.Extra, read.Metadata.Extra) };
    }

    private static ImportChange Change(TenantScope scope, Lead before, List<ImportRow> rows, Import import, DateTime now)
    {
        var was = before.ToBsonDocument();
        var after = MongoDB.Bson.Serialization.BsonSerializer.Deserialize<Lead>((BsonDocument)was.DeepClone());
        rows.ForEach(row => Overlay(after, row));
        after.SearchTerms = LeadTerms.Of(after);
        after.RefKeys = LeadTerms.RefKeys(after.Metadata.Refs);
        var tags = LeadTags.Change(scope, before, after.Tags, now);
        var becomes = after.ToBsonDocument();
        var old = new BsonDocument();
        var updates = new List<UpdateDefinition<Lead>>
        {
            Pending.Add(
                Builders<Lead>.Update.Set(l => l.ImportId, import.Id).Inc(l => l.Version, 1).Set(l => l.UpdatedAt, now),
                Outbox.Change(scope, now, ActivityType.Imported, $"Changed by an import of {scope.Actor.Name}", null, new BsonDocument("importId", import.Id))),
        };
        foreach (var field in becomes.Where(f => was.GetValue(f.Name, BsonNull.Value) != f.Value))
        {
            old[field.Name] = was.GetValue(field.Name, BsonNull.Value);
            updates.Add(Builders<Lead>.Update.Set(field.Name, field.Value));
        }

        if (tags is not null)
        {
            updates.Add(tags);
        }

        return new ImportChange(before, rows, Pending.Join(updates), old);
    }
}
