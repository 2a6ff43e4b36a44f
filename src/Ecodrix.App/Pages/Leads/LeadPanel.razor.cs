using Ecodrix.App.Pages.Shared;
using Ecodrix.Components.Formats;
using Ecodrix.Components.Leads;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Leads;

/// <summary>One lead with all that belongs to it: where it stands, its timeline, chat, fields, score and events.</summary>
public sealed partial class LeadPanel
{
    private const int PerPage = 25;
    private const int ChatTab = 1;

    private LeadView? _lead;
    private List<TimelineEntryView>? _timeline;
    private long _timelineTotal;
    private Page<EventSummary>? _events;
    private ActivityDraft _draft = new();
    private KeptDraft? _kept;
    private int _tab;
    private bool _news;
    private bool _mayWork;
    private bool _mayErase;
    private string? _notSaved;

    /// <summary>The lead's id.</summary>
    [Parameter, EditorRequired]
    public string LeadId { get; set; } = "";

    /// <summary>Whether its name is the panel's title; not where the page has it already.</summary>
    [Parameter]
    public bool ShowName { get; set; } = true;

    /// <summary>The lead was read: for a title around the panel.</summary>
    [Parameter]
    public EventCallback<LeadView> OnRead { get; set; }

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    [Inject]
    private LeadSearch Search { get; set; } = null!;

    [Inject]
    private LeadEdits Edits { get; set; } = null!;

    [Inject]
    private LeadMoves Moves { get; set; } = null!;

    [Inject]
    private LeadErasure Erasure { get; set; } = null!;

    [Inject]
    private LeadTimeline Timeline { get; set; } = null!;

    [Inject]
    private Notes NotesOf { get; set; } = null!;

    [Inject]
    private ActivityLog Activities { get; set; } = null!;

