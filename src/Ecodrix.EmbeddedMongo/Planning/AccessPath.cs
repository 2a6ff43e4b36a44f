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

/// <summary>
/// Looks at some runs of an index's entries, disjoint and ascending, and at the documents they lead to. The bounds by field, which
/// the runs were made from, are there for <c>explain</c>.
/// </summary>
internal sealed record IndexScan(
    IndexInfo Index,
    ImmutableArray<KeyRange> Ranges,
    ImmutableArray<FieldBounds> Bounds,
    bool Backward,
    bool NeedsFilter,
    bool ProvidesSort) : AccessPath(Backward, NeedsFilter, ProvidesSort);

/// <summary>Finds nothing, because there is no such collection or nothing can match.</summary>
internal sealed record NoScan() : AccessPath(false, false, true);
