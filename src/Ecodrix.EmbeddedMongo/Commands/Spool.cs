using System.Buffers.Binary;
using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Planning;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>
/// Results put aside for a cursor: the first few in memory, more of them in a temporary file that vanishes when it is closed.
/// So an open cursor holds neither memory nor a transaction.
/// </summary>
internal sealed class Spool : ResultStream
{
    private const int InMemory = 256 * 1024;
    private const int FileBuffer = 64 * 1024;

    private readonly ByteBuffer _memory = new();
    private readonly byte[] _length = new byte[4];
    private FileStream? _file;
    private int _read;

    public bool IsEmpty { get; private set; } = true;

    /// <summary>Puts aside what is left of some results.</summary>
    public static Spool Of(ResultStream results, ReadOnlySpan<byte> first, string directory)
    {
        var spool = new Spool();
        using var document = new ByteBuffer();
        try
        {
            if (!first.IsEmpty)
            {
                spool.Add(first, directory);
            }

            while (results.Next(document))
            {
                spool.Add(document.Span, directory);
                document.Clear();
            }

            spool._file?.Seek(0, SeekOrigin.Begin);
            return spool;
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    public override bool Next(ByteBuffer output)
    {
        if (_read < _memory.Length)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(_memory.Span[_read..]);
            output.Write(_memory.Span.Slice(_read, length));
            _read += length;
            return true;
        }

        if (_file is null || _file.ReadAtLeast(_length, _length.Length, throwOnEndOfStream: false) < _length.Length)
        {
            return false;
        }

        int rest = BinaryPrimitives.ReadInt32LittleEndian(_length);
        output.Write(_length);
        _file.ReadExactly(output.Append(rest - _length.Length));
        return true;
    }

    public override void Dispose()
    {
        _memory.Dispose();
        _file?.Dispose();
    }

    private void Add(ReadOnlySpan<byte> document, string directory)
    {
        IsEmpty = false;
        if (_file is null && _memory.Length + document.Length <= InMemory)
        {
            _memory.Write(document);
            return;
        }

        _file ??= new FileStream(Path.Combine(directory, Path.GetRandomFileName()), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = FileBuffer,
            Options = FileOptions.DeleteOnClose | FileOptions.SequentialScan,
        });
        _file.Write(document);
    }
}
