using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>A growing run of bytes over pooled arrays. Not safe for several threads at once.</summary>
internal sealed class ByteBuffer(int capacity = 512) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>The bytes written so far, to be changed in place.</summary>
    public Span<byte> Mutable => _bytes.AsSpan(0, Length);

    /// <summary>Appends room for <paramref name="count"/> bytes, which the caller fills.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Append(int count)
    {
        int start = Length;
        if (_bytes.Length - start < count)
        {
            Grow(start + count);
        }

        Length = start + count;
        return _bytes.AsSpan(start, count);
    }

    public void WriteByte(byte value) => Append(1)[0] = value;

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Append(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Append(8), value);

    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Append(8), value);

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Append(bytes.Length));

    /// <summary>Overwrites four bytes already written: lengths are known only after what they measure.</summary>
    public void PatchInt32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at, 4), value);

    public void Truncate(int length) => Length = length;

    /// <summary>Empties the buffer, and gives back an array that one large message made it rent.</summary>
    public void Clear(int keepAtMost = 1 << 20)
    {
        Length = 0;
        if (_bytes.Length > keepAtMost)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = ArrayPool<byte>.Shared.Rent(512);
        }
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
            Length = 0;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
