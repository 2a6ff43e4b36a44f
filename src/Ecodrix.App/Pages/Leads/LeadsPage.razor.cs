using System.IO.Pipelines;
using System.Text.Json;
using Ecodrix.App.Pages.Shared;
using Ecodrix.Components.Formats;
using Ecodrix.Components.Leads;
using Ecodrix.Components.People;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Leads;

/// <summary>The leads as a table.</summary>
public sealed partial class LeadsPage
{
    /// <summary>A change of more leads than this asks first, whatever it is.</summary>
    private const int AskedFrom = 100;

    private static readonly Column[] Columns =
    [
        new("stage", "Stage"), new("status", "Status"), new("score", "Score", Numeric: true, Sorts: true), new("dealValue", "Value", Numeric: true, Sorts: true), new("source", "Source"),
        new("assignedTo", "Assigned to"), new("tags", "Tags"), new("lastContactedAt", "Last contact", Sorts: true), new("createdAt", "Created", Sorts: true), new("updatedAt", "Updated", Sorts: true),
    ];

    private readonly HashSet<string> _chosen = new(StringComparer.Ordinal);
    private BulkView? _bulk;
    private string? _asked;
    private bool _exporting;
    private HashSet<string> _shown = ["stage", "status", "score", "dealValue", "source", "assignedTo", "tags", "createdAt"];
    private IReadOnlyList<PipelineView> _pipelines = [];
    private Page<LeadView>? _leads;
    private string? _bulkText;
    private string? _mine;
    private bool _everything;
    private bool _mayWork;

    /// <summary>What is searched for.</summary>
    [SupplyParameterFromQuery]
    public string? Search { get; set; }

    /// <summary>One status.</summary>
    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    /// <summary>One pipeline.</summary>
    [SupplyParameterFromQuery]
    public string? PipelineId { get; set; }

    /// <summary>One stage.</summary>
    [SupplyParameterFromQuery]
    public string? StageId { get; set; }

    /// <summary>One source.</summary>
    [SupplyParameterFromQuery]
    public string? Source { get; set; }

    /// <summary>One person.</summary>
    [SupplyParameterFromQuery]
    public string? AssignedTo { get; set; }

    /// <summary>All of these tags.</summary>
    [SupplyParameterFromQuery]
    public string? Tags { get; set; }

    /// <summary>The lowest score.</summary>
    [SupplyParameterFromQuery]
    public int? MinScore { get; set; }

    /// <summary>What it is sorted by.</summary>
    [SupplyParameterFromQuery]
    public string? SortBy { get; set; }

    /// <summary>asc or desc.</summary>
    [SupplyParameterFromQuery]
    public string? SortDir { get; set; }

    /// <summary>The page, from 1.</summary>
    [SupplyParameterFromQuery]
    public int? Page { get; set; }

    [Inject]
    private LeadSearch LeadsOf { get; set; } = null!;

    [Inject]
    private PipelineDesign Design { get; set; } = null!;

    [Inject]
    private LeadBulk Bulk { get; set; } = null!;

    [Inject]
    private RuleDesign Rules { get; set; } = null!;

