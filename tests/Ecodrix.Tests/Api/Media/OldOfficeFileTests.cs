using System.Buffers.Binary;
using System.Text;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Media;

namespace Ecodrix.Tests.Api.Media;

/// <summary>Office files of before 2007 are told apart by what is in them, not by their name. [MS-CFB].</summary>
public sealed class OldOfficeFileTests
{
    private const int Free = -1;
    private const int EndOfChain = -2;
    private const int Table = -3;

    [Theory]
    [InlineData("WordDocument", "application/msword", ".doc")]
    [InlineData("Workbook", "application/vnd.ms-excel", ".xls")]
    [InlineData("Book", "application/vnd.ms-excel", ".xls")]
    [InlineData("PowerPoint Document", "application/vnd.ms-powerpoint", ".ppt")]
    public void A_document_is_what_its_streams_say(string stream, string mime, string extension)
    {
        FileSniffing.Of(File("Root Entry", "SummaryInformation", stream)).Should().Be(new FileKind("document", mime, extension));
        FileSniffing.Of(File("Root Entry", "a", "b", "c", "d", "e", stream)).Should().Be(new FileKind("document", mime, extension), "the directory may take several sectors");
    }

    [Fact]
    public void An_installer_is_no_document() => FileSniffing.Of(File("Root Entry", "!Property", "Binary.setup")).Should().BeNull();

    [Fact]
    public void Macros_and_what_is_not_whole_are_refused_in_words()
    {
        var whole = File("Root Entry", "Workbook").ToArray();
        var looping = File("Root Entry", "Workbook").ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(looping.AsSpan(512 + sizeof(int)), 1);

        Refusal(File("Root Entry", "WordDocument", "Macros", "_VBA_PROJECT")).Should().Contain("macros");
        Refusal(new MemoryStream(whole[..600])).Should().Contain("not a whole one");
        Refusal(new MemoryStream(whole[..512])).Should().Contain("not a whole one");
        Refusal(new MemoryStream(looping)).Should().Contain("not a whole one");
        Refusal(new MemoryStream([.. whole[..30], 0xFF, 0xFF, .. whole[32..]])).Should().Contain("not a whole one");
    }

    private static string Refusal(Stream content)
    {
        var look = () => FileSniffing.Of(content);
        return look.Should().Throw<RefusedException>().Which.Message;
    }

    /// <summary>A compound file of version 3: header, one sector of its allocation table, and the directory from sector 1 on.</summary>
    private static MemoryStream File(params string[] names)
    {
        var sectors = (names.Length + 3) / 4;
        var file = new byte[512 * (2 + sectors)];
        byte[] signature = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
        signature.CopyTo(file, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(30), 9);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(48), 1);
        for (var at = 76; at < 512; at += sizeof(int))
        {
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), at == 76 ? 0 : Free);
        }

        for (var at = 0; at < 128; at++)
        {
            var next = at == 0 ? Table : at < sectors ? at + 1 : at == sectors ? EndOfChain : Free;
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(512 + (at * sizeof(int))), next);
        }

        foreach (var (at, name) in names.Index())
        {
            var entry = file.AsSpan(1024 + (at * 128));
            var length = Encoding.Unicode.GetBytes(name, entry);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[64..], (ushort)(length + 2));
            entry[66] = (byte)(at == 0 ? 5 : 2);
        }

        return new MemoryStream(file);
    }
}
