using System.Text.RegularExpressions;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>What a list of leads is narrowed by, all together, and how it is sorted.</summary>
public sealed record LeadFilter
{
    /// <summary>One status; without it archived leads are left out.</summary>
    public string? Status { get; init; }

    /// <summary>One pipeline.</summary>
    public string? PipelineId { get; init; }

    /// <summary>One stage.</summary>
    public string? StageId { get; init; }

    /// <summary>One source; <c>unknown</c> finds leads without one too.</summary>
    public string? Source { get; init; }

    /// <summary>As <see cref="AssignedTo"/>: assigned to nobody.</summary>
    public const string Nobody = "none";

    /// <summary>One person; <see cref="Nobody"/> finds leads assigned to nobody.</summary>
    public string? AssignedTo { get; init; }

    /// <summary>Comma-separated tags a lead must all have.</summary>
    public string? Tags { get; init; }

    /// <summary>The lowest score, 0–100.</summary>
    public int? MinScore { get; init; }

    /// <summary>The highest score, 0–100.</summary>
    public int? MaxScore { get; init; }

    /// <summary>Made from this day (in the tenant's zone) or moment on.</summary>
    public string? CreatedFrom { get; init; }

    /// <summary>Made up to this day or moment, inclusive.</summary>
    public string? CreatedTo { get; init; }

    /// <summary>Won or lost from this day or moment on.</summary>
    public string? ClosedFrom { get; init; }

    /// <summary>Won or lost up to this day or moment, inclusive.</summary>
    public string? ClosedTo { get; init; }

    /// <summary>Open at the end of this day, or at this moment.</summary>
    public string? OpenOn { get; init; }

    /// <summary>In the stage they are in since this day or moment at the latest: where nothing moves.</summary>
    public string? InStageSince { get; init; }

    /// <summary>
    /// Whether somebody has to answer: the lead's conversation is open and the contact wrote last (true), or not (false). Of the conversations that
    /// wait, the 10,000 newest are looked at.
    /// </summary>
    public bool? NeedsReply { get; init; }

    /// <summary>Comma-separated stages; a lead is or was in one of them at least.</summary>
    public string? BeenIn { get; init; }

    /// <summary>A stage a lead has left, at any time or between <see cref="LeftFrom"/> and <see cref="LeftTo"/>.</summary>
    public string? LeftStageId { get; init; }

    /// <summary>Left <see cref="LeftStageId"/> from this day or moment on.</summary>
    public string? LeftFrom { get; init; }

    /// <summary>Left <see cref="LeftStageId"/> up to this day or moment, inclusive.</summary>
    public string? LeftTo { get; init; }

    /// <summary>Beginnings of words of name, e-mail and deal title, or part of the phone number.</summary>
    public string? Search { get; init; }

    /// <summary>The reference <c>appointmentId</c>.</summary>
    public string? AppointmentId { get; init; }

    /// <summary>The reference <c>bookingId</c>.</summary>
    public string? BookingId { get; init; }

    /// <summary>The reference <c>orderId</c>.</summary>
    public string? OrderId { get; init; }

    /// <summary>score, createdAt, updatedAt, dealValue or lastContactedAt; createdAt when absent.</summary>
    public string? SortBy { get; init; }

    /// <summary>asc or desc; desc when absent.</summary>
    public string? SortDir { get; init; }
}

/// <summary>Finds leads.</summary>
public sealed class LeadSearch
{
    /// <summary>What reports call the source of a lead that has none.</summary>
    internal const string UnknownSource = "unknown";

    private const int MostWaiting = 10_000;

    private static readonly string[] SortFields = ["score", "createdAt", "updatedAt", "dealValue", "lastContactedAt"];
    private static readonly FilterDefinitionBuilder<Lead> Where = Builders<Lead>.Filter;

    /// <summary>What lists do not show is not read.</summary>
    private static readonly ProjectionDefinition<Lead> ForLists = Builders<Lead>.Projection
        .Exclude(l => l.SearchTerms).Exclude(l => l.StageHistory).Exclude(l => l.ScoreHistory).Exclude(l => l.ScoreBreakdown).Exclude(l => l.Pending).Exclude(l => l.RefKeys);

    private static readonly SortDefinition<Lead> OfCards = Builders<Lead>.Sort.Ascending(l => l.Rank).Ascending(l => l.Id);

    /// <summary>One page of the leads that match.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<Page<LeadView>> ListAsync(TenantScope scope, LeadFilter filter, Paging paging, CancellationToken ct)
    {
        var matching = scope.VisibleLeads() & await ReadAsync(scope, filter, ct);
        return await PageAsync(scope, matching, Sort(filter), paging, ct);
    }

    /// <summary>How many leads match.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID.</exception>
    public async Task<long> CountAsync(TenantScope scope, LeadFilter filter, CancellationToken ct) =>
        await scope.Db.Leads.CountDocumentsAsync(scope.VisibleLeads() & await ReadAsync(scope, filter, ct), null, ct);

    /// <summary>One lead with its pipeline and stage.</summary>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> GetAsync(TenantScope scope, string leadId, CancellationToken ct) =>
        await WholeAsync(scope, await scope.RequireLeadAsync(leadId, ct), ct);

