using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Ecodrix.EmbeddedMongo.Bson;

namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>Takes a whole message apart: OP_MSG, or the OP_QUERY that a client may greet with.</summary>
internal static class FrameParser
{
    private const byte BodySection = 0;
    private const byte SequenceSection = 1;

    /// <exception cref="MalformedFrameException">The bytes are not a message of the protocol.</exception>
    public static Request Parse(ReadOnlyMemory<byte> frame)
    {
        int id = BinaryPrimitives.ReadInt32LittleEndian(frame.Span[4..]);
        int opcode = BinaryPrimitives.ReadInt32LittleEndian(frame.Span[12..]);
        try
        {
            return opcode switch
            {
                Opcode.Message => Message(id, frame),
                Opcode.Query => Query(id, frame),
                _ => throw new MalformedFrameException($"opcode {opcode} is not supported"),
            };
        }
        catch (MongoError error)
        {
            throw new MalformedFrameException(error.Message);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new MalformedFrameException("a message is cut short");
        }
    }

    private static Request Message(int id, ReadOnlyMemory<byte> frame)
    {
        int flags = BinaryPrimitives.ReadInt32LittleEndian(frame.Span[Opcode.HeaderLength..]);
        if ((flags & Opcode.RequiredFlags & ~(Opcode.ChecksumPresent | Opcode.MoreToCome)) != 0)
        {
            throw new MalformedFrameException($"unknown required message flags {flags:x}");
        }

        if ((flags & Opcode.ChecksumPresent) != 0)
        {
            frame = WithoutChecksum(frame);
        }

        ReadOnlyMemory<byte> body = default;
        Dictionary<string, List<ReadOnlyMemory<byte>>>? sequences = null;
        for (int at = Opcode.HeaderLength + 4; at < frame.Length;)
        {
            byte kind = frame.Span[at++];
            if (kind == BodySection && body.IsEmpty)
            {
                body = TakeDocument(frame, ref at);
            }
            else if (kind == SequenceSection)
            {
                TakeSequence(frame, ref at, sequences ??= new(StringComparer.Ordinal));
            }
            else
            {
                throw new MalformedFrameException($"unexpected message section of kind {kind}");
            }
        }

        return body.IsEmpty
            ? throw new MalformedFrameException("a message has no body")
            : new Request(id, isLegacy: false, expectsReply: (flags & Opcode.MoreToCome) == 0, body, sequences);
    }

    /// <summary>Only commands to <c>*.$cmd</c> are left of OP_QUERY; the dispatcher takes none but the greeting.</summary>
    private static Request Query(int id, ReadOnlyMemory<byte> frame)
    {
        int name = Opcode.HeaderLength + 4;
        int length = frame.Span[name..].IndexOf((byte)0);
        if (length < 0 || !frame.Span.Slice(name, length).EndsWith(".$cmd"u8))
        {
            throw new MalformedFrameException("OP_QUERY is supported for commands only");
        }

        int at = name + length + 1 + 8;
        return new Request(id, isLegacy: true, expectsReply: true, TakeDocument(frame, ref at), null);
    }

    private static void TakeSequence(
        ReadOnlyMemory<byte> frame, ref int at, Dictionary<string, List<ReadOnlyMemory<byte>>> sequences)
    {
        int size = BinaryPrimitives.ReadInt32LittleEndian(frame.Span[at..]);
        if (size < 5 || size > frame.Length - at)
        {
            throw new MalformedFrameException("a document sequence does not fit its message");
        }

        var section = frame[..(at + size)];
        at += 4;
        int length = section.Span[at..].IndexOf((byte)0);
        if (length < 0)
        {
            throw new MalformedFrameException("the name of a document sequence is not terminated");
        }

        string name = Encoding.UTF8.GetString(section.Span.Slice(at, length));
        at += length + 1;
        var documents = new List<ReadOnlyMemory<byte>>();
        while (at < section.Length)
        {
            documents.Add(TakeDocument(section, ref at));
        }

        if (!sequences.TryAdd(name, documents))
        {
            throw new MalformedFrameException($"the document sequence {name} appears twice");
        }
    }

    private static ReadOnlyMemory<byte> TakeDocument(ReadOnlyMemory<byte> frame, ref int at)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(frame.Span[at..]);
        if (length < RawDocument.MinimumLength || length > frame.Length - at)
        {
            throw new MalformedFrameException("a document does not fit its message");
        }

        var document = frame.Slice(at, length);
        RawValidation.Check(document.Span);
        at += length;
        return document;
    }

    private static ReadOnlyMemory<byte> WithoutChecksum(ReadOnlyMemory<byte> frame)
    {
        var content = frame[..^4];
        uint crc = uint.MaxValue;
        foreach (byte b in content.Span)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc == BinaryPrimitives.ReadUInt32LittleEndian(frame.Span[^4..])
            ? content
            : throw new MalformedFrameException("the checksum of a message does not match");
    }
}
