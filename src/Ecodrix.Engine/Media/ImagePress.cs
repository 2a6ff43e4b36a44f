using NetVips;

namespace Ecodrix.Engine.Media;

/// <summary>Makes pictures small enough and takes out what a camera wrote beside them (place, time, device).</summary>
internal static class ImagePress
{
    private const int LongestSide = 1920;
    private const long MostPixels = 100_000_000;
    private const long JpegLimit = 5L * 1024 * 1024;
    private const int StickerSide = 512;
    private const int LargestStill = 100 * 1024;

    /// <summary>What a sticker may have that moves; one that stands still has less.</summary>
    public const int LargestSticker = 500 * 1024;

    /// <summary>The picture anew, at most 1920 px a side, and what it became.</summary>
    /// <exception cref="Kernel.RefusedException">UNSUPPORTED_FILE.</exception>
    public static (byte[] Bytes, FileKind Kind, int Width, int Height) Press(byte[] bytes, FileKind kind)
    {
        try
        {
            using (var header = Image.NewFromBuffer(bytes, access: Enums.Access.Sequential))
            {
                // Only the header has been read: a picture that would fill the memory is never unpacked.
                if ((long)header.Width * header.Height > MostPixels)
                {
                    throw MediaRefusals.Unsupported($"The image has {header.Width} × {header.Height} pixels; 100 million in all are the most.");
                }

                if (kind.MimeType == "image/webp" && Sticker(bytes, header) is { } sticker)
                {
                    return (sticker, kind with { Kind = "sticker" }, StickerSide, StickerSide);
                }
            }

            using var small = Image.ThumbnailBuffer(bytes, LongestSide, height: LongestSide, size: Enums.Size.Down);
            return kind.MimeType switch
            {
                "image/png" or "image/gif" => Png(small),
                // Meta takes WebP as stickers only.
                "image/webp" when small.HasAlpha() => Png(small),
                "image/webp" => (small.JpegsaveBuffer(q: 82, keep: Enums.ForeignKeep.None), new FileKind("image", "image/jpeg", ".jpg"), small.Width, small.Height),
                _ => (small.JpegsaveBuffer(q: 82, keep: Enums.ForeignKeep.None), kind, small.Width, small.Height),
            };
        }
        catch (VipsException e)
        {
            throw MediaRefusals.Unsupported($"The image cannot be read: {e.Message.Split('\n')[0]}");
        }
    }

    /// <summary>A WebP that Meta takes as a sticker, with all its pictures where it moves; null when it takes it as none.</summary>
    private static byte[]? Sticker(byte[] bytes, Image header)
    {
        var pictures = header.Contains("n-pages") ? (int)header.Get("n-pages") : 1;
        if ((header.Width, header.Height) != (StickerSide, StickerSide) || (long)pictures * header.Width * header.Height > MostPixels)
        {
            return null;
        }

        using var all = Image.NewFromBuffer(bytes, pictures > 1 ? "n=-1" : "");
        var webp = all.WebpsaveBuffer(q: 82, keep: Enums.ForeignKeep.None);
        return webp.Length <= (pictures > 1 ? LargestSticker : LargestStill) ? webp : null;
    }

    private static (byte[], FileKind, int, int) Png(Image image)
    {
        var png = image.PngsaveBuffer(keep: Enums.ForeignKeep.None);
        return png.Length <= JpegLimit || image.HasAlpha()
            ? (png, new FileKind("image", "image/png", ".png"), image.Width, image.Height)
            : (image.JpegsaveBuffer(q: 85, keep: Enums.ForeignKeep.None), new FileKind("image", "image/jpeg", ".jpg"), image.Width, image.Height);
    }
}
