namespace Ecodrix.Engine.Pipelines;

/// <summary>The built-in pipelines, as data. Each ends in one won and one lost stage.</summary>
internal static class PipelineTemplates
{
    private const string Won = "#067647";
    private const string Lost = "#b42318";

    private static readonly Dictionary<string, TemplateStage[]> ByName = new(StringComparer.Ordinal)
    {
        ["sales"] =
        [
            new("New", "#6366f1", 10), new("Contacted", "#0ea5e9", 20), new("Qualified", "#14b8a6", 40), new("Proposal", "#f59e0b", 60),
            new("Negotiation", "#f97316", 80), new("Won", Won, 100, IsWon: true), new("Lost", Lost, 0, IsLost: true),
        ],
        ["support"] =
        [
            new("New ticket", "#6366f1", 10), new("In progress", "#0ea5e9", 40), new("Waiting for customer", "#f59e0b", 60),
            new("Escalated", "#f97316", 50), new("Resolved", Won, 100, IsWon: true), new("Closed unresolved", Lost, 0, IsLost: true),
        ],
        ["recruitment"] =
        [
            new("Applied", "#6366f1", 10), new("Screening", "#0ea5e9", 25), new("Interview", "#14b8a6", 50), new("Offer", "#f59e0b", 80),
            new("Hired", Won, 100, IsWon: true), new("Rejected", Lost, 0, IsLost: true),
        ],
        ["marketing"] =
        [
            new("Subscriber", "#6366f1", 5), new("Engaged", "#0ea5e9", 20), new("Marketing qualified", "#14b8a6", 40),
            new("Sales qualified", "#f59e0b", 70), new("Converted", Won, 100, IsWon: true), new("Unsubscribed", Lost, 0, IsLost: true),
        ],
        ["appointment"] =
        [
            new("Requested", "#6366f1", 20), new("Confirmed", "#0ea5e9", 60), new("Reminded", "#14b8a6", 75), new("Rescheduled", "#f59e0b", 50),
            new("Visited", Won, 100, IsWon: true), new("Cancelled", Lost, 0, IsLost: true),
        ],
        ["product_purchase"] =
        [
            new("Viewed", "#6366f1", 10), new("Added to cart", "#0ea5e9", 30), new("Checkout", "#f59e0b", 60), new("Payment pending", "#f97316", 80),
            new("Purchased", Won, 100, IsWon: true), new("Abandoned", Lost, 0, IsLost: true),
        ],
    };

    /// <summary>Colours for stages that come without one.</summary>
    public static IReadOnlyList<string> Palette { get; } = ["#6366f1", "#0ea5e9", "#14b8a6", "#f59e0b", "#f97316", "#ec4899", "#8b5cf6", "#84cc16"];

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    public static IReadOnlyList<NewStage> Stages(string template) =>
    [
        .. ByName[template].Select(s => new NewStage { Name = s.Name, Color = s.Color, Probability = s.Probability, IsWon = s.IsWon, IsLost = s.IsLost }),
    ];

    private sealed record TemplateStage(string Name, string Color, int Probability, bool IsWon = false, bool IsLost = false);
}
