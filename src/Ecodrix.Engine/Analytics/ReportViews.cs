namespace Ecodrix.Engine.Analytics;

/// <summary>The figures of a time.</summary>
public record OverviewFigures
{
    /// <summary>Leads made before its end, without archived ones.</summary>
    public required long TotalLeads { get; init; }

    /// <summary>Leads made in it.</summary>
    public required long NewLeads { get; init; }

    /// <summary>Leads open at its end.</summary>
    public required long OpenLeads { get; init; }

    /// <summary>Deals won in it.</summary>
    public required long WonLeads { get; init; }

    /// <summary>Deals lost in it.</summary>
    public required long LostLeads { get; init; }

    /// <summary>Value of the leads open at its end.</summary>
    public required decimal PipelineValue { get; init; }

    /// <summary>Value of the deals won in it.</summary>
    public required decimal WonValue { get; init; }

    /// <summary>Won of those won or lost in it, 0–1.</summary>
    public required double ConversionRate { get; init; }

    /// <summary>Average score of the leads counted in <see cref="TotalLeads"/>.</summary>
    public required double AvgScore { get; init; }
}

/// <summary>The figures of a time, and of as much time before it.</summary>
public sealed record OverviewView : OverviewFigures
{
    /// <summary>The time before.</summary>
    public required OverviewFigures Previous { get; init; }

    /// <summary>Its first moment.</summary>
    public required DateTime From { get; init; }

    /// <summary>Its end.</summary>
    public required DateTime To { get; init; }

    /// <summary>The zone days are counted in.</summary>
    public required string TimeZone { get; init; }
}

/// <summary>What came and what was decided on a day.</summary>
public sealed record TrendDay(string Date, long NewLeads, long WonLeads, long LostLeads, decimal WonValue);

/// <summary>One step of a funnel: leads that entered the stage or a later one; a lost stage is no step.</summary>
public sealed record FunnelStage(string StageId, string StageName, string Color, long Count, double ConversionFromPrevious, double ConversionFromFirst);

/// <summary>A funnel.</summary>
public sealed record FunnelView(string PipelineId, string PipelineName, IReadOnlyList<FunnelStage> Stages);

/// <summary>What one source brought in.</summary>
public sealed record SourceRow(string Source, long Count, long Won, long Lost, double ConversionRate, decimal TotalValue);

/// <summary>What one person did.</summary>
public sealed record TeamRow(string AssignedTo, long WonDeals, decimal Revenue, long Activities);

/// <summary>How much happened on a day.</summary>
public sealed record HeatmapDay(string Date, long Count);

/// <summary>How many leads have a score from <paramref name="Min"/> up to, but for the last not including, <paramref name="Max"/>.</summary>
public sealed record ScoreBucket(string Bucket, int Min, int Max, long Count);

/// <summary>How long leads stay in a stage.</summary>
/// <param name="StageId">The stage.</param>
/// <param name="StageName">Its name.</param>
/// <param name="AvgHours">Average of completed stays; 0 without any.</param>
/// <param name="MedianHours">Median of completed stays; 0 without any.</param>
/// <param name="Completed">Stays that ended.</param>
/// <param name="Current">Leads in it now.</param>
public sealed record StageTimeRow(string StageId, string StageName, double AvgHours, double MedianHours, long Completed, long Current);
