using Ecodrix.EmbeddedMongo.Expressions;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>Gathers one value over the documents of a group.</summary>
internal abstract class Accumulator
{
    /// <summary>How many bytes it holds, about; only what grows with the group counts.</summary>
    public virtual long Memory => 0;

    /// <summary>Whether the result depends on the order in which the documents come.</summary>
    public virtual bool KnowsOrder => false;

    /// <summary>Takes a document's value; null is missing.</summary>
    public abstract void Add(BsonValue? value);

    /// <summary>Takes the same value of so many documents.</summary>
    public virtual void AddRepeated(BsonValue? value, long times)
    {
        for (; times > 0; times--)
        {
            Add(value);
        }
    }

    /// <summary>What was gathered.</summary>
    public abstract BsonValue Result();
}

/// <summary>An accumulator as a pipeline names it.</summary>
/// <param name="Field">The field of the result.</param>
/// <param name="Argument">What is gathered of each document.</param>
/// <param name="Create">Makes the accumulator of a new group.</param>
internal sealed record AccumulatorSpec(string Field, Expression Argument, Func<Accumulator> Create);
