using FFMpegCore;
using FFMpegCore.Exceptions;
using Microsoft.Extensions.Logging;

namespace Ecodrix.Engine.Media;

/// <summary>Makes videos and sounds into what WhatsApp plays, with FFmpeg. Where it is not installed they are passed on as they are.</summary>
internal sealed class ClipPress(TimeProvider clock, ILogger<ClipPress> log)
{
    private const long VideoLimit = 16L * 1024 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestClip = TimeSpan.FromMinutes(60);

    private readonly Lazy<bool> _installed = new(() => IsInstalled(log));

    public bool Available => _installed.Value;

    /// <summary>The clip anew, as a file to be deleted by the caller; null where FFmpeg is not at hand.</summary>
    /// <exception cref="Kernel.RefusedException">UNSUPPORTED_FILE.</exception>
    public async Task<(string Path, FileKind Kind)?> PressAsync(string input, FileKind kind, CancellationToken ct)
    {
        if (!Available)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, Longest, Timeout.InfiniteTimeSpan);
        try
        {
            var facts = await FFProbe.AnalyseAsync(input, cancellationToken: limit.Token);
            var video = kind.Kind == "video" && facts.PrimaryVideoStream is not null;
            if (facts.Duration <= TimeSpan.Zero || facts.Duration > LongestClip || (!video && facts.PrimaryAudioStream is null))
            {
                throw MediaRefusals.Unsupported("The file holds nothing that can be played, or more than an hour of it.");
            }

            return video ? await VideoAsync(input, facts, limit.Token) : await SoundAsync(input, limit.Token);
        }
        catch (Exception e) when (e is FFMpegException or FormatNullException or InvalidOperationException or System.Text.Json.JsonException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            log.LogInformation(e, "A clip could not be converted");
            throw MediaRefusals.Unsupported("The video or audio cannot be read: it is damaged, cut short or of an unknown kind.");
        }
    }

    private static async Task<(string, FileKind)?> VideoAsync(string input, IMediaAnalysis facts, CancellationToken ct)
    {
        // Room for the sound and the container; what is short is not blown up to fill it.
        var kilobits = Math.Min(2000, (int)(VideoLimit * 0.9 * 8 / 1000 / Math.Max(1, facts.Duration.TotalSeconds)) - 96);
        if (kilobits < 60)
        {
            throw MediaRefusals.Unsupported($"The video is too long ({facts.Duration:hh\\:mm\\:ss}) to fit WhatsApp's 16 MB.");
        }

        var output = Path.Combine(Path.GetTempPath(), $"ecodrix-{Guid.NewGuid():n}.mp4");
        await RunAsync(input, output, $"-c:v libx264 -preset veryfast -profile:v main -pix_fmt yuv420p -b:v {kilobits}k -maxrate {kilobits}k -bufsize {kilobits * 2}k "
            + "-vf \"scale='min(1280,iw)':'min(1280,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2\" -c:a aac -b:a 96k -ac 2 -map_metadata -1 -movflags +faststart", ct);
        return (output, new FileKind("video", "video/mp4", ".mp4"));
    }

    private static async Task<(string, FileKind)?> SoundAsync(string input, CancellationToken ct)
    {
        var output = Path.Combine(Path.GetTempPath(), $"ecodrix-{Guid.NewGuid():n}.ogg");
        await RunAsync(input, output, "-vn -c:a libopus -b:a 32k -ac 1 -ar 48000 -map_metadata -1", ct);
        return (output, new FileKind("audio", "audio/ogg", ".ogg"));
    }

    private static async Task RunAsync(string input, string output, string how, CancellationToken ct)
    {
        try
        {
            // Only files: a playlist inside a clip must not make it fetch addresses.
            await FFMpegArguments.FromFileInput(input, true, o => o.WithCustomArgument("-protocol_whitelist file"))
                .OutputToFile(output, true, o => o.WithCustomArgument(how + " -threads 1"))
                .CancellableThrough(ct)
                .ProcessAsynchronously(true, null, ct);
        }
        catch
        {
            File.Delete(output);
            throw;
        }
    }

    private static bool IsInstalled(ILogger log)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "ffmpeg")) || File.Exists(Path.Combine(folder, "ffmpeg.exe")));
        if (!found)
        {
            log.LogWarning("FFmpeg is not installed: videos and audio are passed on as they are");
        }

        return found;
    }
}
