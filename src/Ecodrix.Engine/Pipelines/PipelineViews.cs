using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Pipelines;

/// <summary>A pipeline to be made, from a built-in template or with stages of one's own.</summary>
public sealed record NewPipeline
{
    /// <summary>Its name, 1–80 characters, unique among active pipelines.</summary>
    public string? Name { get; init; }

    /// <summary>What it is for, at most 500 characters.</summary>
    public string? Description { get; init; }

    /// <summary>Whether new leads go here from now on.</summary>
    public bool? IsDefault { get; init; }

    /// <summary>The name of a built-in template; not together with <see cref="Stages"/>.</summary>
    public string? Template { get; init; }

    /// <summary>1–50 stages, in order.</summary>
    public IReadOnlyList<NewStage>? Stages { get; init; }
}

/// <summary>A stage to be made.</summary>
public sealed record NewStage
{
    /// <summary>Its name, 1–60 characters, unique in the pipeline.</summary>
    public string? Name { get; init; }

    /// <summary><c>#rrggbb</c>; one is chosen when absent.</summary>
    public string? Color { get; init; }

    /// <summary>0–100 per cent; 100 for a won stage and 0 for a lost one when absent, else 50.</summary>
    public decimal? Probability { get; init; }

    /// <summary>Whether a lead that enters is won.</summary>
    public bool? IsWon { get; init; }

    /// <summary>Whether a lead that enters is lost.</summary>
    public bool? IsLost { get; init; }
}

/// <summary>Changes to a pipeline; absent fields stay.</summary>
public sealed record PipelineChanges
{
    /// <summary>A new name.</summary>
    public Optional<string?> Name { get; init; }

    /// <summary>A new description; null clears it.</summary>
    public Optional<string?> Description { get; init; }
}

/// <summary>The name of a copy.</summary>
/// <param name="Name">1–80 characters; <c>Copy of …</c> when absent.</param>
public sealed record PipelineCopy(string? Name = null);

/// <summary>Changes to a stage; absent fields stay.</summary>
public sealed record StageChanges
{
    /// <summary>A new name.</summary>
    public Optional<string?> Name { get; init; }

    /// <summary>A new colour, <c>#rrggbb</c>.</summary>
    public Optional<string?> Color { get; init; }

    /// <summary>A new probability, 0–100 per cent.</summary>
    public Optional<decimal?> Probability { get; init; }

    /// <summary>Whether a lead that enters is won.</summary>
    public Optional<bool?> IsWon { get; init; }

    /// <summary>Whether a lead that enters is lost.</summary>
    public Optional<bool?> IsLost { get; init; }
}

/// <summary>A new order of stages.</summary>
/// <param name="Order">Each stage of the pipeline once.</param>
public sealed record StageOrder(IReadOnlyList<StagePlace>? Order = null);

/// <summary>One stage's new place.</summary>
/// <param name="StageId">The stage.</param>
/// <param name="NewOrder">Its place; smaller comes first.</param>
public sealed record StagePlace(string? StageId = null, int? NewOrder = null);

/// <summary>Where the leads of a stage go that is removed.</summary>
/// <param name="MoveLeadsToStageId">A stage of any active pipeline; needed when there are leads.</param>
public sealed record StageRemoval(string? MoveLeadsToStageId = null);

/// <summary>A stage.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Color"><c>#rrggbb</c>.</param>
/// <param name="Probability">0–100 per cent.</param>
/// <param name="Order">Its place, from 0.</param>
/// <param name="IsWon">Whether a lead that enters is won.</param>
/// <param name="IsLost">Whether a lead that enters is lost.</param>
public sealed record StageView(string Id, string Name, string Color, int Probability, int Order, bool IsWon, bool IsLost)
{
    internal static StageView Of(Stage stage) =>
        new(stage.Id.ToString(), stage.Name, stage.Color, stage.Probability, stage.Order, stage.IsWon, stage.IsLost);
}

/// <summary>A pipeline with its stages in order.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="IsDefault">Whether new leads go here.</param>
/// <param name="Archived">Whether it is put away.</param>
/// <param name="Stages">Its stages.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record PipelineView(
    string Id, string Name, string? Description, bool IsDefault, bool Archived, IReadOnlyList<StageView> Stages, DateTime CreatedAt, DateTime UpdatedAt)
{
    internal static PipelineView Of(Pipeline pipeline) => new(
        pipeline.Id.ToString(), pipeline.Name, pipeline.Description, pipeline.IsDefault, pipeline.Archived,
        [.. pipeline.Stages.OrderBy(s => s.Order).Select(StageView.Of)], pipeline.CreatedAt, pipeline.UpdatedAt);
}
