using System.Globalization;
using Ecodrix.Components.Charts;
using Ecodrix.Components.Formats;
using Ecodrix.Components.People;
using Ecodrix.Engine.Analytics;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages.Analytics;

/// <summary>The reports as charts; every mark opens the records behind it.</summary>
public sealed partial class AnalyticsPage
{
    private IReadOnlyList<PipelineView> _pipelines = [];
    private OverviewView? _overview;
    private ReportFilter? _asked;
    private RefusedException? _refused;

    /// <summary>7d, 30d, 90d or 365d; 30d without <see cref="From"/> and <see cref="To"/>.</summary>
    [SupplyParameterFromQuery]
    public string? Range { get; set; }

    /// <summary>The first day, in the tenant's zone.</summary>
    [SupplyParameterFromQuery]
    public string? From { get; set; }

    /// <summary>The last day, inclusive.</summary>
    [SupplyParameterFromQuery]
    public string? To { get; set; }

    /// <summary>One pipeline.</summary>
    [SupplyParameterFromQuery]
    public string? Pipeline { get; set; }

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private PipelineDesign Design { get; set; } = null!;

    [Inject]
    private OverviewReport Overview { get; set; } = null!;

    [Inject]
    private TrendReport Trends { get; set; } = null!;

    [Inject]
    private FunnelReport Funnel { get; set; } = null!;

    [Inject]
    private ForecastReport Forecast { get; set; } = null!;

    [Inject]
    private SourceReport Sources { get; set; } = null!;

    [Inject]
    private TeamReport Team { get; set; } = null!;

    [Inject]
    private HeatmapReport Heatmap { get; set; } = null!;

    [Inject]
    private ScoreReport Scores { get; set; } = null!;

    [CascadingParameter]
    private MemberNames Names { get; set; } = MemberNames.None;

    [Inject]
    private StageTimeReport StageTime { get; set; } = null!;

    private bool OwnDays => (From ?? To) is not null;

    private string? Preset => OwnDays ? null : RangePicker.Presets.Contains(Range) ? Range : "30d";

    private ReportFilter Asked => new() { Range = Preset, From = From, To = To, PipelineId = Pipeline };

    private ReportFilter AskedNow => new() { PipelineId = Pipeline };

    /// <summary>The pipeline whose stages are shown where all are asked for.</summary>
    private string? StagesOf => Pipeline ?? _pipelines.FirstOrDefault(p => p.IsDefault)?.Id;

    /// <summary>The first day as the figures have it; where they cannot be read, as it was asked for.</summary>
    private DateOnly? FirstDay => _overview is { } all ? DayOf(all.From) : Day(From) ?? LastDay?.AddDays(1 - (Preset is { } days ? int.Parse(days[..^1], CultureInfo.InvariantCulture) : 30));

    private DateOnly? LastDay => _overview is { } all ? DayOf(all.To.AddTicks(-1)) : Day(To) ?? DayOf(Clock.GetUtcNow().UtcDateTime);

    private string? Title => FirstDay is { } first && LastDay is { } last
        ? $"{first.ToString(first.Year == last.Year ? "d MMM" : "d MMM yyyy", Format.Culture)} – {last.ToString("d MMM yyyy", Format.Culture)}, days in {Format.Zone}, against as much time before"
        : $"Days in {Format.Zone}";

    private string Last => Write(LastDay);

    private string Created => $"createdFrom={Write(FirstDay)}&createdTo={Last}";

    private string Closed => $"closedFrom={Write(FirstDay)}&closedTo={Last}";

    private ChartCell[][] FunnelRows(FunnelView funnel) =>
        [.. funnel.Stages.Select((s, i) => new[] { s.StageName, Count(s.Count, Reached(funnel, i)), Ratio(s.ConversionFromPrevious), Ratio(s.ConversionFromFirst) })];

    private ChartCell[][] ForecastRows(ForecastView forecast) => [.. forecast.Rows.Select(r => new[]
    {
        r.StageName, new ChartCell($"{r.Probability} %", Plain(r.Probability)), Count(r.Count, Leads($"status=open&stageId={r.StageId}")), Money(r.TotalValue, Leads($"status=open&stageId={r.StageId}")), Money(r.ExpectedRevenue),
    })];

    private ChartCell[][] SourceRows(IReadOnlyList<SourceRow> sources) => [.. sources.Select(s => new[]
    {
        s.Source, Count(s.Count, Source(s)), Count(s.Won, Source(s, "won")), Count(s.Lost, Source(s, "lost")), Ratio(s.ConversionRate), Money(s.TotalValue, Source(s)),
    })];

