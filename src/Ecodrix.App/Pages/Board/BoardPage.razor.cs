using Ecodrix.App.Pages.Leads;
using Ecodrix.Components.Formats;
using Ecodrix.Components.Leads;
using Ecodrix.Components.People;
using Ecodrix.Engine.Analytics;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Board;

/// <summary>The board: a pipeline's leads as cards in columns.</summary>
public sealed partial class BoardPage
{
    private static readonly string[] DrawerKeys = ["ArrowUp", "ArrowDown", "Escape"];

    private string? _shown;
    private string? _focused;

    /// <summary>The pipeline; the default one when absent.</summary>
    [SupplyParameterFromQuery]
    public string? Pipeline { get; set; }

    /// <summary>What cards are searched for.</summary>
    [SupplyParameterFromQuery]
    public string? Search { get; set; }

    /// <summary>Whose cards; <c>none</c> for nobody's.</summary>
    [SupplyParameterFromQuery]
    public string? Owner { get; set; }

    /// <summary>Comma-separated tags; cards that have all of them.</summary>
    [SupplyParameterFromQuery]
    public string? Tags { get; set; }

    /// <summary>Cards of one source.</summary>
    [SupplyParameterFromQuery]
    public string? Source { get; set; }

    /// <summary>The lowest score.</summary>
    [SupplyParameterFromQuery]
    public int? MinScore { get; set; }

    /// <summary>The highest score.</summary>
    [SupplyParameterFromQuery]
    public int? MaxScore { get; set; }

    /// <summary>open: only open deals; reply: only cards whose contact waits for an answer; stale: only open ones that have not moved for long.</summary>
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
    private LeadEdits Edits { get; set; } = null!;

    [Inject]
    private PendingSteps Pending { get; set; } = null!;

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

    [CascadingParameter]
    private MemberNames Names { get; set; } = MemberNames.None;

    private LeadNarrowing Narrowed => new(Owner, Tags, Source, MinScore, MaxScore);

    private IReadOnlyList<Narrowing> Narrowings => [.. Narrowed.InWords(Names, "owner")];

    private bool Filtered => (Search ?? Show) is not null || Narrowings.Count > 0;

    /// <summary>The board as it is, without its filters.</summary>
    private string Unfiltered => Navigation.GetUriWithQueryParameters(Query(new LeadNarrowing()).Append(new("search", null)).Append(new("show", null)).ToDictionary());

    /// <inheritdoc />
    protected override void OnInitialized()
    {
        _ = RereadAsync(LoadAsync, _ => StandsStill(), "lead.updated", "pipeline.updated", "conversation.updated", "message.received");
        _ = RereadAsync(ReadNextAsync, live => live.Mentions(LeadsShown) && StandsStill(), "event.updated");
    }

    /// <inheritdoc />
    protected override async Task OnParametersSetAsync()
    {
        // Opening the drawer changes the address too; the board behind it stays as it is.
        var asked = string.Join('|', Code, Pipeline, Search, Owner, Tags, Source, MinScore, MaxScore, Show);
        if (_shown != asked)
        {
            _shown = asked;
            // The cards stay until others are there; their sums would be wrong.
            (_fresh, _board, _open) = (true, null, null);
            await LoadAsync();
        }
    }

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_focused == LeadId)
        {
            return;
        }

        // The keys are the drawer's while it is open; whoever closes it goes on from the card it was about.
        var (before, now) = (_focused, LeadId);
        _focused = now;
        await (now is not null ? Js.InvokeVoidAsync("ecodrix.focusIn", ".drawer") : Js.InvokeVoidAsync("ecodrix.focus", $"[data-card=\"{before}\"]"));
    }

    private async Task AddAsync(string stageId)
    {
        var parameters = new DialogParameters<NewLeadDialog> { { d => d.Code, Code }, { d => d.PipelineId, _pipeline!.Id }, { d => d.StageId, stageId } };
        var dialog = await Dialogs.ShowAsync<NewLeadDialog>($"Add a lead to {_pipeline.Stages.First(s => s.Id == stageId).Name}", parameters);
        await dialog.Result;
        await LoadAsync();
    }

    private void Open(string? leadId) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("lead", leadId));

    /// <summary>Whether there is a lead above (-1) or below (1) the one in the drawer, in its column.</summary>
    private bool Neighbour(int by) => InDrawer() is (var column, var at) && at + by >= 0 && at + by < Math.Max(column.Total, column.Leads.Count);

    private Task DrawerKeyAsync(string key)
    {
        if (key == "Escape")
        {
            Open(null);
            return Task.CompletedTask;
        }

        return StepDrawerAsync(key == "ArrowUp" ? -1 : 1);
    }

    private async Task StepDrawerAsync(int by)
    {
        if (!Neighbour(by) || InDrawer() is not (var column, var at))
        {
            return;
        }

        if (at + by >= column.Leads.Count)
        {
            await MoreAsync(column.Leads[at].StageId);
        }

        if (column.Leads.ElementAtOrDefault(at + by) is { } next)
        {
            Open(next.Id);
        }
    }

    /// <summary>Where the lead in the drawer is on the board; null when no column shows it.</summary>
    private (Column Column, int At)? InDrawer() =>
        _columns.Values.Select(c => ((Column, int)?)(c, c.Leads.FindIndex(l => l.Id == LeadId))).FirstOrDefault(p => p!.Value.Item2 >= 0);

    private void Go(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrWhiteSpace(value) ? null : value));

    private void NarrowTo(LeadNarrowing wanted) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(Query(wanted)));

    private void TakeOff(Narrowing narrowing) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(narrowing.Names.ToDictionary(name => name, _ => (object?)null)));

    private static Dictionary<string, object?> Query(LeadNarrowing wanted) => new()
    {
        ["owner"] = wanted.Owner,
        ["tags"] = wanted.Tags,
        ["source"] = wanted.Source,
        ["minScore"] = wanted.MinScore,
        ["maxScore"] = wanted.MaxScore,
    };
}
