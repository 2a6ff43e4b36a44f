using MongoDB.Bson;

namespace Ecodrix.Engine.Automations;

/// <summary>Whether a condition holds, and the value that decided. The words for it are made when somebody asks: most are asked of few.</summary>
internal readonly struct Verdict
{
    private readonly object? _cause;
    private readonly BsonValue? _actual;

    /// <param name="holds">Whether it holds.</param>
    /// <param name="why">Why.</param>
    public Verdict(bool holds, string why) => (Holds, _cause) = (holds, why);

    /// <param name="holds">Whether it holds.</param>
    /// <param name="leaf">The comparison that decided.</param>
    /// <param name="actual">What it found.</param>
    public Verdict(bool holds, ComparedFact leaf, BsonValue actual) => (Holds, _cause, _actual) = (holds, leaf, actual);

    /// <param name="misses">None of these holds.</param>
    public Verdict(IReadOnlyList<Verdict> misses) => (Holds, _cause) = (false, misses);

    public bool Holds { get; }

    public string Why => _cause switch
    {
        string text => text,
        ComparedFact leaf => leaf.Explain(Holds, _actual!),
        IReadOnlyList<Verdict> misses => string.Join("; ", misses.Select(m => m.Why)),
        _ => "",
    };
}