    /// <summary>The lead that carries a reference; the newest where several do.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, LEAD_NOT_FOUND.</exception>
    public async Task<LeadView> ByRefAsync(TenantScope scope, string? field, string? value, CancellationToken ct)
    {
        var check = new Check();
        // As they are: references are kept untrimmed.
        check.That(!string.IsNullOrEmpty(field), "field", "field is required.");
        check.That(!string.IsNullOrEmpty(value), "value", "value is required.");
        check.Throw();
        var (name, wanted) = (field!, value!);
        var lead = await scope.Db.Leads.Find(scope.VisibleLeads() & Ref(name, wanted)).SortByDescending(l => l.Id).FirstOrDefaultAsync(ct)
            ?? throw LeadRefusals.NoSuchRef(name, wanted);
        return await WholeAsync(scope, lead, ct);
    }

    /// <summary>A page of one stage's leads in the order of their cards; archived ones left out.</summary>
    /// <exception cref="RefusedException">INVALID_ID, PIPELINE_NOT_FOUND, STAGE_NOT_FOUND, VALIDATION_ERROR.</exception>
    public async Task<Page<LeadView>> StageAsync(
        TenantScope scope, string pipelineId, string stageId, LeadFilter filter, Paging paging, CancellationToken ct)
    {
        var pipeline = Ids.Parse(pipelineId, "pipelineId");
        var stage = Ids.Parse(stageId, "stageId");
        var found = await scope.Db.Pipelines.FindByIdAsync(pipeline, ct) ?? throw PipelineRefusals.NotFound(pipelineId);
        if (!found.Stages.Exists(s => s.Id == stage))
        {
            throw PipelineRefusals.StageNotFound(stageId);
        }

        return (await StagesAsync(scope, [stage.ToString()], filter, paging, ct)).Values.Single();
    }