    private ChartCell[][] TeamRows(IReadOnlyList<TeamRow> team) => [.. team.Select(t => new[] { t.AssignedTo, Count(t.WonDeals, Won(t)), Money(t.Revenue, Won(t)), Count(t.Activities, Did(t)) })];

    private ChartCell[][] HeatmapRows(IReadOnlyList<HeatmapDay> days) => [.. days.Select(d => new[] { d.Date, Count(d.Count, OnDay(d)) })];

    private ChartCell[][] StageRows(IReadOnlyList<StageTimeRow> stays) => [.. stays.Select(s => new[]
    {
        s.StageName, Hours(s.AvgHours), Hours(s.MedianHours), Count(s.Completed, LeftStage(s)), Count(s.Current, Leads($"stageId={s.StageId}")),
    })];

    /// <inheritdoc />
    protected override async Task OnParametersSetAsync()
    {
        if (_asked != Asked)
        {
            // Each report reads itself anew: what the page knows of the ones before no longer holds.
            (_asked, _overview, _refused) = (Asked, null, null);
        }

        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        _refused = null;
        _pipelines = await ReadAsync((scope, ct) => Design.ListAsync(scope, ct)) ?? _pipelines;
    }

    private async Task<Figures> ReadFiguresAsync(TenantScope scope, CancellationToken ct)
    {
        // Figures without their lines are figures.
        var trend = TryReadAsync((same, until) => Trends.GetAsync(same, Asked, until));
        return new Figures(await Overview.GetAsync(scope, Asked, ct), await trend);
    }

    private static double? Change(double now, double before) => before == 0 ? null : (now - before) / before;

    private static string Plain(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Write(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private DateOnly DayOf(DateTime utc) => DateOnly.FromDateTime(Format.Local(utc));

    private string N(long number) => Format.Number(number);

    private ChartCell Count(long count, string? href) => new(N(count), Plain(count), count == 0 ? null : href);

    private ChartCell Money(decimal amount, string? href = null) => new(Format.Money(amount), amount.ToString(CultureInfo.InvariantCulture), amount == 0 ? null : href);

    private ChartCell Ratio(double ratio) => new(Format.Percent(ratio), Plain(ratio));

    private ChartCell Hours(double hours) => new(Format.Number((decimal)hours), Plain(hours));

    private static string Stay(StageTimeRow row) =>
        row.Completed == 0 ? "–" : TenantFormat.Stay(TimeSpan.FromHours(row.MedianHours));

    private string File(string report) => $"{Code}-{report}-{Write(FirstDay)}-{Last}";

    private string Leads(string query, string? pipeline = null) => $"{AppPaths.Leads(Code)}?{query}{((pipeline ?? Pipeline) is { } id ? $"&pipelineId={id}" : "")}";

    /// <summary>The leads that reached a step: those that were ever in it or in a later one.</summary>
    private string Reached(FunnelView funnel, int step) =>
        Leads($"{Created}&beenIn={string.Join(',', funnel.Stages.Skip(step).Select(s => s.StageId))}", funnel.PipelineId);

    private string LeftStage(StageTimeRow row) => Leads($"leftStageId={row.StageId}&leftFrom={Write(FirstDay)}&leftTo={Last}", StagesOf);

    private string Source(SourceRow row, string? status = null) => Leads($"{Created}&source={Uri.EscapeDataString(row.Source)}{(status is null ? "" : $"&status={status}")}");

    private string Won(TeamRow row) => Leads($"status=won&{Closed}&assignedTo={Uri.EscapeDataString(row.AssignedTo)}");

    private string Did(TeamRow row) => $"{Activities(FirstDay, LastDay)}&by={Uri.EscapeDataString(row.AssignedTo)}&people=true";

    private string Scored(ScoreBucket bucket) => Leads($"minScore={bucket.Min}&maxScore={(bucket.Max == 100 ? 100 : bucket.Max - 1)}&sortBy=score&sortDir=asc");

    private string? OnDay(HeatmapDay day) => day.Count == 0 ? null : Activities(Day(day.Date), Day(day.Date));

    private string Activities(DateOnly? from, DateOnly? to) => $"{AppPaths.Activity(Code)}?from={Write(from)}&to={Write(to)}{(Pipeline is null ? "" : $"&pipeline={Pipeline}")}";

    private void Choose(RangeChoice choice)
    {
        var blank = choice.Range is not null;
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["range"] = choice.Range,
            ["from"] = blank ? null : Write(choice.From),
            ["to"] = blank ? null : Write(choice.To),
        }));
    }

    private void Go(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value));

    private sealed record Figures(OverviewView Overview, IReadOnlyList<TrendDay>? Trend)
    {
        public List<double>? By(Func<TrendDay, double> figure) => Trend is null ? null : [.. Trend.Select(figure)];
    }
}
