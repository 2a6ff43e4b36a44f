using System.Collections.Immutable;
using Ecodrix.EmbeddedMongo.Indexes;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>The counts that one collection keeps: of the runs asked for most recently.</summary>
internal sealed class RangeCounts
{
    private const int Capacity = 64;

    private readonly Lock _gate = new();
    private readonly List<(RangeCount Count, int Change)> _document = [];
    private ImmutableArray<RangeCount> _kept = [];

    /// <summary>Whether any is kept. Where none is, writes have nothing to note.</summary>
    public bool Any => !_kept.IsEmpty;

    public bool TryGet(string key, out long value)
    {
        foreach (var count in _kept)
        {
            if (count.Key == key)
            {
                count.UsedAt = Environment.TickCount64;
                value = count.Value;
                return value >= 0;
            }
        }

        value = 0;
        return false;
    }

    /// <summary>Keeps one more, in place of the one that nobody asked for the longest; null if it is kept already.</summary>
    public RangeCount? Add(string key, ImmutableArray<KeyRange> runs)
    {
        lock (_gate)
        {
            if (_kept.Any(count => count.Key == key))
            {
                return null;
            }

            var kept = _kept.Length < Capacity ? _kept : _kept.Remove(_kept.MinBy(count => count.UsedAt)!);
            var added = new RangeCount(key, runs);
            _kept = kept.Add(added);
            return added;
        }
    }

    /// <summary>A document is about to be written: what is noted from here on can be undone.</summary>
    public void BeginDocument() => _document.Clear();

    public void Note(ReadOnlySpan<byte> entry, int change)
    {
        foreach (var count in _kept)
        {
            if (count.Note(entry, change))
            {
                _document.Add((count, change));
            }
        }
    }

    public void UndoDocument()
    {
        foreach (var (count, change) in _document)
        {
            count.Undo(change);
        }

        _document.Clear();
    }

    public void Commit()
    {
        foreach (var count in _kept)
        {
            count.Commit();
        }
    }

    public void Abandon()
    {
        foreach (var count in _kept)
        {
            count.Abandon();
        }
    }
}
