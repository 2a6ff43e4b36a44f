using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Ecodrix.Tests.Api.Withstand;

namespace Ecodrix.Tests.Api.Media;

/// <summary>A machine on which FFmpeg is not installed: what WhatsApp plays anyway still goes out.</summary>
public sealed class WithoutFfmpegTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecodrix-no-ffmpeg-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Sound_and_video_are_passed_on_as_they_are_and_the_log_says_so_once()
    {
        await using var app = new ChildApp(_folder.FullName, new Dictionary<string, string> { ["PATH"] = "/nowhere", ["Logging__LogLevel__Default"] = "Warning" });
        await app.StartAsync();
        var key = await ClientAsync(app);
        byte[] sound = [0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0, 0xFF, 0xFB, 0x90, 0x00, .. new byte[2_000]];
        byte[] video = [0, 0, 0, 0x18, .. "ftypmp42"u8, 0, 0, 0, 0, .. "mp42isom"u8, 0, 0, 0, 8, .. "mdat"u8, .. new byte[2_000]];

        foreach (var (bytes, name, type) in new[] { (sound, "voice.mp3", "audio/mpeg"), (video, "clip.mp4", "video/mp4"), (sound, "again.mp3", "audio/mpeg") })
        {
            var file = await UploadAsync(app, key, bytes, name);

            file.GetProperty("mimeType").GetString().Should().Be(type);
            using var fetched = await app.Http.GetAsync(new Uri(new Uri(app.Url), new Uri(file.GetProperty("url").GetString()!).PathAndQuery));
            (await fetched.Content.ReadAsByteArrayAsync()).Should().Equal(bytes, "{0} is not touched", name);
        }

        await Eventually.IsTrueAsync(() => Task.FromResult(Said() == 1), TimeSpan.FromSeconds(20));

        int Said() => app.Lines.Count(line => line.Contains("FFmpeg is not installed", StringComparison.Ordinal));
    }

    private static async Task<string> ClientAsync(ChildApp app)
    {
        using var make = new HttpRequestMessage(HttpMethod.Post, $"{app.Url}/api/clients") { Content = JsonContent.Create(new { name = "Quiet", code = "quiet" }) };
        make.Headers.Add("x-admin-key", ChildApp.AdminKey);
        return (await DataAsync(app, make)).GetProperty("apiKey").GetString()!;
    }

    private static async Task<JsonElement> UploadAsync(ChildApp app, string key, byte[] bytes, string name)
    {
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var form = new MultipartFormDataContent { { content, "file", name } };
        using var upload = new HttpRequestMessage(HttpMethod.Post, $"{app.Url}/api/saas/chat/upload") { Content = form };
        upload.Headers.Add("x-client-code", "quiet");
        upload.Headers.Add("x-api-key", key);
        return await DataAsync(app, upload);
    }

    private static async Task<JsonElement> DataAsync(ChildApp app, HttpRequestMessage request)
    {
        using var answer = await app.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.Should().BeTrue(text);
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }
}
