using System.Globalization;
using Ecodrix.App.Pages.Shared;
using Ecodrix.Components.Formats;
using Ecodrix.Components.People;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Ecodrix.App.Pages.Inbox;

/// <summary>The lead beside its conversation: where it stands, what is worth knowing of it, and what comes next.</summary>
public sealed partial class LeadPane
{
    private const string NotesTab = "Notes";
    private const string TracesTab = "Traces";
    private const int TimelineStep = 25;
    private static readonly string[] Tabs = ["Timeline", NotesTab, TracesTab];

    private LeadView? _lead;
    private IReadOnlyList<TimelineEntryView> _timeline = [];
    private IReadOnlyList<EventSummary> _events = [];
    private string _tab = Tabs[0];
    private PendingStep? _next;
    private bool _none;
    private bool _pricing;

    /// <summary>The conversation whose lead it is.</summary>
    [Parameter, EditorRequired]
    public string ConversationId { get; set; } = "";

    /// <summary>Whether the person may move and change it.</summary>
    [Parameter]
    public bool CanWork { get; set; }

    /// <summary>It shall be closed.</summary>
    [Parameter]
    public EventCallback OnClose { get; set; }

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    [CascadingParameter]
    private MemberNames Names { get; set; } = MemberNames.None;

    [Inject]
    private ConversationSearch Conversations { get; set; } = null!;

    [Inject]
    private LeadSearch Leads { get; set; } = null!;

    [Inject]
    private LeadMoves Moves { get; set; } = null!;

    [Inject]
    private LeadEdits Edits { get; set; } = null!;

    [Inject]
    private LeadTimeline Timeline { get; set; } = null!;

    [Inject]
    private EventSearch Events { get; set; } = null!;

    [Inject]
    private PendingSteps Pending { get; set; } = null!;

    [Inject]
    private EventCancelling Cancelling { get; set; } = null!;

    [Inject]
    private JobControl Jobs { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    /// <inheritdoc />
    protected override async Task OnInitializedAsync()
    {
        _ = RereadAsync(LoadAsync, Concerns, "lead.updated", "event.updated");
        await LoadAsync();
    }

    /// <summary>Whether something that changed is about the lead; a contact that is none yet may become one with any lead.</summary>
    private bool Concerns(LiveEvent live) => _lead is null ? live.Name == "lead.updated" : live.Mentions(_lead.Id);

    private async Task LoadAsync()
    {
        // One answer: the contact's lead, or that it is none.
        var read = await LatestAsync(async (scope, ct) =>
            new Read((await Conversations.GetAsync(scope, ConversationId, ct)).LeadId is { } of ? await Leads.GetAsync(scope, of, ct) : null));
        if (read is null)
        {
            // What is shown stays over a moment without the database; what may no longer be seen goes.
            (_lead, _none) = Fault is null or { Kind: RefusalKind.Unavailable } ? (_lead, _none) : (null, false);
        }
        else
        {
            (_lead, _none) = (read.Lead, read.Lead is null);
        }

        StateHasChanged();
        if (read?.Lead is { Id: var id })
        {
            await BesideAsync(id);
            StateHasChanged();
        }
    }

    /// <summary>Reads what is shown below the lead; what cannot be read is left out.</summary>
    private async Task BesideAsync(string id)
    {
        _timeline = (await TryReadAsync((scope, ct) => Timeline.ListAsync(scope, id, null, Paging.From(1, TimelineStep), ct)))?.Items ?? _timeline;
        if (await TryReadAsync((scope, ct) => Events.ListAsync(scope, new EventFilter { LeadId = id }, Paging.From(1, 10), ct)) is { } events)
        {
            _events = events.Items;
            _next = await TryReadAsync((scope, ct) => Pending.OfLeadAsync(scope, id, 1, ct)) is [var next, ..] ? next : null;
        }
    }

    private async Task CallOffAsync(PendingStep next)
    {
        await DoAsync(
            Permission.Work,
            (scope, ct) => next.ActionId is { } action ? Jobs.CancelAsync(scope, action, ct) : Cancelling.CancelAsync(scope, next.EventId, ct),
            "Called off");
        await LoadAsync();
    }

    private async Task MoveAsync(string stageId)
    {
        var (lead, before) = (_lead!, _lead!.StageId);
        var stage = lead.Pipeline?.Stages.FirstOrDefault(s => s.Id == stageId);
        if (stageId == before || await Dialogs.BeforeMoveAsync(lead, stage) is not (true, var reason))
        {
            return;
        }

        if (await DoAsync(Permission.Work, (scope, ct) => Moves.MoveAsync(scope, lead.Id, new MoveLead(stageId, Reason: reason), ct)))
        {
            Snackbar.OfferUndo($"{lead.FirstName} moved to {stage?.Name}", () => InvokeAsync(async () =>
            {
                await DoAsync(Permission.Work, (scope, ct) => Moves.MoveAsync(scope, lead.Id, new MoveLead(before), ct), "Moved back");
                await LoadAsync();
            }));
        }

        await LoadAsync();
    }

    private async Task TagAsync(TagChanges changes)
    {
        await DoAsync(Permission.Work, (scope, ct) => Edits.TagAsync(scope, _lead!.Id, changes, ct));
        await LoadAsync();
    }

    private async Task PriceAsync(ChangeEventArgs change)
    {
        _pricing = false;
        if (decimal.TryParse(change.Value as string, NumberStyles.Number, CultureInfo.InvariantCulture, out var value))
        {
            await DoAsync(Permission.Work, (scope, ct) => Edits.UpdateAsync(scope, _lead!.Id, new LeadChanges { Version = _lead.Version, DealValue = value }, ct), "Value saved");
            await LoadAsync();
        }
    }

    private sealed record Read(LeadView? Lead);
}