    [Inject]
    private LeadExport Export { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    [CascadingParameter]
    private MemberNames Names { get; set; } = MemberNames.None;

    private LeadFilter Filter => new()
    {
        Search = Search,
        Status = Status,
        PipelineId = PipelineId,
        StageId = StageId,
        Source = Source,
        AssignedTo = AssignedTo,
        Tags = Tags,
        MinScore = MinScore,
        MaxScore = MaxScore,
        CreatedFrom = CreatedFrom,
        CreatedTo = CreatedTo,
        ClosedFrom = ClosedFrom,
        ClosedTo = ClosedTo,
        OpenOn = OpenOn,
        BeenIn = BeenIn,
        LeftStageId = LeftStageId,
        LeftFrom = LeftFrom,
        LeftTo = LeftTo,
        SortBy = SortBy,
        SortDir = SortDir,
    };

    private bool Filtered => (Search ?? Status ?? PipelineId ?? StageId) is not null || Narrowings.Count > 0 || Page > 1;

    private IEnumerable<(string Pipeline, StageView Stage)> Stages => _pipelines.SelectMany(p => p.Stages.Select(s => (p.Name, s)));

    /// <inheritdoc />
    protected override void OnInitialized() => _ = RereadAsync(LoadAsync, "lead.updated", "job.updated");

    /// <inheritdoc />
    protected override Task OnParametersSetAsync()
    {
        // What was selected was selected among other leads, however one came to these.
        var asked = JsonSerializer.Serialize(Filter, EcodrixJson.Options);
        if (_asked is not null && _asked != asked)
        {
            Unchoose();
        }

        _asked = asked;
        return LoadAsync();
    }

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _shown = await Js.KeptAsync<HashSet<string>>("columns") ?? _shown;
            StateHasChanged();
        }
    }

    private async Task LoadAsync()
    {
        var read = await LatestAsync(async (scope, ct) => Tuple.Create(
            await LeadsOf.ListAsync(scope, Filter, Paging.From(Page), ct), await Design.ListAsync(scope, ct)));
        if (read is not null)
        {
            (_leads, _pipelines) = (read.Item1, read.Item2);
            _mayWork = await MayAsync(Permission.Work);
            _mine ??= (await TryReadAsync(Me.WhoAsync))?.Email;
        }

        StateHasChanged();
    }

    private string? Cell(LeadView lead, string column) => column switch
    {
        "stage" => Stages.FirstOrDefault(s => s.Stage.Id == lead.StageId).Stage?.Name,
        "status" => lead.Status.Word(),
        "score" => Format.Number(lead.Score),
        "dealValue" => Format.Money(lead.DealValue),
        "source" => lead.Source,
        "assignedTo" => Names.Of(lead.AssignedTo),
        "tags" => string.Join(", ", lead.Tags),
        "lastContactedAt" => When(lead.LastContactedAt),
        "createdAt" => When(lead.CreatedAt),
        _ => When(lead.UpdatedAt),
    };

    private string? When(DateTime? at) => at is null ? null : Format.Local(at.Value).ToString("d MMM yyyy", Format.Culture);

    private void Sort(string column) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
    {
        ["sortBy"] = column,
        ["sortDir"] = SortBy == column && SortDir != "asc" ? "asc" : "desc",
        ["page"] = null,
    }));

    private void Go(string name, string? value) => Go(new Dictionary<string, object?> { [name] = string.IsNullOrWhiteSpace(value) ? null : value });

    /// <summary>Puts other filters into the address: what was selected was selected among other leads, and the first page is shown.</summary>
    private void Go(Dictionary<string, object?> query)
    {
        Unchoose();
        query["page"] = null;
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(query));
    }

    private void Choose(string id)
    {
        _everything = false;
        if (!_chosen.Remove(id))
        {
            _chosen.Add(id);
        }
    }

    private void ChoosePage(ChangeEventArgs change)
    {
        _everything = false;
        var ids = _leads!.Items.Select(l => l.Id);
        if (change.Value is true)
        {
            _chosen.UnionWith(ids);
        }
        else
        {
            _chosen.ExceptWith(ids);
        }
    }

    private void Unchoose()
    {
        _chosen.Clear();
        _everything = false;
        _bulkText = null;
    }

    private Task BulkAsync(BulkChange change) => OnceAsync(async () =>
    {
        var count = _everything ? _leads?.Total ?? 0 : _chosen.Count;
        var loses = change.Action == "move" && StageOf(change) is { Stage.IsLost: true };
        if (loses || (count > 1 && change.Action is "move" or "archive") || count > AskedFrom)
        {
            var (title, comes) = ($"{Title(change)} {Format.Number(count)} {(count == 1 ? "lead" : "leads")}", await WhatComesOfItAsync(change));
            var (goes, reason) = loses ? await Dialogs.WhyLostAsync(title, "they", several: true, comes) : (await Dialogs.SureAsync($"{title}?", comes, $"{Title(change)} them"), null);
            if (!goes)
            {
                return;
            }

            change = change with { Reason = reason };
        }

        var started = await DoAsync(Permission.Work, async (scope, ct) =>
            _bulk = await Bulk.StartAsync(scope, _everything ? change with { Filter = Filter } : change with { Ids = [.. _chosen] }, ct));
        if (started)
        {
            Unchoose();
        }
    });

    private static string Title(BulkChange change) => change.Action switch { "move" => "Move", "archive" => "Archive", "assign" => "Assign", _ => "Tag" };

    private (string Id, StageView? Stage) StageOf(BulkChange change) => _pipelines.SelectMany(p => p.Stages.Select(s => (p.Id, Stage: s))).FirstOrDefault(s => s.Stage.Id == change.StageId);

    private async Task<string> WhatComesOfItAsync(BulkChange change)
    {
        if (change.Action == "archive")
        {
            return "They leave all lists, the board and what is counted. They can be taken out of the archive one by one.";
        }

        if (StageOf(change) is not { Stage: { } stage } to)
        {
            return "It is done in the background, lead by lead, and cannot be undone together.";
        }

        var rules = await TryReadAsync((scope, ct) => Rules.ListAsync(scope, Paging.From(1, Paging.MaxLimit), ct));
        var fires = MoveEffects.Of(rules?.Items ?? [], to.Id, stage, null).ToList();
        return $"All of them go to {stage.Name}. " + (rules is null ? "" : fires.Count == 0 ? "No rule listens to that." : $"For each of them these rules may act: {string.Join(", ", fires.Take(6))}.");
    }

    private Task ExportAsync() => OnceAsync(WriteOutAsync);

    private async Task WriteOutAsync()
    {
        var filter = Filter;
        // What is refused is said before a file is begun.
        if (!await DoAsync(Permission.View, (scope, _) => CheckAsync(scope, filter)))
        {
            return;
        }

        _exporting = true;
        try
        {
            await SendOutAsync(filter);
        }
        finally
        {
            _exporting = false;
        }
    }

    private async Task SendOutAsync(LeadFilter filter)
    {
        var pipe = new Pipe();
        using var reader = new DotNetStreamReference(pipe.Reader.AsStream());
        // Written while it is sent: however long the list, little of it is held at a time.
        var writing = WriteAsync(filter, pipe.Writer);
        // As long as it takes, not only the minute that a call has by itself.
        await Js.InvokeVoidAsync("ecodrix.receive", Gone, "leads.csv", "text/csv", reader);
        await Js.InvokeVoidAsync("ecodrix.saveReceived", await writing);
    }

    private Task CheckAsync(TenantScope scope, LeadFilter filter)
    {
        Export.Check(scope, filter);
        return Task.CompletedTask;
    }

    private async Task<bool> WriteAsync(LeadFilter filter, PipeWriter into)
    {
        try
        {
            // Nobody reads it any more where the page is left.
            return await DoAsync(Permission.View, (scope, _) => Export.WriteAsync(scope, filter, into.AsStream(), Gone));
        }
        finally
        {
            // The browser waits for an end, whatever comes. Not with the fault: a stream to the browser that breaks ends the circuit.
            await into.CompleteAsync();
        }
    }

    private async Task AddAsync() => await OpenAsync<NewLeadDialog>("Add a lead");

    private async Task ImportAsync() => await OpenAsync<ImportDialog>("Import leads");

    private async Task OpenAsync<TDialog>(string title)
        where TDialog : ComponentBase
    {
        var dialog = await Dialogs.ShowAsync<TDialog>(title, new DialogParameters { ["Code"] = Code });
        await dialog.Result;
        await LoadAsync();
    }

    private string ViewName()
    {
        var scored = new LeadNarrowing(MinScore: MinScore, MaxScore: MaxScore).InWords(Names, "assignedTo");
        string?[] words =
        [
            Search, Status, Source, AssignedTo == LeadNarrowing.Nobody ? "Unassigned" : Names.Of(AssignedTo), Tags, Stages.FirstOrDefault(s => s.Stage.Id == StageId).Stage?.Name,
            .. scored.Concat(OfLinks).Select(n => n.Text),
        ];
        var name = string.Join(" · ", words.Where(w => !string.IsNullOrEmpty(w)));
        return Texts.Cut(name, 60);
    }

    private async Task ToggleColumnAsync(string key)
    {
        if (!_shown.Remove(key))
        {
            _shown.Add(key);
        }

        await Js.KeepAsync("columns", _shown);
    }

    private sealed record Column(string Key, string Title, bool Numeric = false, bool Sorts = false);
}
