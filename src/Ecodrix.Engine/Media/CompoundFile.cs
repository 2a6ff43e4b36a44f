using System.Buffers.Binary;
using System.Text;

namespace Ecodrix.Engine.Media;

/// <summary>Looks into OLE compound files, which the office files of before 2007 are, and much else.</summary>
/// <remarks>[MS-CFB], Compound File Binary File Format, 2.2 to 2.6.</remarks>
internal static class CompoundFile
{
    private const int HeaderLength = 512;
    private const int EntryLength = 128;
    private const int FatsInHeader = 109;
    private const int MostSectors = 1_000;

    /// <summary>What every such file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

    /// <summary>The names of its streams and storages; null where the file is not a whole one.</summary>
    /// <param name="content">A seekable stream; stands at its beginning afterwards.</param>
    public static IReadOnlySet<string>? Names(Stream content)
    {
        try
        {
            return Read(content);
        }
        catch (EndOfStreamException)
        {
            return null;
        }
        finally
        {
            content.Position = 0;
        }
    }

    private static HashSet<string>? Read(Stream content)
    {
        var header = new byte[HeaderLength];
        content.Position = 0;
        content.ReadExactly(header);
        var shift = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(30));
        if (shift is not (9 or 12))
        {
            return null;
        }

        var sector = new byte[1 << shift];
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var at = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(48));
        // A chain that runs in a circle, or has more than any document needs, is a trap.
        for (var read = 0; at >= 0; read++)
        {
            if (read == MostSectors)
            {
                return null;
            }

            content.Position = (at + 1L) << shift;
            content.ReadExactly(sector);
            AddNames(sector, names);
            if (Next(content, header, at, shift) is not { } next)
            {
                return null;
            }

            at = next;
        }

        return names;
    }

    private static void AddNames(byte[] sector, HashSet<string> names)
    {
        for (var start = 0; start < sector.Length; start += EntryLength)
        {
            var entry = sector.AsSpan(start, EntryLength);
            // With the zero at its end; an entry that is not in use has none.
            var length = BinaryPrimitives.ReadUInt16LittleEndian(entry[64..]);
            if (length is > 2 and <= 64)
            {
                names.Add(Encoding.Unicode.GetString(entry[..(length - 2)]));
            }
        }
    }

    /// <summary>The sector after one, by the file's allocation table; negative at the chain's end, null where the table is not whole or too large.</summary>
    private static int? Next(Stream content, byte[] header, int at, int shift)
    {
        var each = (1 << shift) / sizeof(int);
        if (at / each >= FatsInHeader || BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(76 + (at / each * sizeof(int)))) is not (>= 0 and var table))
        {
            return null;
        }

        Span<byte> next = stackalloc byte[sizeof(int)];
        content.Position = ((table + 1L) << shift) + (at % each * sizeof(int));
        content.ReadExactly(next);
        return BinaryPrimitives.ReadInt32LittleEndian(next);
    }
}
