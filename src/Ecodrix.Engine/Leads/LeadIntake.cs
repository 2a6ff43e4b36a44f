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

/// <summary>Makes leads, one for each phone number whoever asks and however often.</summary>
public sealed class LeadIntake
{
    private readonly PipelineDesign _pipelines;
    private readonly ScoreRules _scores;
    private readonly LeadFields _fields;
    private readonly LeadWrites _writes;
    private readonly Outbox _outbox;
    private readonly Members _members;
    private readonly TimeProvider _clock;

    internal LeadIntake(PipelineDesign pipelines, ScoreRules scores, LeadFields fields, LeadWrites writes, Outbox outbox, Members members, TimeProvider clock)
    {
        _members = members;
        _pipelines = pipelines;
        _scores = scores;
        _fields = fields;
        _writes = writes;
        _outbox = outbox;
        _clock = clock;
    }

    /// <summary>Makes a lead in the given stage, or in the default pipeline's first. Fires <c>lead_created</c>.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="input">The lead.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="token">The same for every attempt at a request: a later one finds what one before a crash made.</param>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, STAGE_NOT_FOUND, PIPELINE_NOT_FOUND, DUPLICATE_PHONE.</exception>
    public async Task<LeadView> CreateAsync(TenantScope scope, NewLead input, CancellationToken ct, string? token = null)
    {
        var check = new Check();
        check.Required(input.FirstName, "firstName", 100);
        check.That(!string.IsNullOrWhiteSpace(input.Phone), "phone", "phone is required.");
        var lead = Read(scope, check, input);
        check.Throw();
        if (token is not null)
        {
            lead.Id = Ids.From("lead", token);
            if (await scope.Db.Leads.FindByIdAsync(lead.Id, ct) is { } made)
            {
                return LeadView.Of(made);
            }
        }

        await PlaceAsync(scope, lead, input.PipelineId, input.StageId, ct);
        if (await ByAnyPhoneAsync(scope, lead.Phone!, ct) is { } known)
        {
            throw LeadRefusals.DuplicatePhone(scope, lead.Phone!, known);
        }

        return LeadView.Of(await InsertAsync(scope, lead, ct)
            ?? throw LeadRefusals.DuplicatePhone(scope, lead.Phone!, await ByAnyPhoneAsync(scope, lead.Phone!, ct)));
    }

    /// <summary>The lead with a phone number, else with an e-mail address; made if there is none and <paramref name="make"/> says so.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="phone">E.164, or null.</param>
    /// <param name="email">Lower-case, or null.</param>
    /// <param name="make">What to make it from when there is none; null makes none.</param>
    /// <param name="id">The id it gets when made, so that a repeat finds it.</param>
    /// <param name="ct">Cancels.</param>
    internal async Task<FoundLead?> FindOrMakeAsync(TenantScope scope, string? phone, string? email, NewLead? make, ObjectId id, CancellationToken ct)
    {
        var found = await FindAsync(scope, phone, email, ct);
        if (found is not null)
        {
            return new FoundLead(await ReopenAsync(scope, found, ct), false);
        }

        if (make is null)
        {
            return null;
        }

        var lead = await UnwrittenAsync(scope, phone, email, make, place: true, ct);
        lead.Id = id;
        if (await InsertAsync(scope, lead, ct) is { } made)
        {
            return new FoundLead(made, true);
        }

        // Somebody made it in between: another trigger, or this one before a crash.
        var other = await scope.Db.Leads.FindByIdAsync(id, ct) ?? await FindAsync(scope, phone, email, ct);
        return other is null ? null : new FoundLead(other, other.Id == id);
    }

