using System.Buffers.Binary;
using System.Collections.Immutable;
using Ecodrix.EmbeddedMongo.Indexes;
using Ecodrix.EmbeddedMongo.Query;

namespace Ecodrix.EmbeddedMongo.Planning;

/// <summary>One index weighed for one query: which of its fields the query bounds, and whether it gives the query's order.</summary>
internal sealed class Candidate
{
    private const int MaximumRanges = 4096;
    private const int MaximumMerged = 64;

    private readonly QueryShape _shape;
    private readonly List<FieldBounds> _bounds = [];
    private readonly HashSet<FilterNode> _covered = [];
    private bool _usedMultikey;

    private Candidate(IndexInfo index, QueryShape shape)
    {
        Index = index;
        _shape = shape;
    }

    public IndexInfo Index { get; }

    /// <summary>The more the better; 0 means that the index is no better than looking at everything.</summary>
    public int Score { get; private set; }

    /// <summary>Whether it leads to one document at most.</summary>
    public bool IsUniquePoint => Index.Definition.Unique
        && _bounds.Count == Index.Definition.Fields.Length && _bounds.TrueForAll(bounds => bounds.IsSinglePoint);

    private bool ProvidesSort { get; set; }

    private bool Merges { get; set; }

    private bool Backward { get; set; }

    public static Candidate Weigh(IndexInfo index, QueryShape shape)
    {
        var candidate = new Candidate(index, shape);
        candidate.BoundFields();
        candidate.ProvidesSort = candidate.MatchSort(merging: false)
            || (candidate.Merges = candidate.CanMerge() && candidate.MatchSort(merging: true));
        candidate.Score = candidate.Rate();
        return candidate;
    }

    /// <summary>The scan to run.</summary>
    public IndexScan ToScan() => new(
        Index, Ranges(), [.. _bounds], Backward, NeedsFilter: !_shape.IsCoveredBy(_covered), ProvidesSort, Merges);

    private void BoundFields()
    {
        int ranges = 1;
        for (int i = 0; i < Index.Definition.Fields.Length; i++)
        {
            var bounds = BoundField(i);
            if (bounds is null || ranges * Math.Max(bounds.Intervals.Length, 1) > MaximumRanges)
            {
                return;
            }

            _bounds.Add(bounds);
            ranges *= Math.Max(bounds.Intervals.Length, 1);
            if (!bounds.IsPoints)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Conditions on a field with single values are intersected. Where an element of an array may meet one condition and another
    /// element the next, only one condition can bound the scan, and only one such field.
    /// </summary>
    private FieldBounds? BoundField(int field)
    {
        bool multikey = Index.IsMultikeyAt(field);
        if (multikey && _usedMultikey)
        {
            return null;
        }

        FieldBounds? best = null;
        foreach (var condition in _shape.ConditionsOn(Index.Definition.Fields[field].Path))
        {
            if (FieldBounds.Of(condition) is not { } bounds)
            {
                continue;
            }

            if (!multikey)
            {
                Cover(condition, bounds);
                best = best is null ? bounds : best.Intersect(bounds);
            }
            else if (best is null || Worth(bounds) > Worth(best))
            {
                _covered.RemoveWhere(covered => _shape.ConditionsOn(Index.Definition.Fields[field].Path).Contains(covered));
                Cover(condition, bounds);
                best = bounds;
            }
        }

        _usedMultikey |= multikey && best is not null;
        return best;
    }

    private void Cover(FilterNode condition, FieldBounds bounds)
    {
        if (bounds.IsExact)
        {
            _covered.Add(condition);
        }
    }

    private static int Worth(FieldBounds bounds) => bounds switch
    {
        { IsSinglePoint: true } => 10,
        { IsPoints: true } => 8,
        { Intervals: [var only] } when only == Interval.Full => 0,
        { Intervals: [{ Low.Length: > 1, High.Length: > 1 }] } => 6,
        _ => 5,
    };

    private int Rate()
    {
        return IsUniquePoint ? 1000 : _bounds.Sum(Worth) + (ProvidesSort && !_shape.Sort.IsEmpty ? _shape.Wanted > 0 ? 7 : 4 : 0);
    }

    /// <summary>
    /// The index gives the asked order if, leaving out fields fixed to one value, its fields and the sort's are the same with
    /// the same directions, or all with the opposite ones. When merging, fields fixed to a few values each are left out as well.
    /// </summary>
    private bool MatchSort(bool merging)
    {
        var sort = _shape.Sort.Fields;
        int at = 0;
        bool? backward = null;
        for (int i = 0; at < sort.Count; i++)
        {
            while (at < sort.Count && IsFixed(sort[at].Path.Text))
            {
                at++;
            }

            if (at == sort.Count)
            {
                break;
            }

            if (i == Index.Definition.Fields.Length)
            {
                return false;
            }

            var field = Index.Definition.Fields[i];
            if (IsFixedAt(i) || (merging && i < _bounds.Count && _bounds[i].IsPoints))
            {
                continue;
            }

            bool opposite = field.Descending != sort[at].Descending;
            if (field.Path != sort[at].Path.Text || Index.IsMultikeyAt(i) || (backward ?? opposite) != opposite)
            {
                return false;
            }

            backward = opposite;
            at++;
        }

        Backward = backward ?? false;
        return true;
    }

    private bool CanMerge()
    {
        int runs = 1;
        foreach (var bounds in _bounds)
        {
            runs *= bounds.Intervals.Length;
            if (runs > MaximumMerged)
            {
                return false;
            }
        }

        return runs > 1;
    }

    private bool IsFixedAt(int field) => field < _bounds.Count && _bounds[field].IsSinglePoint;

    private bool IsFixed(string path)
    {
        for (int i = 0; i < _bounds.Count; i++)
        {
            if (IsFixedAt(i) && !Index.IsMultikeyAt(i) && Index.Definition.Fields[i].Path == path)
            {
                return true;
            }
        }

        return false;
    }

    private ImmutableArray<KeyRange> Ranges()
    {
        byte[] number = new byte[IndexKeys.PrefixLength];
        BinaryPrimitives.WriteInt32BigEndian(number, Index.Id);
        List<byte[]> prefixes = [number];
        if (_bounds.Count == 0)
        {
            return [new KeyRange(number, KeyRange.After(number), number.Length)];
        }

        int last = _bounds.Count - 1;
        for (int i = 0; i < last; i++)
        {
            var points = Directed(i);
            prefixes = [.. from prefix in prefixes from point in points select (byte[])[.. prefix, .. point.Low]];
        }

        bool fixes = _bounds[last].IsPoints;
        return [.. from prefix in prefixes
                   from run in Directed(last)
                   select new KeyRange(
                       [.. prefix, .. run.Start], [.. prefix, .. run.End], prefix.Length + (fixes ? run.Low.Length : 0))];
    }

    /// <summary>A field's intervals as the index orders them.</summary>
    private IEnumerable<Interval> Directed(int field) => Index.Definition.Fields[field].Descending
        ? _bounds[field].Intervals.Reverse().Select(interval => interval.Descending())
        : _bounds[field].Intervals;
}
