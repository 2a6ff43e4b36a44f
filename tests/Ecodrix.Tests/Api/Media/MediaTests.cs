using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Webhooks;
using Ecodrix.Tests.Api.Chat;
using NetVips;

namespace Ecodrix.Tests.Api.Media;

public sealed class MediaTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_picture_is_made_small_loses_what_the_camera_wrote_and_can_be_sent()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");

        var uploaded = await UploadAsync(tenant, Jpeg(3000, 1500, exif: true), "holiday.png");

        uploaded.Status.Should().Be(201, uploaded.Json.ToString());
        uploaded.Data.Text("mimeType").Should().Be("image/jpeg", "content counts, not the name");
        (uploaded.Data.GetProperty("width").GetInt32(), uploaded.Data.GetProperty("height").GetInt32()).Should().Be((1920, 960));
        using var fetched = await FetchAsync(uploaded.Data.Text("url")!);
        var bytes = await fetched.Content.ReadAsByteArrayAsync();
        Encoding.Latin1.GetString(bytes).Should().NotContain("SECRET-CAMERA");
        fetched.Content.Headers.ContentDisposition!.DispositionType.Should().Be("inline");
        fetched.Headers.GetValues("X-Content-Type-Options").Should().Contain("nosniff");

        var queued = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, mediaUrl = uploaded.Data.Text("url"), mediaType = "image", caption = "Here" });
        await app.RunDueAsync();
        var sent = app.SentTo(phone).Single();
        sent.GetProperty("image").Text("caption").Should().Be("Here");
        sent.GetProperty("image").Text("id").Should().NotBeNullOrEmpty("the file is Meta's by upload, not by an address it would have to reach");
        queued.Data.GetProperty("media").Text("state").Should().Be("stored");
    }

    [Fact]
    public async Task A_web_picture_becomes_what_WhatsApp_takes_and_a_sticker_stays_one()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");

        var photo = (await UploadAsync(tenant, WebP(800, 600, 3), "photo.webp")).Data;
        (photo.Text("mimeType"), photo.Text("mediaType"), photo.Text("fileName")).Should().Be(("image/jpeg", "image", "photo.jpg"));
        (await UploadAsync(tenant, WebP(800, 600, 4), "logo.webp")).Data.Text("mimeType").Should().Be("image/png", "what shows through stays so");
        var noise = (await UploadAsync(tenant, WebP(512, 512, 3, noise: true), "big.webp")).Data;
        noise.Text("mediaType").Should().Be("image", "it is too large for a sticker");
        var still = (await UploadAsync(tenant, WebP(512, 512, 4), "still.webp")).Data;
        var moving = (await UploadAsync(tenant, WebP(512, 512, 4, pictures: 3), "moving.webp")).Data;
        foreach (var sticker in new[] { still, moving })
        {
            (sticker.Text("mimeType"), sticker.Text("mediaType")).Should().Be(("image/webp", "sticker"));
        }

        using var fetched = await FetchAsync(moving.Text("url")!);
        using var all = Image.NewFromBuffer(await fetched.Content.ReadAsByteArrayAsync(), "n=-1");
        ((int)all.Get("n-pages")).Should().Be(3, "it still moves");

        (await SendAsync(photo, "image")).Status.Should().Be(201);
        (await SendAsync(still, null)).Status.Should().Be(201);
        (await SendAsync(moving, "sticker")).Status.Should().Be(201);
        var asPicture = await SendAsync(still, "image");
        asPicture.Status.Should().Be(400);
        asPicture.Json.ToString().Should().Contain("JPEG and PNG");
        var asSticker = await SendAsync(noise, "sticker");
        asSticker.Status.Should().Be(400);
        asSticker.Json.ToString().Should().Contain("512").And.Contain("100 KB");
        await app.RunDueAsync();
        app.SentTo(phone).Select(s => s.Text("type")).Should().BeEquivalentTo("image", "sticker", "sticker");
        await OutgoingSchema.CheckAsync(app.SentTo(phone));

        Task<TestAnswer> SendAsync(JsonElement file, string? mediaType) => tenant.PostAsync("/api/saas/chat/send", new { to = phone, mediaUrl = file.Text("url"), mediaType });
    }

    [Fact]
    public async Task An_address_is_good_for_its_file_and_time_only()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var url = (await UploadAsync(tenant, Jpeg(10, 10), "a.jpg")).Data.Text("url")!;
        var second = (await UploadAsync(other, Jpeg(10, 10), "b.jpg")).Data;

        using var good = await FetchAsync(url);
        good.StatusCode.Should().Be(HttpStatusCode.OK);
        foreach (var wrong in new[]
        {
            url.Replace("signature=", "signature=0", StringComparison.Ordinal), url.Replace("expires=1", "expires=2", StringComparison.Ordinal), url.Split('?')[0],
            url.Replace(url.Split('/')[^1].Split('?')[0], second.Text("id"), StringComparison.Ordinal),
            url.Replace(tenant.Code, other.Code, StringComparison.Ordinal),
        })
        {
            using var refused = await FetchAsync(wrong);
            refused.StatusCode.Should().Be(HttpStatusCode.NotFound, wrong);
        }

        app.Clock.Advance(TimeSpan.FromDays(9));
        using var expired = await FetchAsync(url);
        expired.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("bytes=0-9", 206, 10)]
    [InlineData("bytes=90-", 206, 10)]
    [InlineData("bytes=-5", 206, 5)]
    [InlineData("bytes=100-", 416, 0)]
    [InlineData("bytes=0-4,6-8", 200, 100)]
    public async Task A_player_gets_the_part_it_asks_for(string range, int status, int length)
    {
        var tenant = await app.TenantAsync();
        var url = (await UploadAsync(tenant, Encoding.ASCII.GetBytes(new string('x', 100)), "a.txt")).Data.Text("url")!;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url).PathAndQuery);
        request.Headers.TryAddWithoutValidation("Range", range);

        using var answer = await app.Http.SendAsync(request);

        ((int)answer.StatusCode).Should().Be(status);
        (await answer.Content.ReadAsByteArrayAsync()).Should().HaveCount(length);
        answer.Content.Headers.ContentDisposition!.DispositionType.Should().Be("attachment", "text is not media");
    }

    [Fact]
    public async Task An_inbound_file_is_fetched_and_one_that_lies_about_itself_is_refused_in_words()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var good = app.Sandbox.Graph.Receive(new InboundMessage { From = phone, Type = "image" }).Content;
        foreach (var (type, id) in new[] { ("image", good.GetProperty("id").GetString()!), ("video", good.GetProperty("id").GetString()!), ("image", "404404") })
        {
            await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = type, [type] = new JsonObject { ["id"] = id, ["mime_type"] = "image/png", ["sha256"] = "x" } }));
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        var media = (await tenant.MessagesAsync(phone)).Select(m => m.GetProperty("media")).ToList();
        media[2].Text("state").Should().Be("stored");
        using var fetched = await FetchAsync(media[2].Text("url")!);
        fetched.Content.Headers.ContentType!.MediaType.Should().Be("image/png");
        media[1].Text("state").Should().Be("failed");
        media[1].Text("fault").Should().Contain("claims to be video");
        media[0].Text("state").Should().Be("failed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_comes_broken_is_fetched_again_and_in_the_end_refused_in_words(bool hexadecimal)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        var picture = app.Sandbox.Graph.Receive(new InboundMessage { From = phone, Type = "image" }).Content;
        var content = JsonNode.Parse(picture.GetRawText())!.AsObject();
        if (hexadecimal)
        {
            content["sha256"] = Convert.ToHexStringLower(Convert.FromBase64String(picture.GetProperty("sha256").GetString()!));
        }

        app.Sandbox.Graph.BreakDownloads = 1;
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "image", ["image"] = content.DeepClone() }));
        await app.RunDueAsync();
        (await StateAsync()).Text("state").Should().Be("pending");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.RunDueAsync();
        (await StateAsync()).Text("state").Should().Be("stored");

        app.Sandbox.Graph.BreakDownloads = 1_000;
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "image", ["image"] = content.DeepClone() }));
        for (var attempt = 0; attempt < 8; attempt++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromHours(1));
        }

        app.Sandbox.Graph.BreakDownloads = 0;
        var media = await StateAsync();
        media.Text("state").Should().Be("failed");
        media.Text("fault").Should().Contain("came broken").And.Contain("send it again");

        async Task<JsonElement> StateAsync() => (await tenant.MessagesAsync(phone))[0].GetProperty("media");
    }

    [Fact]
    public async Task Video_and_sound_become_what_WhatsApp_plays()
    {
        if (!HasFfmpeg())
        {
            // Where it is missing clips are passed on as they are; that path needs no FFmpeg to be seen.
            return;
        }

        var tenant = await app.TenantAsync();
        var video = await UploadAsync(tenant, Make("-f lavfi -i testsrc=size=320x240:rate=10:duration=1 -f lavfi -i sine=duration=1 -c:v vp8 -c:a libvorbis", "webm"), "clip.webm");
        var sound = await UploadAsync(tenant, Make("-f lavfi -i sine=duration=1", "mp3"), "voice.mp3");

        video.Status.Should().Be(201, video.Json.ToString());
        video.Data.Text("mimeType").Should().Be("video/mp4");
        sound.Data.Text("mimeType").Should().Be("audio/ogg");
        using var fetched = await FetchAsync(sound.Data.Text("url")!);
        Encoding.Latin1.GetString((await fetched.Content.ReadAsByteArrayAsync())[..64]).Should().Contain("OpusHead");
    }

    [Fact]
    public async Task Thirty_hostile_files_are_answered_in_words_and_never_shown_in_place()
    {
        var tenant = await app.TenantAsync();
        var files = Hostile().ToList();
        files.Count.Should().BeGreaterThanOrEqualTo(30);
        foreach (var (name, bytes) in files)
        {
            var answer = await UploadAsync(tenant, bytes, name);

            answer.Status.Should().BeOneOf([201, 400], $"{name}: {answer.Json}");
            if (answer.Status == 400)
            {
                answer.Json.GetProperty("message").GetString().Should().NotBeNullOrWhiteSpace();
                continue;
            }

            using var fetched = await FetchAsync(answer.Data.Text("url")!);
            var type = fetched.Content.Headers.ContentType!.MediaType!;
            var inline = fetched.Content.Headers.ContentDisposition!.DispositionType == "inline";
            (inline && !type.StartsWith("image/", StringComparison.Ordinal) && !type.StartsWith("video/", StringComparison.Ordinal) && !type.StartsWith("audio/", StringComparison.Ordinal)).Should().BeFalse(name);
            type.Should().NotContain("html").And.NotContain("svg").And.NotContain("javascript");
            if (inline)
            {
                Encoding.Latin1.GetString(await fetched.Content.ReadAsByteArrayAsync()).Should().NotContain("<script", $"{name} was made anew");
            }
        }

        (await tenant.GetAsync("/api/saas/chat/settings")).Status.Should().Be(200, "nothing fell over");
    }

    private static IEnumerable<(string, byte[])> Hostile()
    {
        byte[] Ascii(string text) => Encoding.UTF8.GetBytes(text);
        var (jpeg, png) = (Jpeg(40, 40), Png(40, 40));
        const string Script = "<script>alert(1)</script>";
        yield return ("empty.jpg", []);
        yield return ("a.svg", Ascii($"<svg xmlns='http://www.w3.org/2000/svg'>{Script}</svg>"));
        yield return ("bom.svg", [0xEF, 0xBB, 0xBF, .. Ascii($"<?xml version='1.0'?><svg>{Script}</svg>")]);
        yield return ("a.html", Ascii($"<!doctype html>{Script}"));
        yield return ("late.txt", Ascii($"Just text\n{Script}"));
        yield return ("a.png", Ascii(Script));
        yield return ("polyglot.jpg", [.. jpeg, .. Ascii(Script)]);
        yield return ("polyglot.png", [.. png, .. Ascii(Script)]);
        yield return ("gifar.gif", [.. Ascii("GIF89a"), .. Ascii($"/*{Script}*/=1;")]);
        yield return ("pdf-html.pdf", Ascii($"%PDF-1.4\n{Script}"));
        yield return ("truncated.jpg", jpeg[..(jpeg.Length / 3)]);
        yield return ("truncated.png", png[..40]);
        yield return ("huge.png", HugePng(20_000, 20_000));
        yield return ("enormous.png", HugePng(2_000_000, 2_000_000));
        yield return ("bomb.docx", Zip(("[Content_Types].xml", Ascii("<Types/>")), ("word/document.xml", new byte[50 * 1024 * 1024])));
        yield return ("macro.docm", Zip(("[Content_Types].xml", Ascii("<Types/>")), ("word/document.xml", Ascii("<w/>")), ("word/vbaProject.bin", [1, 2, 3])));
        yield return ("many.docx", Zip([.. Enumerable.Range(0, 11_000).Select(n => ($"f{n}", Array.Empty<byte>()))]));
        yield return ("plain.zip", Zip(("a.exe", Ascii("MZ"))));
        yield return ("slip.docx", Zip(("[Content_Types].xml", Ascii("<Types/>")), ("word/document.xml", Ascii("<w/>")), ("../../etc/passwd", Ascii("x"))));
        yield return ("broken.docx", [.. Ascii("PK\x03\x04"), .. new byte[100]]);
        yield return ("a.exe", [.. Ascii("MZ"), .. new byte[200]]);
        yield return ("a.sh", Ascii("#!/bin/sh\nrm -rf /"));
        yield return ("a.js", Ascii("#!/usr/bin/env node\nprocess.exit()"));
        yield return ("truncated.mp4", [0, 0, 0, 24, .. Ascii("ftypmp42"), .. new byte[300]]);
        yield return ("playlist.mp4", Ascii("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile:///etc/passwd\n\u0001"));
        yield return ("noise.webm", [0x1A, 0x45, 0xDF, 0xA3, .. new byte[500]]);
        yield return ("noise.ogg", [.. Ascii("OggS"), .. new byte[500]]);
        yield return ("noise.mp3", [.. Ascii("ID3"), .. new byte[500]]);
        yield return ("noise.webp", [.. Ascii("RIFF"), 9, 9, 9, 9, .. Ascii("WEBPVP8 "), .. new byte[100]]);
        yield return ("noise.wav", [.. Ascii("RIFF"), 9, 9, 9, 9, .. Ascii("WAVE"), .. new byte[100]]);
        yield return ("../../../etc/cron.d/x.jpg", jpeg);
        yield return ("nul\u0001\"; filename=x.html", jpeg);
        yield return ("old.doc", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. Ascii(Script)]);
        yield return ("heic.jpg", [0, 0, 0, 24, .. Ascii("ftypheic"), .. new byte[100]]);
    }

    internal static byte[] Jpeg(int width, int height, bool exif = false)
    {
        using var image = Image.Black(width, height, bands: 3);
        if (!exif)
        {
            return image.JpegsaveBuffer();
        }

        using var marked = image.Mutate(m => m.Set(GValue.GStrType, "exif-ifd0-Model", "SECRET-CAMERA (SECRET-CAMERA, ASCII, 14 components, 14 bytes)"));
        var bytes = marked.JpegsaveBuffer();
        Encoding.Latin1.GetString(bytes).Should().Contain("SECRET-CAMERA", "the test must have something to lose");
        return bytes;
    }

    internal static byte[] WebP(int width, int height, int bands, int pictures = 1, bool noise = false)
    {
        using var image = noise ? Image.Gaussnoise(width, height, sigma: 60, mean: 128).Cast(Enums.BandFormat.Uchar).Bandjoin(Image.Gaussnoise(width, height, sigma: 60, mean: 128).Cast(Enums.BandFormat.Uchar), Image.Gaussnoise(width, height, sigma: 60, mean: 128).Cast(Enums.BandFormat.Uchar)) : Image.Black(width, height * pictures, bands: bands);
        using var marked = image.Mutate(m =>
        {
            if (pictures > 1)
            {
                // Alike pictures would be made one.
                for (var n = 0; n < pictures; n++)
                {
                    m.DrawRect([255, 40.0 * n, 0, 255], 0, n * height, 100 + n, 100, fill: true);
                }

                m.Set(GValue.GIntType, "page-height", height);
            }
        });
        return marked.Copy(interpretation: Enums.Interpretation.Srgb).WebpsaveBuffer(q: 90);
    }

    private static byte[] Png(int width, int height)
    {
        using var image = Image.Black(width, height, bands: 3);
        return image.PngsaveBuffer();
    }

    /// <summary>A small file whose header claims a large picture.</summary>
    private static byte[] HugePng(int width, int height)
    {
        var png = Png(10, 10);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc(png.AsSpan(12, 17)));
        return png;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    private static bool HasFfmpeg() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, "ffmpeg")));

    private static byte[] Make(string how, string extension)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.{extension}");
        using var run = Process.Start(new ProcessStartInfo("ffmpeg", $"-v error -y {how} {path}") { RedirectStandardError = true })!;
        run.WaitForExit();
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    internal static async Task<TestAnswer> UploadAsync(TestTenant tenant, byte[] bytes, string name)
    {
        using var form = new MultipartFormDataContent();
        using var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        form.Add(file, "file", name.Replace("\"", "", StringComparison.Ordinal).Replace("\u0001", "", StringComparison.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/saas/chat/upload") { Content = form };
        request.Headers.Add("x-api-key", tenant.Key);
        request.Headers.Add("x-client-code", tenant.Code);
        using var answer = await tenant.App.Http.SendAsync(request);
        return new TestAnswer((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement, new Dictionary<string, string>());
    }

    private Task<HttpResponseMessage> FetchAsync(string url) => app.Http.GetAsync(new Uri(url).PathAndQuery);
}
