using System.Collections.Immutable;
using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>
/// How a query gets at its candidates: from which end it runs, whether the candidates must still be matched against the query,
/// and whether they come in the order that the query asks for.
/// </summary>
internal abstract record AccessPath(bool Backward, bool NeedsFilter, bool ProvidesSort);

/// <summary>Looks at every document, in the order in which they were inserted.</summary>
internal sealed record CollectionScan(bool Backward, bool NeedsFilter, bool ProvidesSort)
    : AccessPath(Backward, NeedsFilter, ProvidesSort);

/// <summary>Gets at documents by runs of index entries. If it may repeat, a document can be met more than once.</summary>
internal abstract record EntryPath(bool MayRepeat, bool Backward, bool NeedsFilter, bool ProvidesSort)
    : AccessPath(Backward, NeedsFilter, ProvidesSort)
{
    /// <summary>The runs, in ascending order within an index.</summary>
    public abstract ImmutableArray<KeyRange> Ranges { get; init; }
}

/// <summary>
/// Looks at some runs of an index's entries, disjoint and ascending, and at the documents they lead to. The bounds by field, which
/// the runs were made from, are there for <c>explain</c>. If it merges, the runs are each in the asked order by themselves: what
/// <c>{kind: {$in: […]}}</c> sorted by the index's next field takes.
/// </summary>
internal sealed record IndexScan(
    IndexInfo Index,
    ImmutableArray<KeyRange> Ranges,
    ImmutableArray<FieldBounds> Bounds,
    bool Backward,
    bool NeedsFilter,
    bool ProvidesSort,
    bool Merges) : EntryPath(Index.Multikey != 0, Backward, NeedsFilter, ProvidesSort)
{
    /// <summary>
    /// The same from the other end where the entries run against time, newest first: documents lie in the order of their insertion,
    /// and SQLite steps from one to the next at a fraction of what it takes to step back.
    /// </summary>
    public IndexScan AlongTime()
    {
        int next = Bounds.TakeWhile(bounds => bounds.IsPoints).Count();
        return next < Index.Definition.Fields.Length && Index.Definition.Fields[next].Descending ? this with { Backward = true } : this;
    }

    public override ImmutableArray<KeyRange> Ranges { get; init; } = Ranges;
}

/// <summary>Looks at what any of several index scans leads to: an <c>$or</c> whose branches all have an index.</summary>
internal sealed record UnionScan(ImmutableArray<IndexScan> Branches, bool NeedsFilter, bool ProvidesSort)
    : EntryPath(true, false, NeedsFilter, ProvidesSort)
{
    public override ImmutableArray<KeyRange> Ranges { get; init; } = [.. Branches.SelectMany(branch => branch.Ranges)];
}

/// <summary>Finds nothing, because there is no such collection or nothing can match.</summary>
internal sealed record NoScan() : AccessPath(false, false, true);
