using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Scoring;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>A row that is in order.</summary>
internal sealed record ImportRow(int Index, NewLead Sent, Lead Lead)
{
    /// <summary>Whether it says where in a pipeline the lead is.</summary>
    public bool NamesPlace => (Sent.PipelineId ?? Sent.StageId) is not null;

    /// <summary>The stage it names; null when it names none.</summary>
    public LeadPlace? Place { get; set; }
}

/// <summary>A lead that is there, and what rows of the import make of it.</summary>
internal sealed record ImportChange(Lead Before, Lead After, List<ImportRow> Rows, UpdateDefinition<Lead> Update, BsonDocument Old);

/// <summary>What an import is going to write.</summary>
internal sealed record ImportPlan(List<ImportRow> Made, List<ImportChange> Changes);

/// <summary>Works out what an import has to write, without a query per row.</summary>
internal sealed class ImportPlanner(LeadIntake intake, PipelineDesign pipelines, ScoreRules scores, Members members)
{
    /// <summary>What a move changes of a lead.</summary>
    private static readonly string[] MovedFields = ["pipelineId", "stageId", "stageEnteredAt", "stageHistory", "rank", "status", "archivedFrom", "closedAt", "closeReason", "silentSince"];

    /// <summary>The rows that are in order; the faults of the others go into the import.</summary>
    public List<ImportRow> Check(TenantScope scope, IReadOnlyList<ImportSent> rows, Import import)
    {
        var good = new List<ImportRow>(rows.Count);
        foreach (var (at, row) in rows.Index())
        {
            try
            {
                var check = new Check().AddRange(row.Faults);
                var sent = row.Lead ?? throw RefusedException.Validation(row.Faults);
                check.That(!string.IsNullOrWhiteSpace(sent.Phone), "phone", "phone is required.");
                var lead = intake.Read(scope, check, sent);
                check.Throw();
                good.Add(new ImportRow(at, sent, lead));
            }
            catch (RefusedException refused)
            {
                var number = row.Phone is null ? null : Kernel.PhoneNumbers.Normalise(row.Phone, scope.Settings.Country);
                import.Errors.AddRange((refused.Details as IEnumerable<Fault> ?? [new Fault("", refused.Message)])
                    .Select(f => new ImportFault { Index = at, Phone = row.Phone, Number = number, Field = f.Field, Message = f.Message }));
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

        // In every writing: WhatsApp knows some countries' numbers by another one than their owners.
        var phones = ContactNumbers.AllVariants(rows.Select(r => r.Lead.Phone!));
        var where = Builders<Lead>.Filter;
        var there = await scope.Db.Leads.Find(where.In(l => l.Phone, phones)).ToListAsync(ct);
        there.AddRange(await scope.Db.Leads.Find(where.AnyIn(l => l.OtherPhones, phones)).ToListAsync(ct));
        var byPhone = there.SelectMany(l => l.OtherPhones.Append(l.Phone).OfType<string>().Select(p => (p, l))).DistinctBy(x => x.p).ToDictionary(x => x.p, x => x.l);
        var places = new Dictionary<(string?, string?), (LeadPlace? Place, Fault? Fault)>();
        var made = new Dictionary<string, ImportRow>(StringComparer.Ordinal);
        var changes = new Dictionary<ObjectId, List<ImportRow>>();
        var plan = new ImportPlan([], []);
        foreach (var row in rows)
        {
            if (row.NamesPlace && !await FindPlaceAsync(scope, row, places, import, ct))
            {
                continue;
            }

            var known = ContactNumbers.Among(byPhone, row.Lead.Phone!).FirstOrDefault();
            if (known is not null && !scope.Actor.MaySee(known.AssignedTo))
            {
                import.Errors.Add(new ImportFault { Index = row.Index, Phone = row.Sent.Phone, Number = row.Lead.Phone, Field = "phone", Message = "This number belongs to a lead of somebody else, which only its owner or an admin can change." });
                import.Failed++;
            }
            else if (known is not null)
            {
                (changes.TryGetValue(known.Id, out var list) ? list : changes[known.Id] = []).Add(row);
            }
            else if (ContactNumbers.Among(made, row.Lead.Phone!).FirstOrDefault() is { } earlier)
            {
                Overlay(earlier.Lead, row);
                Moved(earlier.Lead, row.NamesPlace ? row : null)?.Place!.Begin(earlier.Lead);
                import.Updated += 1;
            }
            else if (row.Place is not null || await FindPlaceAsync(scope, row, places, import, ct))
            {
                // With what is known of a contact in a list, the number is the best name there is.
                row.Lead.FirstName = string.IsNullOrEmpty(row.Lead.FirstName) ? row.Lead.Phone! : row.Lead.FirstName;
                row.Place!.Begin(row.Lead);
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
            var place = list.FindLast(r => r.Place is not null);
            var from = await scope.KnownPipelineAsync(before.PipelineId, before.StageId, ct);
            var change = Change(scope, before, list, Moved(before, place)?.Place, from?.Stages.Find(s => s.Id == before.StageId)?.Name, import, now);
            plan.Changes.Add(change with { Update = (await scores.WithScoreAsync(scope, before, change.Update, "import", now, ct))! });
        }

        return plan;
    }

    /// <summary>Finds the stage a row names, or the one newcomers begin in; a fault of the row when there is none. Looked for once, however many rows name it.</summary>
    private async Task<bool> FindPlaceAsync(
        TenantScope scope, ImportRow row, Dictionary<(string?, string?), (LeadPlace? Place, Fault? Fault)> places, Import import, CancellationToken ct)
    {
        var (pipelineId, stageId) = (row.Sent.PipelineId, row.Sent.StageId);
        if (!places.TryGetValue((pipelineId, stageId), out var found))
        {
            try
            {
                await pipelines.DefaultAsync(scope, ct);
                found.Place = await intake.FindPlaceAsync(scope, pipelineId, stageId, ct);
            }
            catch (RefusedException refused)
            {
                var field = (refused.Details as IEnumerable<Fault>)?.FirstOrDefault()?.Field ?? (stageId is null ? "pipelineId" : "stageId");
                found.Fault = new Fault(field, refused.Message);
            }

            places[(pipelineId, stageId)] = found;
        }

        row.Place = found.Place;
        if (found.Fault is { } fault)
        {
            import.Errors.Add(new ImportFault { Index = row.Index, Phone = row.Sent.Phone, Number = row.Lead.Phone, Field = fault.Field, Message = fault.Message });
            import.Failed++;
        }

        return found.Place is not null;
    }

    /// <summary>The row that moves a lead; null where it is there already: of a pipeline alone, in whatever stage.</summary>
    private static ImportRow? Moved(Lead lead, ImportRow? row) =>
        row is null || (row.Sent.StageId is null ? lead.PipelineId == row.Place!.Pipeline.Id : lead.StageId == row.Place!.Stage.Id) ? null : row;

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

    private static ImportChange Change(TenantScope scope, Lead before, List<ImportRow> rows, LeadPlace? place, string? from, Import import, DateTime now)
    {
        var was = before.ToBsonDocument();
        var after = MongoDB.Bson.Serialization.BsonSerializer.Deserialize<Lead>((BsonDocument)was.DeepClone());
        rows.ForEach(row => Overlay(after, row));
        after.SearchTerms = LeadTerms.Of(after);
        after.RefKeys = LeadTerms.RefKeys(after.Metadata.Refs);
        var tags = LeadTags.Change(scope, before, after.Tags, now);
        var becomes = after.ToBsonDocument();
        var old = new BsonDocument("importId", was.GetValue("importId", BsonNull.Value));
        var updates = new List<UpdateDefinition<Lead>>
        {
            Pending.Add(
                Builders<Lead>.Update.Set(l => l.ImportId, import.Id).Inc(l => l.Version, 1).Set(l => l.UpdatedAt, now),
                Outbox.Change(scope, now, ActivityType.Imported, $"Changed by an import of {scope.Actor.Name}", null, new BsonDocument("importId", import.Id))),
        };
        foreach (var field in becomes.Where(f => was.GetValue(f.Name, BsonNull.Value) != f.Value))
        {
            old[field.Name] = was.GetValue(field.Name, BsonNull.Value);
            if (field.Name != "assignedTo")
            {
                updates.Add(Builders<Lead>.Update.Set(field.Name, field.Value));
            }
        }

        if (tags is not null)
        {
            updates.Add(tags);
        }

        // What comes of an assignment, a conversation that goes with its lead, comes of one by import as well.
        if (LeadPatch.Assign(scope, before, after.AssignedTo, now) is { } given)
        {
            updates.Add(given);
        }

        if (place is not null)
        {
            // As somebody who moves it; what it was goes back without a word when the import is undone.
            foreach (var field in MovedFields)
            {
                old[field] = was.GetValue(field, BsonNull.Value);
            }

            updates.Add(LeadStages.Enter(scope, before, from, place.Pipeline, place.Stage, LeadRank.Top(now), now, null, takenUp: true));
            (after.PipelineId, after.StageId) = (place.Pipeline.Id, place.Stage.Id);
        }

        return new ImportChange(before, after, rows, Pending.Join(updates), old);
    }
}
