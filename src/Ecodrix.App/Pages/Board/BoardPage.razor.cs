using Ecodrix.App.Pages.Leads;
using Ecodrix.App.Pages.Shared;
using Ecodrix.Components.Formats;
using Ecodrix.Engine.Analytics;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Board;

/// <summary>The board: a pipeline's leads as cards in columns.</summary>
public sealed partial class BoardPage
{
    private const int PerColumn = 25;

    private readonly HashSet<string> _folded = new(StringComparer.Ordinal);
    private Dictionary<string, Column> _columns = new(StringComparer.Ordinal);
    private IReadOnlyList<PipelineView>? _pipelines;
    private IReadOnlyList<RuleView> _rules = [];
    private PipelineView? _pipeline;
    private BoardView? _board;
    private ForecastView? _forecast;
    private IReadOnlyDictionary<string, ConversationView> _chats = new Dictionary<string, ConversationView>(StringComparer.Ordinal);
    private Dictionary<string, TimeSpan> _medians = new(StringComparer.Ordinal);
    private string? _mediansOf;
    private LeadView? _dragged;
    private string? _over;
    private long _reply;
    private long _stale;
    private int _staleDays;
    private bool _mayWork;
    private bool _loading;
    private bool _again;

    /// <summary>The pipeline; the default one when absent.</summary>
    [SupplyParameterFromQuery]
    public string? Pipeline { get; set; }

    /// <summary>What cards are searched for.</summary>
    [SupplyParameterFromQuery]
    public string? Search { get; set; }

    /// <summary>Whose cards.</summary>
    [SupplyParameterFromQuery]
    public string? Owner { get; set; }

    /// <summary>reply: only cards whose contact waits for an answer; stale: only open ones that have not moved for long.</summary>
    [SupplyParameterFromQuery]
    public string? Show { get; set; }

    /// <summary>The lead in the drawer.</summary>
    [SupplyParameterFromQuery(Name = "lead")]
    public string? LeadId { get; set; }

    [Inject]
    private PipelineDesign Design { get; set; } = null!;

    [Inject]
    private PipelineFigures Figures { get; set; } = null!;

    [Inject]
    private LeadSearch Leads { get; set; } = null!;

    [Inject]
    private ConversationSearch Conversations { get; set; } = null!;

    [Inject]
    private LeadMoves Moves { get; set; } = null!;

    [Inject]
    private StageTimeReport StageTime { get; set; } = null!;

