using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>An aggregation expression, compiled once. A CLR null is what the manual calls a missing value.</summary>
internal abstract class Expression
{
    public abstract BsonValue? Evaluate(EvaluationContext context);

    /// <summary>Adds the top-level fields of the document that are read; false if the expression may read any.</summary>
    public abstract bool CollectReads(ISet<string> fields);
}

/// <summary>What expressions are evaluated against. One run owns it; it is not shared between threads.</summary>
/// <param name="slots">Values of variables, by the slot that the scope gave them.</param>
internal sealed class EvaluationContext(BsonValue?[] slots)
{
    private BsonValue?[] _slots = slots;

    /// <summary>The document at hand, <c>$$ROOT</c>.</summary>
    public required BsonValue Root { get; set; }

    /// <summary>The variables as they stand, for a filter or pipeline that runs inside.</summary>
    public BsonValue?[] Slots => _slots;

    public BsonValue? Get(int slot) => slot < _slots.Length ? _slots[slot] : null;

    public void Set(int slot, BsonValue? value)
    {
        if (slot >= _slots.Length)
        {
            Array.Resize(ref _slots, Math.Max(slot + 1, 2 * _slots.Length));
        }

        _slots[slot] = value;
    }
}
