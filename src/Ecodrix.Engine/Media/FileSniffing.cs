using System.IO.Compression;
using System.Text;

namespace Ecodrix.Engine.Media;

/// <summary>What a file is by its content.</summary>
/// <param name="Kind">image, video, audio or document.</param>
/// <param name="MimeType">Its type.</param>
/// <param name="Extension">With a dot.</param>
internal sealed record FileKind(string Kind, string MimeType, string Extension);

/// <summary>Finds out what a file is by its bytes; names and claimed types are not believed.</summary>
internal static class FileSniffing
{
    private const int MostEntries = 10_000;
    private const long MostUnpacked = 1024L * 1024 * 1024;
    private const int MostRatio = 200;

    /// <summary>The kind of a seekable stream's content; null when it is none that WhatsApp carries.</summary>
    /// <exception cref="Kernel.RefusedException">UNSUPPORTED_FILE, for an office file that is a trap.</exception>
    public static FileKind? Of(Stream content)
    {
        Span<byte> head = stackalloc byte[512];
        content.Position = 0;
        head = head[..content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        content.Position = 0;
        return Magic(head)
            ?? (head.StartsWith(CompoundFile.Signature) ? OldOffice(content) : null)
            ?? (head.StartsWith("PK\x03\x04"u8) ? Office(content) : null)
            ?? (IsPlainText(content, head) ? new FileKind("document", "text/plain", ".txt") : null);
    }

    private static FileKind? Magic(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return new("image", "image/jpeg", ".jpg");
        }

        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
        {
            return new("image", "image/png", ".png");
        }

        if (head.StartsWith("RIFF"u8) && head.Length >= 12)
        {
            return head[8..].StartsWith("WEBP"u8) ? new("image", "image/webp", ".webp") : head[8..].StartsWith("WAVE"u8) ? new("audio", "audio/wav", ".wav") : null;
        }

        if (head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8))
        {
            return new("image", "image/gif", ".gif");
        }

        if (head.StartsWith("%PDF-"u8))
        {
            return new("document", "application/pdf", ".pdf");
        }

        return Clip(head);
    }

    private static FileKind? Clip(ReadOnlySpan<byte> head)
    {
        if (head.Length >= 12 && head[4..].StartsWith("ftyp"u8))
        {
            var brand = Encoding.ASCII.GetString(head[8..12]);
            return brand switch
            {
                "M4A " or "M4B " => new("audio", "audio/mp4", ".m4a"),
                _ when brand.StartsWith("3g", StringComparison.Ordinal) => new("video", "video/3gpp", ".3gp"),
                "qt  " => new("video", "video/quicktime", ".mov"),
                "heic" or "heix" or "mif1" or "avif" => null,
                _ => new("video", "video/mp4", ".mp4"),
            };
        }

        return head switch
        {
            // What browsers record: the tracks are named in the beginning, and one without a picture is sound.
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) && head.IndexOf("A_OPUS"u8) >= 0 && head.IndexOf("V_"u8) < 0 => new("audio", "audio/webm", ".webm"),
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) => new("video", "video/webm", ".webm"),
            _ when head.StartsWith("OggS"u8) => new("audio", "audio/ogg", ".ogg"),
            _ when head.StartsWith("#!AMR"u8) => new("audio", "audio/amr", ".amr"),
            _ when head.StartsWith("ID3"u8) => new("audio", "audio/mpeg", ".mp3"),
            [0xFF, 0xF1 or 0xF9, ..] => new("audio", "audio/aac", ".aac"),
            [0xFF, 0xFB or 0xF3 or 0xF2, ..] => new("audio", "audio/mpeg", ".mp3"),
            _ => null,
        };
    }

    /// <summary>An office file of before 2007 by its streams; an installer or a mail is one of the same format, and none of these.</summary>
    private static FileKind? OldOffice(Stream content)
    {
        var names = CompoundFile.Names(content) ?? throw MediaRefusals.Unsupported("The file begins like an office file but is not a whole one.");
        if (names.Contains("_VBA_PROJECT") || names.Contains("_VBA_PROJECT_CUR") || names.Contains("VBA"))
        {
            throw MediaRefusals.Macros();
        }

        return names.Contains("WordDocument") ? new("document", "application/msword", ".doc")
            : names.Contains("Workbook") || names.Contains("Book") ? new("document", "application/vnd.ms-excel", ".xls")
            : names.Contains("PowerPoint Document") ? new("document", "application/vnd.ms-powerpoint", ".ppt")
            : null;
    }

    /// <summary>An office file by its parts. Nothing is unpacked: the directory at its end tells names and sizes.</summary>
    private static FileKind? Office(Stream content)
    {
        try
        {
            using var zip = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
            long unpacked = 0;
            foreach (var entry in zip.Entries)
            {
                unpacked += entry.Length;
                if (zip.Entries.Count > MostEntries || unpacked > MostUnpacked
                    || (entry.Length > 10 * 1024 * 1024 && entry.Length / Math.Max(1, entry.CompressedLength) > MostRatio))
                {
                    throw MediaRefusals.Unsupported("The file unpacks to far more than it holds, as a zip bomb does.");
                }

                if (entry.Name.Equals("vbaProject.bin", StringComparison.OrdinalIgnoreCase))
                {
                    throw MediaRefusals.Macros();
                }
            }

            const string Prefix = "application/vnd.openxmlformats-officedocument.";
            return zip.GetEntry("[Content_Types].xml") is null ? null
                : zip.GetEntry("word/document.xml") is not null ? new("document", Prefix + "wordprocessingml.document", ".docx")
                : zip.GetEntry("xl/workbook.xml") is not null ? new("document", Prefix + "spreadsheetml.sheet", ".xlsx")
                : zip.GetEntry("ppt/presentation.xml") is not null ? new("document", Prefix + "presentationml.presentation", ".pptx")
                : null;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ArgumentException or OverflowException)
        {
            throw MediaRefusals.Unsupported("The file begins like a zip archive but is not a whole one.");
        }
        finally
        {
            content.Position = 0;
        }
    }

    /// <summary>Text without control characters and without markup: a page or a picture with script in it is not text.</summary>
    private static bool IsPlainText(Stream content, ReadOnlySpan<byte> head)
    {
        if (head.Length == 0 || content.Length > 5 * 1024 * 1024)
        {
            return false;
        }

        var bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        content.Position = 0;
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            var start = text.TrimStart('\uFEFF', ' ', '\r', '\n', '\t');
            return !start.StartsWith('<') && !start.StartsWith("#!", StringComparison.Ordinal) && !text.AsSpan().ContainsAny("\0\u0001\u0002\u001b")
                && !text.Contains("<script", StringComparison.OrdinalIgnoreCase);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