    [Inject]
    private EventSearch Events { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    private string Name => $"{_lead!.FirstName} {_lead.LastName}".Trim();

    private string DraftKey => $"note:{Code}:{LeadId}";

    /// <inheritdoc />
    protected override void OnInitialized() => _ = RereadAsync(LoadAsync, live => live.Mentions(LeadId), "lead.updated");

    /// <inheritdoc />
    protected override Task OnParametersSetAsync() => LoadAsync();

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender && await Js.KeptAsync<ActivityDraft>(DraftKey) is { IsEmpty: false } kept && _draft.IsEmpty)
        {
            _draft = kept;
            StateHasChanged();
        }
    }

    private async Task LoadAsync()
    {
        var (may, mayErase) = (MayAsync(Permission.Work), MayAsync(Permission.Administer));
        var lead = await ReadAsync((scope, ct) => Search.GetAsync(scope, LeadId, ct));
        if (lead is null)
        {
            StateHasChanged();
            return;
        }

        // The lead is shown before what belongs to it is read.
        (_lead, _mayWork, _mayErase) = (lead, await may, await mayErase);
        await OnRead.InvokeAsync(lead);
        StateHasChanged();
        var page = await TryReadAsync((scope, ct) => Timeline.ListAsync(scope, LeadId, null, Paging.From(1, Math.Clamp(_timeline?.Count ?? 0, PerPage, Paging.MaxLimit)), ct));
        if (page is not null)
        {
            // What lies further up than is read anew stays below it. Were so much new that the page does not reach it, it would leave a gap.
            var older = page.Items is [.., var last] ? (_timeline ?? []).SkipWhile(e => e.Id != last.Id).Skip(1) : [];
            (_timeline, _timelineTotal) = ([.. page.Items, .. older], page.Total);
        }

        StateHasChanged();
        _events = await TryReadAsync((scope, ct) => Events.ListAsync(scope, new EventFilter { LeadId = LeadId }, Paging.From(1, 10), ct)) ?? _events;
        StateHasChanged();
    }

    private Task MoreAsync() => OnceAsync(async () =>
    {
        if (_timeline is not [.., { Id: var last }])
        {
            return;
        }

        var page = await TryReadAsync((scope, ct) => Timeline.ListAsync(scope, LeadId, last, Paging.From(1, PerPage), ct));
        // Only below the one they were asked for: the list may have been read anew meanwhile.
        if (page is not null && _timeline is [.., { Id: var end }] && end == last)
        {
            _timeline = [.. _timeline, .. page.Items];
        }
    });

    private Task LookedAtAsync()
    {
        _news &= _tab != ChatTab;
        return Task.CompletedTask;
    }

    /// <summary>Puts what is written on the timeline; refused, it stays where it was written.</summary>
    private Task AddAsync() => OnceAsync(async () =>
    {
        var draft = _draft;
        var at = draft.At is { } local ? new DateTimeOffset(Format.ToUtc(local), TimeSpan.Zero) : (DateTimeOffset?)null;
        if (await ActAsync((scope, ct) => draft.Kind switch
        {
            ActivityType.NoteAdded => NotesOf.CreateAsync(scope, LeadId, new NewNote { Content = draft.Text }, ct),
            ActivityType.Call => Activities.LogCallAsync(scope, LeadId, new NewCall { DurationMinutes = draft.Minutes, Outcome = draft.Outcome, Summary = draft.Text, OccurredAt = at }, ct),
            _ => Activities.LogAsync(scope, LeadId, new NewActivity { Type = draft.Kind.Word(), Title = TitleOf(draft), Body = draft.Text, OccurredAt = at }, ct),
        }))
        {
            await WriteAsync(new ActivityDraft());
        }
    });

    private static string TitleOf(ActivityDraft draft) =>
        !string.IsNullOrWhiteSpace(draft.About) ? draft.About : draft.Kind == ActivityType.Meeting ? "Meeting" : "E-mail";

    /// <summary>Half a note is kept in the browser: another lead, a restart or a closed tab does not take it away.</summary>
    private async Task WriteAsync(ActivityDraft draft)
    {
        _draft = draft;
        await Js.KeepAsync(DraftKey, draft.IsEmpty ? null : draft);
    }

    private async Task<bool> SaveNoteAsync(string noteId, string text)
    {
        NoteView? saved = null;
        var made = await ActAsync(async (scope, ct) => saved = await NotesOf.EditAsync(scope, noteId, new NoteChanges(text), ct));
        // One further up than is read anew would stay as it was.
        _timeline = saved is null ? _timeline : [.. (_timeline ?? []).Select(e => e.Id == noteId ? e with { Body = saved.Content } : e)];
        return made;
    }

    private async Task DeleteNoteAsync(string noteId)
    {
        if (await Dialogs.SureAsync("Delete this note?", "It goes for everybody, and cannot be brought back.", "Delete the note")
            && await ActAsync((s, ct) => NotesOf.DeleteAsync(s, noteId, ct), "Note deleted"))
        {
            _timeline?.RemoveAll(e => e.Id == noteId);
        }
    }

    private async Task MoveAsync(string stageId)
    {
        var (before, stage) = (_lead!.StageId, _lead.Pipeline?.Stages.FirstOrDefault(s => s.Id == stageId));
        if (stageId != before && await Dialogs.BeforeMoveAsync(_lead, stage) is (true, var reason)
            && await ActAsync((s, ct) => Moves.MoveAsync(s, LeadId, new MoveLead(stageId, Reason: reason), ct)))
        {
            Snackbar.OfferUndo($"{_lead.FirstName} moved to {stage?.Name}", () => InvokeAsync(() => ActAsync((s, ct) => Moves.MoveAsync(s, LeadId, new MoveLead(before), ct), "Moved back")));
        }
    }

    private async Task LoseAsync()
    {
        if (await Dialogs.WhyLostAsync($"Mark {_lead!.FirstName} as lost", _lead.FirstName) is (true, var reason))
        {
            await ConvertAsync("lost", reason);
        }
    }

    private Task<bool> ConvertAsync(string status, string? reason = null) => ActAsync((s, ct) => Moves.ConvertAsync(s, LeadId, new ConvertLead(status, reason), ct), status == "open" ? "Open again" : $"Marked as {status}");

    private async Task SaveAsync(LeadChanges changes) =>
        _notSaved = await ActAsync((s, ct) => Edits.UpdateAsync(s, LeadId, changes, ct), "Saved") ? null : Refusal?.Code ?? "DATABASE_UNAVAILABLE";

    private async Task MergeAsync()
    {
        var dialog = await Dialogs.ShowAsync<MergeDialog>("Merge another lead into this one", new DialogParameters<MergeDialog> { { d => d.Code, Code }, { d => d.LeadId, LeadId }, { d => d.Name, Name } });
        await dialog.Result;
        await LoadAsync();
    }

    /// <summary>Erases the person, as they may ask of a business, and goes where there are others.</summary>
    private async Task EraseAsync()
    {
        ErasureView? gone = null;
        if (await Dialogs.SureAsync(
                $"Erase {Name} for good?",
                "The lead goes with its notes, messages, files and meetings, and with what events, callbacks and broadcasts carry of the person. What is pending is called off. Nobody can bring it back. To put a lead aside, archive it.",
                "Erase for good")
            && await DoAsync(Permission.Administer, async (scope, ct) => gone = await Erasure.EraseAsync(scope, LeadId, confirmed: true, ct)))
        {
            Snackbar.Add(
                gone is { FilesWaiting: > 0 } ? $"Erased. {gone.FilesWaiting} files lie in a bucket that does not answer: they go as soon as it does, and Jobs says what stands in the way." : "Erased",
                gone is { FilesWaiting: > 0 } ? Severity.Warning : Severity.Success);
            Navigation.NavigateTo(AppPaths.Leads(Code));
        }
    }

    private async Task<bool> ActAsync(Func<TenantScope, CancellationToken, Task> change, string? done = null)
    {
        var made = await DoAsync(Permission.Work, change, done);
        await LoadAsync();
        return made;
    }
}
