using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using MongoDB.Driver;

namespace Ecodrix.Engine.Timeline;

/// <summary>Which activities are wanted, all together.</summary>
public sealed record ActivityFilter
{
    /// <summary>From this day (in the tenant's zone) or moment on.</summary>
    public string? From { get; init; }

    /// <summary>Up to this day or moment, inclusive.</summary>
    public string? To { get; init; }

    /// <summary>Who did it: a name as it is shown, or the e-mail address of a member.</summary>
    public string? PerformedBy { get; init; }

    /// <summary>One pipeline, as the lead was in it then.</summary>
    public string? PipelineId { get; init; }

    /// <summary>One kind of activity.</summary>
    public string? Type { get; init; }

    /// <summary>Whether only what people did counts: calls, meetings, messages and notes, not what the platform noted by itself.</summary>
    public bool? ByPeople { get; init; }

    /// <summary>The id of an activity of the list: only those that come after it, whatever has been entered since.</summary>
    public string? Before { get; init; }
}

/// <summary>An activity of some lead.</summary>
/// <param name="Entry">What happened.</param>
/// <param name="LeadName">The lead's name; null when it is gone, or not to be seen any more.</param>
public sealed record FeedEntry(TimelineEntryView Entry, string? LeadName);

/// <summary>What happened with all leads, newest first.</summary>
public sealed class ActivityFeed
{
    private static readonly FilterDefinitionBuilder<Activity> Where = Builders<Activity>.Filter;
    private static readonly ActivityType[] Work = [ActivityType.Call, ActivityType.Meeting, ActivityType.Email, ActivityType.Whatsapp, ActivityType.NoteAdded, ActivityType.Custom];
    private static readonly ActorKind[] People = [ActorKind.Agent, ActorKind.Staff, ActorKind.ApiKey];

    private readonly Members _members;

    internal ActivityFeed(Members members) => _members = members;

    /// <summary>
    /// A page of activities and notes. Who is limited to their own sees what they did, and of a lead that was given to somebody else since
    /// only that it was something.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, ACTIVITY_NOT_FOUND.</exception>
    public async Task<Page<FeedEntry>> ListAsync(TenantScope scope, ActivityFilter filter, Paging paging, CancellationToken ct)
    {
        var check = new Check();
        var range = DateRange.Read(check, filter.From, filter.To, scope.Settings.TimeZone, "from", "to");
        check.OneOf(filter.Type, "type", (IReadOnlyCollection<string>)EnumWords.All<ActivityType>());
        check.Throw();
        // A bound even where none was asked for: the list is a range of the index, never the whole collection.
        var which = scope.VisibleActivities() & (range with { From = range.From ?? DateTime.UnixEpoch }).On<Activity>(a => a.At);
        which = Ids.ParseOptional(filter.PipelineId, "pipelineId") is { } pipeline ? which & Where.Eq(a => a.PipelineId, pipeline) : which;
        which = EnumWords.Parse<ActivityType>(filter.Type, "type") is { } type ? which & Where.Eq(a => a.Type, type) : which;
        which = filter.ByPeople is true ? which & ByPeople : which;
        which = string.IsNullOrWhiteSpace(filter.PerformedBy) ? which : which & Where.In(a => a.PerformedBy, await NamesAsync(scope, filter.PerformedBy.Trim(), ct));

        var total = await scope.Db.Activities.CountDocumentsAsync(which, null, ct);
        which = string.IsNullOrEmpty(filter.Before) ? which : which & await TimelinePlaces.AfterAsync(scope, filter.Before, scope.VisibleActivities(), ct);
        var entries = await scope.Db.Activities.Find(which).Sort(Builders<Activity>.Sort.Descending(a => a.At).Descending(a => a.Id)).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        var ids = entries.Select(e => e.LeadId).Distinct().ToList();
        var leads = await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.In(l => l.Id, ids)).Project(l => new { l.Id, l.FirstName, l.LastName }).ToListAsync(ct);
        var names = leads.ToDictionary(l => l.Id, l => string.IsNullOrEmpty(l.LastName) ? l.FirstName : $"{l.FirstName} {l.LastName}");
        return new Page<FeedEntry>([.. entries.Select(e => Show(scope, e, names.GetValueOrDefault(e.LeadId)))], total, paging);
    }

    /// <summary>What people did themselves, by hand or through their own systems.</summary>
    internal static FilterDefinition<Activity> ByPeople { get; } = Where.In(a => a.Type, Work) & Where.In(a => a.ActorKind, People) & Where.Ne(a => a.Noted, true);

    private static FeedEntry Show(TenantScope scope, Activity entry, string? name)
    {
        var view = TimelineEntryView.Of(entry);
        return name is null && scope.Actor.OnlyAssignedTo is not null ? new FeedEntry(view with { Title = "A lead of somebody else's", Body = null, Data = [] }, null) : new FeedEntry(view, name);
    }

    /// <summary>A member's e-mail address stands for their name too: entries carry the name of who was signed in.</summary>
    private async Task<IReadOnlyList<string>> NamesAsync(TenantScope scope, string who, CancellationToken ct) =>
        [who, .. (await _members.ListAsync(scope, ct)).Where(p => string.Equals(p.Email, who, StringComparison.OrdinalIgnoreCase)).Select(p => p.Name)];
}

/// <summary>Which activities someone may see: the one place that decides it for lists and sums over all leads.</summary>
internal static class ActivityVisibility
{
    extension(TenantScope scope)
    {
        /// <summary>All, or for an agent limited to their own what they did themselves.</summary>
        public FilterDefinition<Activity> VisibleActivities() => scope.Actor.OnlyAssignedTo is { } mine
            ? Builders<Activity>.Filter.In(a => a.PerformedBy, [mine, scope.Actor.Name])
            : Builders<Activity>.Filter.Empty;
    }
}
