using System.Buffers.Binary;
using Ecodrix.EmbeddedMongo.Bson;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>
/// Collects the entries that one document has in one index, sorted and each once. A reusable work space.
/// </summary>
/// <remarks>
/// An entry is the index's number, the encoded fields and, unless the index is unique, the record's number. A path that
/// meets an array makes an entry per element; two fields of one index may only meet the same array.
/// https://www.mongodb.com/docs/manual/core/indexes/index-types/index-multikey/
/// </remarks>
internal sealed class IndexKeys : IDisposable
{
    /// <summary>The bytes of an index's number at the start of each of its entries.</summary>
    public const int PrefixLength = 4;

    /// <summary>The bytes of a record's number at the end of entries of an index that is not unique.</summary>
    public const int RecordLength = 5;

    /// <summary>MongoDB's limit on the fields of a compound index.</summary>
    public const int MaximumFields = 32;

    private readonly ByteBuffer _bytes = new(256);
    private readonly List<(int Start, int Length)> _entries = [];
    private IndexInfo _index = null!;
    private long _record;

    public int Count => _entries.Count;

    /// <summary>The fields, as bits, in which the document made the index hold several values.</summary>
    public ulong Multikey { get; private set; }

    public ReadOnlySpan<byte> this[int entry] => _bytes.Span.Slice(_entries[entry].Start, _entries[entry].Length);

    public static void WritePrefix(ByteBuffer key, int index) => BinaryPrimitives.WriteInt32BigEndian(key.Append(PrefixLength), index);

    /// <exception cref="MongoError">171: two fields of the index are arrays.</exception>
    public void Collect(IndexInfo index, ReadOnlySpan<byte> document, long record)
    {
        Clear();
        _index = index;
        _record = record;
        if (!index.Definition.Covers(document))
        {
            return;
        }

        int count = index.Definition.Fields.Length;
        Span<Cursor> cursors = stackalloc Cursor[count];
        cursors.Fill(new Cursor(new RawValue(BsonType.Document, 0, document.Length), 0, false));
        Expand(document, cursors);
        if (_entries.Count > 1)
        {
            SortAndDeduplicate();
        }
    }

    public void Clear()
    {
        _bytes.Clear();
        _entries.Clear();
        Multikey = 0;
    }

    public bool SequenceEqual(IndexKeys other)
    {
        if (Count != other.Count)
        {
            return false;
        }

        for (int i = 0; i < Count; i++)
        {
            if (!this[i].SequenceEqual(other[i]))
            {
                return false;
            }
        }

        return true;
    }

