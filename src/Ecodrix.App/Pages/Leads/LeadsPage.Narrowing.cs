using System.Globalization;
using Ecodrix.Components.Leads;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages.Leads;

/// <summary>What the table is narrowed by, from the filter menu or with a link, mostly from a report: shown as chips that can be taken off.</summary>
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

    /// <summary>What the filter menu holds.</summary>
    private LeadNarrowing Narrowed => new(AssignedTo, Tags, Source, MinScore, MaxScore);

    private IReadOnlyList<Narrowing> Narrowings => [.. Narrowed.InWords(Names, "assignedTo"), .. OfLinks];

    /// <summary>Filters that only come with a link.</summary>
    private IEnumerable<Narrowing> OfLinks =>
    [
        .. Where(_pipelines.Count > 1 && PipelineId is not null ? _pipelines.FirstOrDefault(p => p.Id == PipelineId)?.Name : null, "pipelineId"),
        .. Where(Days("Made", CreatedFrom, CreatedTo), "createdFrom", "createdTo"),
        .. Where(Days("Won or lost", ClosedFrom, ClosedTo), "closedFrom", "closedTo"),
        .. Where(OpenOn is null ? null : $"Open on {Day(OpenOn)}", "openOn"),
        .. Where(BeenIn is null ? null : $"Reached {StageName(BeenIn.Split(',')[0])}", "beenIn"),
        .. Where(LeftStageId is null ? null : Days($"Left {StageName(LeftStageId)}", LeftFrom, LeftTo) ?? $"Left {StageName(LeftStageId)}", "leftStageId", "leftFrom", "leftTo"),
    ];

    private static Narrowing[] Where(string? text, params string[] names) => text is null ? [] : [new(text, names)];

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

    private void TakeOff(Narrowing narrowing) => Go(narrowing.Names.ToDictionary(name => name, _ => (object?)null));

    private void NarrowTo(LeadNarrowing wanted) => Go(new Dictionary<string, object?>
    {
        ["assignedTo"] = wanted.Owner,
        ["tags"] = wanted.Tags,
        ["source"] = wanted.Source,
        ["minScore"] = wanted.MinScore,
        ["maxScore"] = wanted.MaxScore,
    });
}
