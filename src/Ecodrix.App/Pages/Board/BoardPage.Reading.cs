using System.Text.Json;
using Ecodrix.Engine.Analytics;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;

namespace Ecodrix.App.Pages.Board;

/// <summary>What the board reads: first the cards, which are shown at once, then what is written on and above them.</summary>
public sealed partial class BoardPage
{
    private const int PerColumn = 25;

    private Dictionary<string, Column> _columns = new(StringComparer.Ordinal);
    private IReadOnlyList<PipelineView>? _pipelines;
    private IReadOnlyList<RuleView> _rules = [];
    private PipelineView? _pipeline;
    private BoardView? _board;
    private BoardView? _open;
    private IReadOnlyDictionary<string, ConversationView> _chats = new Dictionary<string, ConversationView>(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, PendingStep> _next = new Dictionary<string, PendingStep>(StringComparer.Ordinal);
    private Dictionary<string, TimeSpan> _medians = new(StringComparer.Ordinal);
    private string? _mediansOf;
    private string? _mine;
    private long? _reply;
    private long? _stale;
    private int _staleDays;
    private bool _mayWork;
    private bool _none;
    private bool _fresh;
    private bool _loading;
    private bool _again;

    // Counts the beginnings and ends of moves made here.
    private int _moves;

    private LeadFilter Filter => Narrowest with
    {
        NeedsReply = Show == "reply" ? true : null,
        Status = Show is "stale" or "open" ? "open" : null,
        InStageSince = Show == "stale" ? StaleSince : null,
    };

    /// <summary>The filter without "needs reply" and "stale", which are counted within it.</summary>
    private LeadFilter Narrowest => new() { Search = Search, AssignedTo = Owner, Tags = Tags, Source = Source, MinScore = MinScore, MaxScore = MaxScore };

    /// <summary>Since when a card of an open deal that has not moved counts as stale.</summary>
    private string StaleSince => Moments.Write(Clock.GetUtcNow().UtcDateTime.AddDays(-_staleDays));

    private async Task LoadAsync()
    {
        if (_loading)
        {
            // Changes that come while the board is read are read once more afterwards, together.
            _again = true;
            return;
        }

        _loading = true;
        try
        {
            var since = Since;
            do
            {
                _again = false;
                if (await ReadCardsAsync(since))
                {
                    await ReadFiguresAsync(_pipeline!.Id, since);
                    _none = Filtered && _board is { Count: 0 };
                }

                since = Since;
            }
            while (_again && !Gone.IsCancellationRequested);
        }
        finally
        {
            _loading = false;
        }

        StateHasChanged();
        _ = ReadMediansAsync();
    }

    /// <summary>The columns that are not folded, shown as soon as they are there. Which ones those are the browser tells meanwhile.</summary>
    private async Task<bool> ReadCardsAsync(long since)
    {
        var folds = _folds is null ? Js.KeptAsync<Dictionary<string, bool>>(FoldsKey) : Task.FromResult<Dictionary<string, bool>?>(_folds);
        var may = MayAsync(Permission.Work);
        var (fresh, holds) = (_fresh, UnlessMoved());
        _fresh = false;
        var read = await ReadAsync(async (scope, ct) =>
        {
            _staleDays = scope.Settings.StaleDays;
            var pipelines = await SharedAsync(scope, "pipelines", since, shared => Design.ListAsync(scope, shared));
            var pipeline = pipelines.FirstOrDefault(p => p.Id == Pipeline) ?? pipelines[0];
            _folds ??= await folds ?? [];
            return new Cards(pipelines, pipeline, await ReadColumnsAsync(scope, [.. pipeline.Stages.Where(s => !IsFolded(s)).Select(s => s.Id)], fresh, since));
        });
        if (read is null || !holds())
        {
            return false;
        }

        _mayWork = await may;
        (_pipelines, _pipeline, _columns) = (read.Pipelines, read.Pipeline, read.Columns);
        // Where nothing is to be seen the counts decide what to say: that nothing matches, or that it lies in a folded column.
        if (!Filtered || _columns.Values.Any(c => c.Total > 0))
        {
            _none = false;
            StateHasChanged();
        }

        return true;
    }

    /// <summary>
    /// Begins a reading; the answer tells at its end whether it holds. What was read across the beginning or end of a move made here may be
    /// from before it, and would move the card back: the move has the board read anew when it has ended.
    /// </summary>
    private Func<bool> UnlessMoved()
    {
        var before = _moves;
        return () => before == _moves;
    }

    /// <summary>What stands on and above the cards. A board without one of them is a board: what cannot be read is not said.</summary>
    private async Task ReadFiguresAsync(string pipelineId, long since)
    {
        var holds = UnlessMoved();
        var (filter, within, staleSince) = (Filter, Narrowest with { PipelineId = pipelineId }, StaleSince);
        var figures = TryReadAsync((scope, _) => SharedAsync(scope, $"sums {Show} {_staleDays} {JsonSerializer.Serialize(within)}", since, async ct =>
        {
            var board = Figures.BoardAsync(scope, pipelineId, filter, ct);
            var open = Figures.BoardAsync(scope, pipelineId, filter with { Status = "open" }, ct);
            var reply = Leads.CountAsync(scope, within with { NeedsReply = true }, ct);
            var stale = Leads.CountAsync(scope, within with { Status = "open", InStageSince = staleSince }, ct);
            return new Sums(await board, await open, await reply, await stale);
        }));
        var beside = ReadBesideAsync(since);
        var rules = TryReadAsync((scope, _) => SharedAsync(scope, "rules", since, ct => Rules.ListAsync(scope, Paging.From(1, Paging.MaxLimit), ct)));
        var me = _mine is null ? TryReadAsync(Me.WhoAsync) : Task.FromResult<SignedInPerson?>(null);
        await Task.WhenAll(figures, beside, rules, me);
        if (holds())
        {
            var sums = await figures;
            (_board, _open, _reply, _stale) = (sums?.Board, sums?.Open, sums?.Reply, sums?.Stale);
        }

        _rules = (await rules)?.Items ?? _rules;
        _mine ??= (await me)?.Email;
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

    private HashSet<string> LeadsShown => _columns.Values.SelectMany(c => c.Leads).Select(l => l.Id).ToHashSet(StringComparer.Ordinal);

    /// <summary>What was said last with the leads shown, and what comes next for them: one query each.</summary>
    private async Task ReadBesideAsync(long since)
    {
        var ids = LeadsShown;
        var named = string.Join(',', ids);
        var chats = TryReadAsync((scope, _) => SharedAsync(scope, $"chats {named}", since, ct => Conversations.OfLeadsAsync(scope, ids, ct)));
        var next = NextAsync(ids, named, since);
        (_chats, _next) = (await chats ?? _chats, await next ?? _next);
    }

    /// <summary>What comes next anew, where an event of a lead shown went on.</summary>
    private async Task ReadNextAsync()
    {
        var ids = LeadsShown;
        _next = await NextAsync(ids, string.Join(',', ids), Since) ?? _next;
        StateHasChanged();
    }

    private Task<IReadOnlyDictionary<string, PendingStep>?> NextAsync(HashSet<string> ids, string named, long since) =>
        TryReadAsync((scope, _) => SharedAsync(scope, $"next {named}", since, ct => Pending.NextOfLeadsAsync(scope, ids, ct)));

    private async Task<Dictionary<string, Column>> ReadColumnsAsync(TenantScope scope, List<string> stages, bool fresh, long since)
    {
        var filter = Filter;
        var filtered = $"{Show} {_staleDays} {JsonSerializer.Serialize(Narrowest)}";
        var columns = stages.ToDictionary(id => id, _ => new Column(), StringComparer.Ordinal);
        for (var page = 1; stages.Count > 0; page++)
        {
            var (asked, paging) = (stages, Paging.From(page, PerColumn));
            foreach (var (id, part) in await SharedAsync(scope, $"column {string.Join(',', asked)} {page} {filtered}", since, ct => Leads.StagesAsync(scope, asked, filter, paging, ct)))
            {
                columns[id].Leads.AddRange(part.Items);
                columns[id].Total = part.Total;
            }

            // As many cards as were shown before, so that nobody's scroll jumps.
            stages = fresh ? [] : [.. stages.Where(id => columns[id].Leads.Count == page * PerColumn && columns[id].Leads.Count < _columns.GetValueOrDefault(id)?.Leads.Count)];
        }

        return columns;
    }

    private async Task MoreAsync(string stageId)
    {
        if (_columns.GetValueOrDefault(stageId) is not { } column)
        {
            return;
        }

        var read = await ReadAsync((scope, ct) => Leads.StagesAsync(scope, [stageId], Filter, Paging.From((column.Leads.Count / PerColumn) + 1, PerColumn), ct));
        if (read?[stageId] is { } page)
        {
            var known = column.Leads.Select(l => l.Id).ToHashSet(StringComparer.Ordinal);
            column.Leads.AddRange(page.Items.Where(l => known.Add(l.Id)));
            column.Total = page.Items.Count == 0 ? column.Leads.Count : page.Total;
            await ReadBesideAsync(Since);
        }
    }

    private sealed class Column
    {
        public List<LeadView> Leads { get; } = [];

        public long Total { get; set; }
    }

    private sealed record Cards(IReadOnlyList<PipelineView> Pipelines, PipelineView Pipeline, Dictionary<string, Column> Columns);

    private sealed record Sums(BoardView Board, BoardView Open, long Reply, long Stale);
}
