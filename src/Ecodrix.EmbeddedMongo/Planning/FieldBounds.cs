using System.Collections.Immutable;
using System.Text;
using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// Where in an index the values that meet a condition are: disjoint intervals in ascending order.
/// </summary>
/// <param name="Intervals">None if nothing can meet the condition.</param>
/// <param name="IsExact">Whether every value found there meets the condition, so that it need not be checked again.</param>
internal sealed record FieldBounds(ImmutableArray<Interval> Intervals, bool IsExact)
{
    public bool IsPoints => Intervals.All(interval => interval.IsPoint);

    public bool IsSinglePoint => Intervals is [{ IsPoint: true }];

    /// <summary>The bounds of one condition, or null if an index is no help for it.</summary>
    public static FieldBounds? Of(FilterNode node) => node switch
    {
        ComparisonNode comparison => Compare(comparison),
        InNode choice => In(choice),
        RegexNode regex => Matching(regex),
        ExistsNode => new([Interval.Full], false),
        NorNode { Children: [ExistsNode] } => new([Nulls], false),
        ElemMatchValueNode element => Element(element),
        _ => null,
    };

    public FieldBounds Intersect(FieldBounds other)
    {
        var both = from mine in Intervals
                   from theirs in other.Intervals
                   let shared = mine.Intersect(theirs)
                   where shared is not null
                   select shared;
        return new FieldBounds([.. both], IsExact && other.IsExact);
    }

    /// <summary>Where null and missing are.</summary>
    private static Interval Nulls { get; } = Interval.Point([KeyTag.Null]);

    private static FieldBounds? Compare(ComparisonNode node)
    {
        var value = node.Value;
        if (value.BsonType is BsonType.Array or BsonType.Undefined or BsonType.MinKey or BsonType.MaxKey || Numbers.IsNaN(value))
        {
            return null;
        }

        if (value.IsBsonNull)
        {
            return node.Operator is ComparisonOperator.Gt or ComparisonOperator.Lt ? null : new([Nulls], false);
        }

        byte[] key = KeyEncoder.Of(value);
        byte[] type = [KeyTag.Of(value.BsonType)];
        // Ranges stay among the values of their type, and NaN is in no range of numbers.
        bool number = Numbers.IsNumber(value);
        byte[] least = number ? KeyEncoder.Of(double.NaN) : type;
        var interval = node.Operator switch
        {
            ComparisonOperator.Eq => Interval.Point(key),
            ComparisonOperator.Gt => new Interval(key, false, type, true),
            ComparisonOperator.Gte => new Interval(key, true, type, true),
            ComparisonOperator.Lt => new Interval(least, !number, key, false),
            _ => new Interval(least, !number, key, true),
        };
        return new([interval], IsExact: value.BsonType is not (BsonType.Document or BsonType.Symbol));
    }

    private static FieldBounds? In(InNode node)
    {
        if (node.Values.Any(value => value.BsonType is BsonType.Array or BsonType.Undefined)
            || node.Patterns.Any(pattern => pattern.Prefix is null))
        {
            return null;
        }

        var intervals = node.Values.Select(value => value.IsBsonNull ? Nulls : Interval.Point(KeyEncoder.Of(value)))
            .Concat(node.Patterns.SelectMany(pattern => Matching(pattern)!.Intervals));
        bool exact = node.Patterns.Count == 0 && !node.Values.Any(value => value.IsBsonNull || value.IsBsonDocument);
        return new(Normalize(intervals), exact);
    }

    private static FieldBounds? Matching(RegexNode node)
    {
        if (string.IsNullOrEmpty(node.Prefix))
        {
            return null;
        }

        byte[] prefix = [KeyTag.Text, .. Encoding.UTF8.GetBytes(node.Prefix)];
        // A prefix with a zero in it is escaped in the key: rare enough to do without.
        return node.Prefix.Contains('\0')
            ? null
            : new(
                [new(prefix, true, KeyRange.After(prefix), false), Interval.Point(KeyEncoder.Of(new BsonRegularExpression(node.Pattern, node.Options)))],
                node.IsPrefixOnly);
    }

    /// <summary>All conditions of <c>$elemMatch</c> are about the same element, so their bounds may be intersected.</summary>
    private static FieldBounds? Element(ElemMatchValueNode node)
    {
        var conditions = node.Condition is AndNode and ? and.Children : [node.Condition];
        FieldBounds? bounds = null;
        foreach (var condition in conditions)
        {
            if (Of(condition) is { } found)
            {
                bounds = bounds is null ? found : bounds.Intersect(found);
            }
        }

        return bounds is null ? null : bounds with { IsExact = false };
    }

    private static ImmutableArray<Interval> Normalize(IEnumerable<Interval> intervals)
    {
        var merged = new List<Interval>();
        foreach (var interval in intervals.OrderBy(interval => interval.Start, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y))))
        {
            if (merged.Count > 0 && merged[^1].End.AsSpan().SequenceCompareTo(interval.Start) > 0)
            {
                var last = merged[^1];
                bool reaches = last.End.AsSpan().SequenceCompareTo(interval.End) >= 0;
                merged[^1] = reaches ? last : new Interval(last.Low, last.IncludesLow, interval.High, interval.IncludesHigh);
            }
            else
            {
                merged.Add(interval);
            }
        }

        return [.. merged];
    }
}