    [Inject]
    private RuleDesign Rules { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    private LeadFilter Filter => new()
    {
        Search = Search,
        AssignedTo = Owner,
        NeedsReply = Show == "reply" ? true : null,
        Status = Show == "stale" ? "open" : null,
        InStageSince = Show == "stale" ? StaleSince : null,
    };

    /// <summary>Since when a card of an open deal that has not moved counts as stale.</summary>
    private string StaleSince => Moments.Write(Clock.GetUtcNow().UtcDateTime.AddDays(-_staleDays));

    private bool Filtered => (Search ?? Owner ?? Show) is not null;

    private string? _shown;

    /// <inheritdoc />
    protected override void OnInitialized() => _ = RereadAsync(LoadAsync, _ => _dragged is null, "lead.updated", "pipeline.updated", "conversation.updated", "message.received");

    /// <inheritdoc />
    protected override async Task OnParametersSetAsync()
    {
        // Opening the drawer changes the address too; the board behind it stays as it is.
        var asked = $"{Code}|{Pipeline}|{Search}|{Owner}|{Show}";
        if (_shown != asked)
        {
            _shown = asked;
            _columns = new(StringComparer.Ordinal);
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        if (_loading)
        {
            // Changes that come while the board is read are read once more afterwards, together.
            _again = true;
            return;
        }

        _loading = true;
        do
        {
            _again = false;
            await ReadBoardAsync();
        }
        while (_again && !Gone.IsCancellationRequested);
        _loading = false;
        StateHasChanged();
        _ = ReadMediansAsync();
    }

    /// <summary>How long leads stay in each stage: read once for a pipeline, and after its board is shown, so that nobody waits for it.</summary>
    private async Task ReadMediansAsync()
    {
        if (_pipeline is not { } pipeline || _mediansOf == pipeline.Id)
        {
            return;
        }

        (_mediansOf, _medians) = (pipeline.Id, []);
        // A board without them is a board: nothing is said where they cannot be read, and the next reading of the board tries again.
        var rows = await TryReadAsync((scope, ct) => StageTime.GetAsync(scope, new ReportFilter { PipelineId = pipeline.Id, Range = "90d" }, ct));
        if (_mediansOf != pipeline.Id)
        {
            return;
        }

        _mediansOf = rows is null ? null : pipeline.Id;
        _medians = rows?.Where(r => r.Completed > 0).ToDictionary(r => r.StageId, r => TimeSpan.FromHours(r.MedianHours)) ?? [];
        StateHasChanged();
    }

    private async Task ReadBoardAsync()
    {
        var read = await ReadAsync(async (scope, ct) =>
        {
            _staleDays = scope.Settings.StaleDays;
            var pipelines = await Design.ListAsync(scope, ct);
            var pipeline = pipelines.FirstOrDefault(p => p.Id == Pipeline) ?? pipelines[0];
            var board = Figures.BoardAsync(scope, pipeline.Id, Filter, ct);
            var forecast = Figures.ForecastAsync(scope, pipeline.Id, ct);
            var rules = Rules.ListAsync(scope, Paging.From(1, Paging.MaxLimit), ct);
            var reply = Leads.CountAsync(scope, new LeadFilter { PipelineId = pipeline.Id, NeedsReply = true }, ct);
            var stale = Leads.CountAsync(scope, new LeadFilter { PipelineId = pipeline.Id, Status = "open", InStageSince = StaleSince }, ct);
            var columns = pipeline.Stages.Select(async stage => (stage.Id, Column: await ReadColumnAsync(scope, pipeline.Id, stage.Id, ct)));
            return new Read(pipelines, pipeline, await board, await forecast, (await rules).Items, await reply, await stale, (await Task.WhenAll(columns)).ToDictionary(c => c.Id, c => c.Column));
        });
        if (read is null)
        {
            return;
        }

        (_pipelines, _pipeline, _board, _forecast, _rules, _columns) = (read.Pipelines, read.Pipeline, read.Board, read.Forecast, read.Rules, read.Columns);
        (_reply, _stale) = (read.Reply, read.Stale);
        _mayWork = await MayAsync(Permission.Work);
        await ReadChatsAsync(_columns.Values.SelectMany(c => c.Leads));
    }

    /// <summary>What was said last with the leads shown, and what nobody has read yet.</summary>
    private async Task ReadChatsAsync(IEnumerable<LeadView> leads)
    {
        var ids = leads.Select(l => l.Id).ToList();
        _chats = await ReadAsync((scope, ct) => Conversations.OfLeadsAsync(scope, ids, ct)) ?? _chats;
    }

    private async Task<Column> ReadColumnAsync(TenantScope scope, string pipelineId, string stageId, CancellationToken ct)
    {
        // As many cards as were shown before, so that nobody's scroll jumps.
        var wanted = Math.Max(PerColumn, _columns.GetValueOrDefault(stageId)?.Leads.Count ?? 0);
        var column = new Column();
        for (var page = 1; column.Leads.Count < wanted; page++)
        {
            var part = await Leads.StageAsync(scope, pipelineId, stageId, Filter, Paging.From(page, PerColumn), ct);
            column.Leads.AddRange(part.Items);
            column.Total = part.Total;
            if (part.Items.Count < PerColumn)
            {
                break;
            }
        }

        return column;
    }

    private async Task MoreAsync(string stageId)
    {
        if (_columns.GetValueOrDefault(stageId) is not { } column || _pipeline is null)
        {
            return;
        }

        var page = await ReadAsync((scope, ct) => Leads.StageAsync(scope, _pipeline.Id, stageId, Filter, Paging.From((column.Leads.Count / PerColumn) + 1, PerColumn), ct));
        if (page is not null)
        {
            var known = column.Leads.Select(l => l.Id).ToHashSet(StringComparer.Ordinal);
            column.Leads.AddRange(page.Items.Where(l => known.Add(l.Id)));
            column.Total = page.Items.Count == 0 ? column.Leads.Count : page.Total;
            await ReadChatsAsync(_columns.Values.SelectMany(c => c.Leads));
        }
    }

    private async Task DropAsync(string stageId, string? beforeId)
    {
        if (_dragged is { } lead)
        {
            EndDrag();
            if (lead.Id != beforeId)
            {
                await MoveAsync(lead, stageId, beforeId);
            }
        }
    }

    private void EndDrag() => (_dragged, _over) = (null, null);

    private async Task StepAsync(LeadView lead, int by)
    {
        var stages = _pipeline!.Stages.ToList();
        var to = stages.FindIndex(s => s.Id == lead.StageId) + by;
        if (to >= 0 && to < stages.Count && _mayWork)
        {
            await MoveAsync(lead, stages[to].Id, null);
            StateHasChanged();
            await Js.InvokeVoidAsync("ecodrix.focus", $"[data-card=\"{lead.Id}\"]");
        }
    }

    /// <summary>Shows the move at once, makes it, and takes it back where it is refused.</summary>
    private async Task MoveAsync(LeadView lead, string stageId, string? beforeId)
    {
        var from = _columns[lead.StageId];
        var next = from.Leads.ElementAtOrDefault(from.Leads.FindIndex(l => l.Id == lead.Id) + 1)?.Id;
        Place(lead, stageId, beforeId);
        StateHasChanged();
        if (!await DoAsync(Permission.Work, (scope, ct) => Moves.MoveAsync(scope, lead.Id, new MoveLead(stageId, beforeId), ct)))
        {
            await LoadAsync();
            return;
        }

        await LoadAsync();
        if (stageId != lead.StageId)
        {
            OfferUndo(lead, stageId, next);
        }
    }

    private void OfferUndo(LeadView lead, string stageId, string? nextId) =>
        Snackbar.OfferUndo($"{lead.FirstName} moved to {_pipeline!.Stages.First(s => s.Id == stageId).Name}", () => InvokeAsync(async () =>
        {
            await DoAsync(Permission.Work, (scope, ct) => Moves.MoveAsync(scope, lead.Id, new MoveLead(lead.StageId, nextId), ct), "Moved back");
            await LoadAsync();
        }));

    private void Place(LeadView lead, string stageId, string? beforeId)
    {
        var (from, to) = (_columns[lead.StageId], _columns[stageId]);
        from.Leads.RemoveAll(l => l.Id == lead.Id);
        from.Total--;
        var at = beforeId is null ? 0 : to.Leads.FindIndex(l => l.Id == beforeId);
        to.Leads.Insert(Math.Max(at, 0), lead with { StageId = stageId, StageEnteredAt = stageId == lead.StageId ? lead.StageEnteredAt : Clock.GetUtcNow().UtcDateTime });
        to.Total++;
        _board = _board! with
        {
            Stages = [.. _board.Stages.Select(s => s.StageId == stageId && stageId != lead.StageId ? Add(s, 1, lead.DealValue) : s.StageId == lead.StageId && stageId != lead.StageId ? Add(s, -1, -lead.DealValue) : s)],
        };
    }

    private static BoardColumn Add(BoardColumn column, int count, decimal value) => column with
    {
        Count = column.Count + count,
        TotalValue = column.TotalValue + value,
        WeightedValue = (column.TotalValue + value) * column.Probability / 100,
    };

    /// <summary>The rules that would hear of the card entering a stage, or leaving the one it is in.</summary>
    private List<string> Fires(string stageId) => [.. _rules.Where(r => r.Enabled && (
        (r.Trigger == Trigger.StageEnter && Names(r, stageId)) || (r.Trigger == Trigger.StageExit && Names(r, _dragged!.StageId)))).Select(r => r.Name).Take(4)];

    private bool Names(RuleView rule, string stageId) =>
        (rule.TriggerConfig["stageId"]?.ToString() is not { Length: > 0 } stage || stage == stageId)
        && (rule.TriggerConfig["pipelineId"]?.ToString() is not { Length: > 0 } pipeline || pipeline == _pipeline!.Id);

    private async Task FocusAsync(LeadView lead, string key)
    {
        var stages = _pipeline!.Stages.Select(s => s.Id).ToList();
        var (column, row) = (stages.IndexOf(lead.StageId), _columns[lead.StageId].Leads.FindIndex(l => l.Id == lead.Id));
        column += key == "ArrowRight" ? 1 : key == "ArrowLeft" ? -1 : 0;
        row += key == "ArrowDown" ? 1 : key == "ArrowUp" ? -1 : 0;
        // Over empty and folded columns, to the next that has a card.
        while (column >= 0 && column < stages.Count && (_folded.Contains(stages[column]) || _columns[stages[column]].Leads.Count == 0))
        {
            column += key == "ArrowLeft" ? -1 : 1;
        }

        if (column >= 0 && column < stages.Count && row >= 0)
        {
            var cards = _columns[stages[column]].Leads;
            await Js.InvokeVoidAsync("ecodrix.focus", $"[data-card=\"{cards[Math.Min(row, cards.Count - 1)].Id}\"]");
        }
    }

    private void Fold(string stageId)
    {
        if (!_folded.Remove(stageId))
        {
            _folded.Add(stageId);
        }
    }

    private async Task AddAsync(string stageId)
    {
        var parameters = new DialogParameters<NewLeadDialog> { { d => d.Code, Code }, { d => d.PipelineId, _pipeline!.Id }, { d => d.StageId, stageId } };
        var dialog = await Dialogs.ShowAsync<NewLeadDialog>($"Add a lead to {_pipeline.Stages.First(s => s.Id == stageId).Name}", parameters);
        await dialog.Result;
        await LoadAsync();
    }

    private void Open(string? leadId) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("lead", leadId));

    private void Go(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrWhiteSpace(value) ? null : value));

    private sealed class Column
    {
        public List<LeadView> Leads { get; } = [];

        public long Total { get; set; }
    }

    private sealed record Read(
        IReadOnlyList<PipelineView> Pipelines, PipelineView Pipeline, BoardView Board, ForecastView Forecast, IReadOnlyList<RuleView> Rules, long Reply, long Stale, Dictionary<string, Column> Columns);
}
