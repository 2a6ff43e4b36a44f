using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages.Leads;

/// <summary>Filters that come with a link, mostly from a report: shown as chips that can be taken off.</summary>
public sealed partial class LeadsPage
{
    /// <summary>The highest score.</summary>
    [SupplyParameterFromQuery]
    public int? MaxScore { get; set; }

    /// <summary>Made from this day on.</summary>
    [SupplyParameterFromQuery]
    public string? CreatedFrom { get; set; }

    /// <summary>Made up to this day.</summary>
    [SupplyParameterFromQuery]
    public string? CreatedTo { get; set; }

    /// <summary>Won or lost from this day on.</summary>
    [SupplyParameterFromQuery]
    public string? ClosedFrom { get; set; }

    /// <summary>Won or lost up to this day.</summary>
    [SupplyParameterFromQuery]
    public string? ClosedTo { get; set; }

    /// <summary>Open at the end of this day.</summary>
    [SupplyParameterFromQuery]
    public string? OpenOn { get; set; }

    /// <summary>Stages, one of which a lead was in.</summary>
    [SupplyParameterFromQuery]
    public string? BeenIn { get; set; }

    /// <summary>A stage a lead has left.</summary>
    [SupplyParameterFromQuery]
    public string? LeftStageId { get; set; }

    /// <summary>Left it from this day on.</summary>
    [SupplyParameterFromQuery]
    public string? LeftFrom { get; set; }

    /// <summary>Left it up to this day.</summary>
    [SupplyParameterFromQuery]
    public string? LeftTo { get; set; }

    private IEnumerable<Narrowing> Narrowings => All().Where(n => n.Text is not null);

    private IEnumerable<Narrowing> All()
    {
        yield return new(_pipelines.Count > 1 && PipelineId is not null ? _pipelines.FirstOrDefault(p => p.Id == PipelineId)?.Name : null, "pipelineId");
        yield return new((MinScore, MaxScore) switch
        {
            (null, null) => null,
            ({ } from, null) => $"Score from {from}",
            (null, { } to) => $"Score to {to}",
            ({ } from, { } to) => $"Score {from}–{to}",
        }, "minScore", "maxScore");
        yield return new(Days("Made", CreatedFrom, CreatedTo), "createdFrom", "createdTo");
        yield return new(Days("Won or lost", ClosedFrom, ClosedTo), "closedFrom", "closedTo");
        yield return new(OpenOn is null ? null : $"Open on {Day(OpenOn)}", "openOn");
        yield return new(BeenIn is null ? null : $"Reached {StageName(BeenIn.Split(',')[0])}", "beenIn");
        yield return new(LeftStageId is null ? null : Days($"Left {StageName(LeftStageId)}", LeftFrom, LeftTo) ?? $"Left {StageName(LeftStageId)}", "leftStageId", "leftFrom", "leftTo");
    }

    private string StageName(string id) => Stages.FirstOrDefault(s => s.Stage.Id == id).Stage?.Name ?? "a stage";

    private string? Days(string what, string? from, string? to) => (from, to) switch
    {
        (null, null) => null,
        ({ } first, null) => $"{what} from {Day(first)}",
        (null, { } last) => $"{what} up to {Day(last)}",
        ({ } first, { } last) => first == last ? $"{what} on {Day(first)}" : $"{what} {Day(first)} – {Day(last)}",
    };

    private string Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day.ToString("d MMM yyyy", Format.Culture) : text;

    private void TakeOff(Narrowing narrowing)
    {
        Unchoose();
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(narrowing.Names.Append("page").ToDictionary(name => name, _ => (object?)null)));
    }

    private sealed record Narrowing(string? Text, params string[] Names);
}