    /// <summary>The same page of several stages at once, for who has just read their pipeline: whether there is such a stage is not asked.</summary>
    /// <exception cref="RefusedException">INVALID_ID, VALIDATION_ERROR.</exception>
    public async Task<IReadOnlyDictionary<string, Page<LeadView>>> StagesAsync(
        TenantScope scope, IReadOnlyCollection<string> stageIds, LeadFilter filter, Paging paging, CancellationToken ct)
    {
        var stages = stageIds.Select(id => (Text: id, Id: Ids.Parse(id, "stageId"))).ToList();
        var matching = scope.VisibleLeads() & await ReadAsync(scope, filter with { StageId = null, PipelineId = null }, ct);
        var pages = await Task.WhenAll(stages.Select(async stage =>
            KeyValuePair.Create(stage.Text, await PageAsync(scope, Where.Eq(l => l.StageId, stage.Id) & matching, OfCards, paging, ct))));
        return pages.ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The stage each of some leads is in, by the lead's id; leads that are gone or may not be seen are left out.</summary>
    /// <exception cref="RefusedException">INVALID_ID.</exception>
    public async Task<IReadOnlyDictionary<string, StageView>> StagesOfAsync(TenantScope scope, IReadOnlyCollection<string> leadIds, CancellationToken ct)
    {
        var ids = leadIds.Select(id => Ids.Parse(id, "leadId")).ToList();
        if (ids.Count == 0)
        {
            return new Dictionary<string, StageView>(StringComparer.Ordinal);
        }

        var leads = scope.Db.Leads.Find(scope.VisibleLeads() & Where.In(l => l.Id, ids)).Project(l => new { l.Id, l.StageId }).ToListAsync(ct);
        var pipelines = scope.Db.Pipelines.Find(Builders<Pipeline>.Filter.Empty).ToListAsync(ct);
        await Task.WhenAll(leads, pipelines);
        var stages = (await pipelines).SelectMany(p => p.Stages).DistinctBy(s => s.Id).ToDictionary(s => s.Id, StageView.Of);
        return (await leads).Where(l => stages.ContainsKey(l.StageId)).ToDictionary(l => l.Id.ToString(), l => stages[l.StageId], StringComparer.Ordinal);
    }

    private static async Task<Page<LeadView>> PageAsync(
        TenantScope scope, FilterDefinition<Lead> matching, SortDefinition<Lead> sort, Paging paging, CancellationToken ct)
    {
        var total = scope.Db.Leads.CountDocumentsAsync(matching, null, ct);
        var leads = scope.Db.Leads.Find(matching).Sort(sort).Skip(paging.Skip).Limit(paging.Limit).Project<Lead>(ForLists).ToListAsync(ct);
        await Task.WhenAll(total, leads);
        return new Page<LeadView>([.. (await leads).Select(LeadView.Of)], await total, paging);
    }

    private static async Task<LeadView> WholeAsync(TenantScope scope, Lead lead, CancellationToken ct)
    {
        var pipeline = await scope.Db.Pipelines.FindByIdAsync(lead.PipelineId, ct);
        return LeadView.Of(lead) with
        {
            Pipeline = pipeline is null ? null : PipelineView.Of(pipeline),
            Stage = pipeline?.Stages.Find(s => s.Id == lead.StageId) is { } stage ? StageView.Of(stage) : null,
            ScoreBreakdown = [.. lead.ScoreBreakdown.Select(p => new ScorePartView(p.Rule, p.Score))],
            ScoreHistory = [.. lead.ScoreHistory.AsEnumerable().Reverse().Select(c => new ScoreChangeView(c.At, c.From, c.To, c.Why))],
            OtherPhones = lead.OtherPhones,
        };
    }

    /// <summary>What a filter matches, conversations looked up where it asks for them.</summary>
    internal static async Task<FilterDefinition<Lead>> ReadAsync(TenantScope scope, LeadFilter filter, CancellationToken ct)
    {
        var leads = Read(scope, filter);
        if (filter.NeedsReply is not { } needs)
        {
            return leads;
        }

        var waiting = await scope.Db.Conversations
            .Find(scope.VisibleConversations() & Builders<Conversation>.Filter.Eq(c => c.AwaitsReply, true) & Builders<Conversation>.Filter.Eq(c => c.Status, ConversationStatus.Open))
            .SortByDescending(c => c.LastMessageAt).Limit(MostWaiting).Project(c => c.LeadId).ToListAsync(ct);
        var ids = waiting.OfType<ObjectId>().ToList();
        return leads & (needs ? Where.In(l => l.Id, ids) : Where.Nin(l => l.Id, ids));
    }

    /// <summary>The part of a filter that leads alone decide, checked; without <see cref="LeadFilter.NeedsReply"/>.</summary>
    internal static FilterDefinition<Lead> Read(TenantScope scope, LeadFilter filter)
    {
        var check = new Check();
        check.OneOf(filter.SortBy, "sortBy", SortFields);
        check.OneOf(filter.SortDir, "sortDir", ["asc", "desc"]);
        check.Range(filter.MinScore, "minScore", 0, 100);
        check.Range(filter.MaxScore, "maxScore", 0, 100);
        check.OneOf(filter.Status, "status", (IReadOnlyCollection<string>)EnumWords.All<LeadStatus>());
        var past = LeadPast.Read(check, scope, filter);
        check.Throw();

        var all = new List<FilterDefinition<Lead>>(past)
        {
            EnumWords.Parse<LeadStatus>(filter.Status, "status") is { } status
                ? Where.Eq(l => l.Status, status)
                : Where.In(l => l.Status, [LeadStatus.Open, LeadStatus.Won, LeadStatus.Lost]),
        };
        AddIf(all, Ids.ParseOptional(filter.PipelineId, "pipelineId"), id => Where.Eq(l => l.PipelineId, id));
        AddIf(all, Ids.ParseOptional(filter.StageId, "stageId"), id => Where.Eq(l => l.StageId, id));
        AddIf(all, filter.MinScore, score => Where.Gte(l => l.Score, score));
        AddIf(all, filter.MaxScore, score => Where.Lte(l => l.Score, score));
        AddIf(all, filter.Source, source => source == UnknownSource ? Where.In(l => l.Source, [source, null]) : Where.Eq(l => l.Source, source));
        AddIf(all, filter.AssignedTo, name => Where.Eq(l => l.AssignedTo, name == LeadFilter.Nobody ? null : name));
        AddIf(all, filter.AppointmentId, value => Ref("appointmentId", value));
        AddIf(all, filter.BookingId, value => Ref("bookingId", value));
        AddIf(all, filter.OrderId, value => Ref("orderId", value));
        if (filter.Tags?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } tags)
        {
            all.Add(Where.All(l => l.Tags, tags));
        }

        if (!string.IsNullOrWhiteSpace(filter.Search))
        {
            var terms = LeadTerms.Query(filter.Search);
            all.AddRange(terms.Select(term => Where.Regex("searchTerms", new BsonRegularExpression("^" + Regex.Escape(term)))));
            if (terms.Count == 0)
            {
                // Nothing but separators: no lead has that.
                all.Add(Where.In(l => l.Id, []));
            }
        }

        return Where.And(all);
    }

    internal static SortDefinition<Lead> Sort(LeadFilter filter)
    {
        var field = filter.SortBy ?? "createdAt";
        var sort = Builders<Lead>.Sort;
        // Ties by id, so that a page boundary never shows a lead twice.
        return filter.SortDir == "asc" ? sort.Ascending(field).Ascending("_id") : sort.Descending(field).Descending("_id");
    }

    private static FilterDefinition<Lead> Ref(string field, string value) => Where.AnyEq(l => l.RefKeys, LeadTerms.RefKey(field, value));

    private static void AddIf<T>(List<FilterDefinition<Lead>> all, T? value, Func<T, FilterDefinition<Lead>> make)
        where T : struct
    {
        if (value is { } present)
        {
            all.Add(make(present));
        }
    }

    private static void AddIf(List<FilterDefinition<Lead>> all, string? value, Func<string, FilterDefinition<Lead>> make)
    {
        if (!string.IsNullOrEmpty(value))
        {
            all.Add(make(value));
        }
    }
}
