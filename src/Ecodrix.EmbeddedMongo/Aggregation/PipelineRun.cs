using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>One run of a pipeline, on one thread.</summary>
/// <param name="Context">What it may use.</param>
/// <param name="Slots">The variables of the pipelines around it.</param>
internal sealed record PipelineRun(PipelineContext Context, BsonValue?[] Slots)
{
    /// <summary>A context for the expressions of one stage.</summary>
    public EvaluationContext Evaluation() => new([.. Slots]) { Root = BsonNull.Value };

    public void CheckCancelled() => Context.Cancellation.ThrowIfCancellationRequested();

    /// <exception cref="MongoError">292: the store does not spill to disk.</exception>
    public void CheckMemory(long bytes, string what)
    {
        if (bytes > Context.MemoryLimit)
        {
            throw Errors.ExceededMemoryLimit(
                $"{what} exceeded memory limit of {Context.MemoryLimit} bytes, and this store does not sort or group on disk. Aborting operation.");
        }
    }
}

/// <summary>A guess at the memory that a value takes, cheap enough to be made for every document.</summary>
internal static class MemorySize
{
    public static long Of(BsonValue? value)
    {
        switch (value)
        {
            case BsonDocument document:
                long size = 96;
                for (int i = 0; i < document.ElementCount; i++)
                {
                    size += 40 + Of(document.GetValue(i));
                }

                return size;
            case BsonArray array:
                long total = 64;
                for (int i = 0; i < array.Count; i++)
                {
                    total += 8 + Of(array[i]);
                }

                return total;
            case BsonString text:
                return 48 + (2L * text.Value.Length);
            case BsonBinaryData binary:
                return 64 + binary.Bytes.Length;
            default:
                return 32;
        }
    }
}
