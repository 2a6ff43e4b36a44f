using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Scoring;

/// <summary>Points for a lead for which a comparison holds.</summary>
public sealed record ScoreRuleInput
{
    /// <summary>Any lead field, <c>metadata.refs.*</c> or <c>metadata.extra.*</c>.</summary>
    public string? Field { get; init; }

    /// <summary>An operator of conditions, for example <c>eq</c>.</summary>
    public string? Operator { get; init; }

    /// <summary>What to compare with.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>Points, −100 to 100.</summary>
    public decimal? Score { get; init; }
}

/// <summary>Changes to scoring; absent fields stay.</summary>
public sealed record ScoringChanges
{
    /// <summary>At this score and above a lead is hot.</summary>
    public Optional<decimal?> HotThreshold { get; init; }

    /// <summary>Below this score a lead is cold.</summary>
    public Optional<decimal?> ColdThreshold { get; init; }

    /// <summary>All rules from now on, at most 100.</summary>
    public Optional<IReadOnlyList<ScoreRuleInput>?> Rules { get; init; }

    /// <summary>Client triggers after which a lead is scored again.</summary>
    public Optional<IReadOnlyList<string>?> RecalculateOnTriggers { get; init; }
}

/// <summary>A scoring rule.</summary>
public sealed record ScoreRuleView(string Field, string Operator, JsonNode? Value, int Score);

/// <summary>How a tenant scores its leads.</summary>
/// <param name="HotThreshold">At this score and above a lead is hot.</param>
/// <param name="ColdThreshold">Below this score a lead is cold.</param>
/// <param name="Rules">The rules.</param>
/// <param name="RecalculateOnTriggers">Client triggers after which a lead is scored again.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="RescoreJobId">After a change: the job that scores all leads again.</param>
public sealed record ScoringView(
    int HotThreshold, int ColdThreshold, IReadOnlyList<ScoreRuleView> Rules, IReadOnlyList<string> RecalculateOnTriggers, DateTime? UpdatedAt, string? RescoreJobId = null)
{
    internal static ScoringView Of(ScoreConfig config, string? job = null) => new(
        config.HotThreshold, config.ColdThreshold,
        [.. config.Rules.Select(r => new ScoreRuleView(r.Field, r.Operator, BsonJson.ToJson(r.Value), r.Score))],
        config.RecalculateOnTriggers, config.UpdatedAt, job);
}

/// <summary>How many leads have scores in a range.</summary>
/// <param name="Bucket">The range, for example <c>0-20</c>.</param>
/// <param name="Now">Leads in it now.</param>
/// <param name="Then">Leads in it with the rules previewed.</param>
public sealed record ScorePreviewBucket(string Bucket, long Now, long Then);

/// <summary>A lead that would newly cross a threshold.</summary>
public sealed record ScorePreviewLead(string Id, string Name, int From, int To);

/// <summary>What other rules would do.</summary>
/// <param name="Buckets">The distribution now and then.</param>
/// <param name="NewlyHot">How many leads would rise to the hot threshold: <c>score_above</c> fires for each.</param>
/// <param name="NewlyCold">How many would fall below the cold one: <c>score_below</c> fires for each.</param>
/// <param name="Crossing">The first of them.</param>
/// <param name="Sampled">How many leads this was worked out on: the newest.</param>
/// <param name="Total">How many there are.</param>
public sealed record ScorePreview(
    IReadOnlyList<ScorePreviewBucket> Buckets, int NewlyHot, int NewlyCold, IReadOnlyList<ScorePreviewLead> Crossing, long Sampled, long Total);