    /// <summary>Makes leads of people none of whom is known, all at once.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="people">The id each gets, and what to make it from; each with another number.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Those that were made: one whose number has a lead after all is not among them.</returns>
    internal async Task<IReadOnlyList<Lead>> MakeManyAsync(TenantScope scope, IReadOnlyList<(ObjectId Id, NewLead Input)> people, CancellationToken ct)
    {
        var leads = new List<Lead>(people.Count);
        foreach (var (id, input) in people)
        {
            var lead = await UnwrittenAsync(scope, input.Phone, input.Email, input, place: true, ct);
            lead.Id = id;
            await CompleteAsync(scope, lead, "Lead created", ct);
            leads.Add(lead);
        }

        if (leads.Count == 0)
        {
            return leads;
        }

        await _outbox.ArmAsync(scope, ct);
        try
        {
            await scope.Db.Leads.InsertManyAsync(leads, new InsertManyOptions { IsOrdered = false }, ct);
        }
        catch (MongoBulkWriteException<Lead> e) when (e.WriteConcernError is null && e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
        {
            var taken = e.WriteErrors.Select(w => w.Index).ToHashSet();
            leads = [.. leads.Where((_, at) => !taken.Contains(at))];
        }

        foreach (var lead in leads)
        {
            _outbox.Wake(scope, lead.Id);
            _writes.Tell(scope, lead, "created");
        }

        return leads;
    }

    /// <summary>As <see cref="FindOrMakeAsync"/>, but writes nothing: what would be found, opened again or made.</summary>
    internal async Task<FoundLead?> LookAsync(TenantScope scope, string? phone, string? email, NewLead? make, CancellationToken ct)
    {
        if (await FindAsync(scope, phone, email, ct) is { } found)
        {
            if (found.Status == LeadStatus.Archived)
            {
                var pipeline = await scope.Db.Pipelines.FindByIdAsync(found.PipelineId, ct);
                var here = pipeline?.Stages.Find(s => s.Id == found.StageId);
                found.Status = LeadStatus.Open;
                found.StageId = here is not null && LeadStages.Destination(pipeline!, here, LeadStatus.Open) is { } open ? open.Id : found.StageId;
            }

            return new FoundLead(found, false);
        }

        if (make is null)
        {
            return null;
        }

        // The very first use of a tenant makes its default pipeline, and looking is not using.
        var placed = await scope.Db.Pipelines.Find(p => p.IsDefault).AnyAsync(ct);
        var lead = await UnwrittenAsync(scope, phone, email, make, placed, ct);
        await _scores.SetAsync(scope, lead, lead.CreatedAt, ct);
        return new FoundLead(lead, true);
    }

    private async Task<Lead> UnwrittenAsync(TenantScope scope, string? phone, string? email, NewLead make, bool place, CancellationToken ct)
    {
        // What comes with a trigger is data, not a form: a fault in it is left out rather than refusing the event.
        var lead = Read(scope, new Check(), make with { Phone = phone, Email = make.Email ?? email });
        lead.FirstName = lead.FirstName.Length > 0 ? lead.FirstName : phone ?? email!;
        if (place)
        {
            await PlaceAsync(scope, lead, null, null, ct);
        }

        return lead;
    }

    private static async Task<Lead?> FindAsync(TenantScope scope, string? phone, string? email, CancellationToken ct)
    {
        var byPhone = phone is null ? null : await ByAnyPhoneAsync(scope, phone, ct);
        return byPhone is not null || email is null
            ? byPhone
            : await scope.Db.Leads.Find(l => l.Email == email).SortBy(l => l.Id).FirstOrDefaultAsync(ct);
    }

    /// <summary>The lead that has a number, or took it over from a lead merged into it; in any writing, the same one first.</summary>
    internal static async Task<Lead?> ByAnyPhoneAsync(TenantScope scope, string phone, CancellationToken ct)
    {
        var (where, phones) = (Builders<Lead>.Filter, ContactNumbers.Variants(phone));
        var found = await scope.Db.Leads.Find(phones.Count == 1 ? where.Eq(l => l.Phone, phone) : where.In(l => l.Phone, phones)).Limit(4).ToListAsync(ct);
        return found.Find(l => l.Phone == phone) ?? found.FirstOrDefault()
            ?? await scope.Db.Leads.Find(phones.Count == 1 ? where.AnyEq(l => l.OtherPhones, phone) : where.AnyIn(l => l.OtherPhones, phones)).FirstOrDefaultAsync(ct);
    }

    /// <summary>An archived lead that gets in touch is open again, in an open stage.</summary>
    private async Task<Lead> ReopenAsync(TenantScope scope, Lead lead, CancellationToken ct) => lead.Status != LeadStatus.Archived
        ? lead
        : await _writes.ChangeAsync(scope, lead.Id, "status", async (current, now) => current.Status != LeadStatus.Archived
            ? null
            : LeadStages.Become(scope, current, await scope.Db.Pipelines.FindByIdAsync(current.PipelineId, ct), LeadStatus.Open, "got in touch", now), ct);

    internal Lead Read(TenantScope scope, Check check, NewLead input)
    {
        check.Range(input.DealValue, "dealValue", 0, 1_000_000_000_000m);
        var now = _clock.GetUtcNow().UtcDateTime;
        var lead = new Lead
        {
            Id = ObjectId.GenerateNewId(),
            FirstName = check.Text(input.FirstName, "firstName", 100) ?? "",
            LastName = check.Text(input.LastName, "lastName", 100),
            Phone = check.Phone(input.Phone, "phone", scope.Settings.Country),
            Email = check.Email(input.Email, "email"),
            Source = check.Text(input.Source, "source", 100),
            DealValue = input.DealValue is >= 0 and <= 1_000_000_000_000m ? input.DealValue.Value : 0,
            DealTitle = check.Text(input.DealTitle, "dealTitle", 200),
            // Who sees only their own would not find again what they make.
            AssignedTo = check.Text(input.AssignedTo, "assignedTo", 100) ?? scope.Actor.OnlyAssignedTo,
            Tags = LeadTags.Read(check, input.Tags, "tags"),
            Metadata = LeadFacts.ReadMetadata(check, input.Metadata),
            Rank = LeadRank.Top(now),
            SilentSince = now,
            StageEnteredAt = now,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        lead.SearchTerms = LeadTerms.Of(lead);
        lead.RefKeys = LeadTerms.RefKeys(lead.Metadata.Refs);
        return lead;
    }

    private async Task PlaceAsync(TenantScope scope, Lead lead, string? pipelineId, string? stageId, CancellationToken ct) => (await FindPlaceAsync(scope, pipelineId, stageId, ct)).Begin(lead);

    /// <summary>The stage that input names: the given one, or the first open one of the given pipeline, or of the default one.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND, STAGE_NOT_FOUND.</exception>
    internal async Task<LeadPlace> FindPlaceAsync(TenantScope scope, string? pipelineId, string? stageId, CancellationToken ct)
    {
        Pipeline pipeline;
        Stage? stage = null;
        if (stageId is not null)
        {
            var id = Ids.Parse(stageId, "stageId");
            pipeline = await scope.Db.Pipelines.ByStageAsync(id, ct) is { Archived: false } found ? found : throw PipelineRefusals.StageNotFound(stageId);
            stage = pipeline.Stages.Single(s => s.Id == id);
            if (pipelineId is not null && pipeline.Id != Ids.Parse(pipelineId, "pipelineId"))
            {
                throw RefusedException.Validation("stageId", $"Stage {stageId} does not belong to pipeline {pipelineId}.");
            }
        }
        else if (pipelineId is not null)
        {
            var id = Ids.Parse(pipelineId, "pipelineId");
            pipeline = await scope.Db.Pipelines.Find(p => p.Id == id && !p.Archived).FirstOrDefaultAsync(ct) ?? throw PipelineRefusals.NotFound(pipelineId);
        }
        else
        {
            pipeline = await _pipelines.DefaultAsync(scope, ct);
        }

        return new LeadPlace(pipeline, stage ?? pipeline.FirstOpenStage ?? throw PipelineRefusals.StageNotFound(stageId));
    }

    private async Task<Lead?> InsertAsync(TenantScope scope, Lead lead, CancellationToken ct)
    {
        lead.AssignedTo = await _members.AssigneeAsync(scope, lead.AssignedTo, ct);
        await CompleteAsync(scope, lead, "Lead created", ct);
        await _outbox.ArmAsync(scope, ct);
        try
        {
            await scope.Db.Leads.InsertOneAsync(lead, null, ct);
        }
        catch (MongoWriteException e) when (e.WriteError.Category == ServerErrorCategory.DuplicateKey)
        {
            return null;
        }

        _outbox.Wake(scope, lead.Id);
        _writes.Tell(scope, lead, "created");
        await _fields.NoteAsync(scope, lead, ct);
        return lead;
    }

    /// <summary>Writes into a new lead what its making causes: the timeline's first entry, <c>lead_created</c>, its score.</summary>
    internal async Task CompleteAsync(TenantScope scope, Lead lead, string title, CancellationToken ct)
    {
        lead.Pending.Add(Outbox.Change(scope, lead.CreatedAt, ActivityType.LeadCreated, $"{title} by {scope.Actor.Name}", Trigger.LeadCreated,
            new BsonDocument { ["source"] = lead.Source ?? "", ["stageId"] = lead.StageId, ["pipelineId"] = lead.PipelineId }));
        await _scores.SetAsync(scope, lead, lead.CreatedAt, ct);
    }
}

/// <summary>A lead, and whether it was made for the occasion.</summary>
internal sealed record FoundLead(Lead Lead, bool Made);