    public bool Contains(ReadOnlySpan<byte> entry)
    {
        for (int i = 0; i < Count; i++)
        {
            if (this[i].SequenceEqual(entry))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => _bytes.Dispose();

    private void Expand(ReadOnlySpan<byte> document, Span<Cursor> cursors)
    {
        var fields = _index.Definition.Fields;
        int arrayAt = -1;
        for (int i = 0; i < cursors.Length; i++)
        {
            cursors[i] = Walk(document, fields[i], cursors[i]);
            if (cursors[i].IsAtArray)
            {
                arrayAt = arrayAt < 0 || cursors[i].Value == cursors[arrayAt].Value
                    ? i
                    : throw new MongoError(171, "CannotIndexParallelArrays",
                        $"cannot index parallel arrays [{fields[i].Path}] [{fields[arrayAt].Path}]");
            }
        }

        if (arrayAt < 0)
        {
            Emit(document, cursors);
        }
        else
        {
            ExpandArray(document, cursors, cursors[arrayAt].Value);
        }
    }

    private void ExpandArray(ReadOnlySpan<byte> document, Span<Cursor> cursors, RawValue array)
    {
        var fields = _index.Definition.Fields;
        Span<Cursor> inner = stackalloc Cursor[cursors.Length];
        var items = RawDocument.Elements(document, array);
        bool any = items.Next();
        do
        {
            for (int i = 0; i < cursors.Length; i++)
            {
                inner[i] = cursors[i].IsAtArray ? StepInto(cursors[i], any, items.Value, fields[i]) : cursors[i];
                Multikey |= cursors[i].IsAtArray ? 1UL << i : 0;
            }

            Expand(document, inner);
        }
        while (any && items.Next());
    }

    private static Cursor StepInto(Cursor cursor, bool any, RawValue item, IndexField field)
    {
        bool ends = cursor.Depth == field.Components.Length;
        if (!any)
        {
            return new Cursor(ends ? RawValue.EmptyArray : RawValue.Missing, cursor.Depth, true);
        }

        // An array within the array is one value, not looked into again.
        return ends ? new Cursor(item, cursor.Depth, true)
            : item.Type == BsonType.Document ? new Cursor(item, cursor.Depth, false)
            : new Cursor(RawValue.Missing, cursor.Depth, true);
    }

    /// <summary>Follows a field's path until it ends, breaks off or meets an array.</summary>
    private static Cursor Walk(ReadOnlySpan<byte> document, IndexField field, Cursor cursor)
    {
        while (!cursor.Done)
        {
            if (cursor.Value.Type == BsonType.Array)
            {
                if (!TryPosition(document, field, cursor, out cursor))
                {
                    return cursor;
                }
            }
            else if (cursor.Depth == field.Components.Length)
            {
                return cursor with { Done = true };
            }
            else if (cursor.Value.Type == BsonType.Document
                && RawDocument.TryFind(document, cursor.Value, field.Components[cursor.Depth], out var value))
            {
                cursor = new Cursor(value, cursor.Depth + 1, false);
            }
            else
            {
                return new Cursor(RawValue.Missing, cursor.Depth, true);
            }
        }

        return cursor;
    }

    /// <summary>Lets a component of digits name an element of the array the cursor stands at.</summary>
    private static bool TryPosition(ReadOnlySpan<byte> document, IndexField field, Cursor cursor, out Cursor next)
    {
        next = cursor;
        if (cursor.Depth == field.Components.Length || field.Positions[cursor.Depth] < 0)
        {
            return false;
        }

        var name = field.Components[cursor.Depth];
        var items = RawDocument.Elements(document, cursor.Value);
        while (items.Next())
        {
            if (items.Value.Type == BsonType.Document && RawDocument.TryFind(document, items.Value, name, out _))
            {
                throw new MongoError(16746, "Location16746",
                    $"Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), field: '{field.Path}'");
            }
        }

        next = RawDocument.TryFind(document, cursor.Value, name, out var element)
            ? new Cursor(element, cursor.Depth + 1, false)
            : new Cursor(RawValue.Missing, cursor.Depth, true);
        return true;
    }

    private void Emit(ReadOnlySpan<byte> document, ReadOnlySpan<Cursor> cursors)
    {
        if (_index.Definition.Sparse && !AnyPresent(cursors))
        {
            return;
        }

        int start = _bytes.Length;
        WritePrefix(_bytes, _index.Id);
        for (int i = 0; i < cursors.Length; i++)
        {
            int field = _bytes.Length;
            KeyEncoder.Write(_bytes, document, cursors[i].Value);
            if (_index.Definition.Fields[i].Descending)
            {
                KeyEncoder.Invert(_bytes, field);
            }
        }

        if (!_index.Definition.Unique)
        {
            WriteRecord(_bytes, _record);
        }

        _entries.Add((start, _bytes.Length - start));
    }

    public static void WriteRecord(ByteBuffer key, long record)
    {
        var bytes = key.Append(RecordLength);
        bytes[0] = (byte)(record >> 32);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], (uint)record);
    }

    private static bool AnyPresent(ReadOnlySpan<Cursor> cursors)
    {
        foreach (var cursor in cursors)
        {
            if (cursor.Value != RawValue.Missing)
            {
                return true;
            }
        }

        return false;
    }

    private void SortAndDeduplicate()
    {
        _entries.Sort((x, y) => Bytes(x).SequenceCompareTo(Bytes(y)));
        int kept = 1;
        for (int i = 1; i < _entries.Count; i++)
        {
            if (!Bytes(_entries[i]).SequenceEqual(Bytes(_entries[kept - 1])))
            {
                _entries[kept++] = _entries[i];
            }
        }

        _entries.RemoveRange(kept, _entries.Count - kept);

        ReadOnlySpan<byte> Bytes((int Start, int Length) entry) => _bytes.Span.Slice(entry.Start, entry.Length);
    }

    /// <summary>Where a field's path has got to.</summary>
    private readonly record struct Cursor(RawValue Value, int Depth, bool Done)
    {
        public bool IsAtArray => !Done && Value.Type == BsonType.Array;
    }
}
