using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Webhooks;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Withstand;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Media;

/// <summary>Media in a tenant's own bucket, at a real S3-compatible server.</summary>
public sealed class S3Tests(AppFixture app) : IClassFixture<AppFixture>
{
    [S3Fact]
    public async Task Files_lie_in_the_tenants_bucket_and_are_served_from_there_whole_and_in_part()
    {
        await using var s3 = await S3Server.StartAsync("clinic-media");
        var tenant = await WithBucketAsync(s3.Endpoint);
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i:0000000000}")));

        var uploaded = await UploadAsync(tenant, content);
        uploaded.Status.Should().Be(201, uploaded.Json.ToString());
        var url = new Uri(uploaded.Data.GetProperty("url").GetString()!).PathAndQuery;

        s3.Holds(tenant.Code).Should().BeTrue("the bucket has it, below the client's code");
        (await app.Http.GetByteArrayAsync(new Uri(url, UriKind.Relative))).Should().Equal(content);
        using var part = new HttpRequestMessage(HttpMethod.Get, url);
        part.Headers.Range = new RangeHeaderValue(10, 29);
        using var answer = await app.Http.SendAsync(part);
        answer.StatusCode.Should().Be(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsStringAsync()).Should().Be("00000000010000000002");
    }

    [S3Fact]
    public async Task A_bucket_that_is_not_there_is_said_and_nothing_is_kept()
    {
        await using var s3 = await S3Server.StartAsync("another-bucket");
        var tenant = await WithBucketAsync(s3.Endpoint);

        var uploaded = await UploadAsync(tenant, "hello"u8.ToArray());

        (uploaded.Status, uploaded.Code).Should().Be((502, "UPSTREAM_ERROR"));
        uploaded.Json.GetProperty("message").GetString().Should().Contain("clinic-media");
    }

    [S3Fact]
    public async Task A_file_is_read_from_where_it_was_written_whatever_is_set_by_then()
    {
        await using var s3 = await S3Server.StartAsync("clinic-media");
        var tenant = await app.TenantAsync();
        var before = await UploadAsync(tenant, "on the disk"u8.ToArray());
        await SetBucketAsync(tenant, s3.Endpoint);
        var after = await UploadAsync(tenant, "in the bucket"u8.ToArray());

        (await FetchAsync(before)).Should().Be((200, "on the disk"));
        (await FetchAsync(after)).Should().Be((200, "in the bucket"));
        await UnsetBucketAsync(tenant);
        (await FetchAsync(before)).Should().Be((200, "on the disk"));
        var (status, text) = await FetchAsync(after);
        status.Should().Be(502);
        text.Should().Contain("UPSTREAM_ERROR").And.Contain("s3Endpoint");
    }

    [S3Fact]
    public async Task A_file_from_before_its_store_was_noted_is_found_in_either()
    {
        await using var s3 = await S3Server.StartAsync("clinic-media");
        var tenant = await app.TenantAsync();
        var before = await UploadAsync(tenant, "on the disk"u8.ToArray());
        await SetBucketAsync(tenant, s3.Endpoint);
        var after = await UploadAsync(tenant, "in the bucket"u8.ToArray());
        await Media(tenant).UpdateManyAsync(new BsonDocument(), new BsonDocument("$unset", new BsonDocument("store", "")));

        (await FetchAsync(before)).Should().Be((200, "on the disk"));
        (await FetchAsync(after)).Should().Be((200, "in the bucket"));
    }

    [S3Fact]
    public async Task A_bucket_that_cannot_be_reached_is_said_and_a_file_that_is_gone_is_not_found()
    {
        TestTenant tenant;
        TestAnswer uploaded;
        await using (var s3 = await S3Server.StartAsync("clinic-media"))
        {
            tenant = await WithBucketAsync(s3.Endpoint);
            uploaded = await UploadAsync(tenant, "hello"u8.ToArray());
            var gone = await UploadAsync(tenant, "gone"u8.ToArray());
            await Media(tenant).UpdateOneAsync(
                new BsonDocument("_id", ObjectId.Parse(gone.Data.GetProperty("id").GetString()!)), new BsonDocument("$set", new BsonDocument("key", "2001/01/none.txt")));
            var (missing, said) = await FetchAsync(gone);
            missing.Should().Be(404, said);
            said.Should().Contain("MEDIA_NOT_FOUND");
        }

        var (status, text) = await FetchAsync(uploaded);

        status.Should().Be(502, text);
        text.Should().Contain("UPSTREAM_ERROR").And.Contain("clinic-media");
    }

    [S3Fact]
    public async Task A_person_is_erased_though_the_bucket_of_their_files_cannot_be_reached_and_the_files_go_when_it_can()
    {
        await using var s3 = await S3Server.StartAsync("clinic-media");
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await PictureAsync(tenant, phone);
        await SetBucketAsync(tenant, s3.Endpoint);
        await PictureAsync(tenant, phone);
        s3.Holds(tenant.Code).Should().BeTrue();
        var lead = (await tenant.ConversationAsync(phone)).GetProperty("leadId").GetString();
        await UnsetBucketAsync(tenant);

        var erased = await tenant.DeleteAsync($"/api/crm/leads/{lead}?confirm=true");

        erased.Status.Should().Be(200, erased.Json.ToString());
        (erased.Data.GetProperty("files").GetInt32(), erased.Data.GetProperty("filesWaiting").GetInt32()).Should().Be((1, 1));
        (await tenant.GetAsync($"/api/crm/leads/{lead}")).Code.Should().Be("LEAD_NOT_FOUND");
        (await Media(tenant).CountDocumentsAsync(new BsonDocument())).Should().Be(0);
        await app.RunDueAsync();
        var waiting = await JobAsync(tenant);
        waiting.GetProperty("status").GetString().Should().Be("queued");
        waiting.GetProperty("error").GetString().Should().Contain("s3Endpoint");

        await SetBucketAsync(tenant, s3.Endpoint);
        app.Clock.Advance(TimeSpan.FromHours(1));
        await app.RunDueAsync();

        s3.Holds(tenant.Code).Should().BeFalse("it is gone from the bucket too");
        (await tenant.GetAsync("/api/saas/jobs?kind=media.erase")).Data.GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task A_file_that_is_gone_from_the_disk_is_not_found()
    {
        var tenant = await app.TenantAsync();
        var uploaded = await UploadAsync(tenant, "hello"u8.ToArray());
        await Media(tenant).UpdateOneAsync(new BsonDocument(), new BsonDocument("$set", new BsonDocument("key", "2001/01/none.txt")));

        var (status, text) = await FetchAsync(uploaded);

        status.Should().Be(404, text);
        text.Should().Contain("MEDIA_NOT_FOUND");
    }

    [Fact]
    public async Task An_upload_without_a_file_says_so()
    {
        var tenant = await app.TenantAsync();
        using var form = new MultipartFormDataContent { { new StringContent("x"), "other" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/saas/chat/upload") { Content = form };
        request.Headers.Add("x-api-key", tenant.Key);
        request.Headers.Add("x-client-code", tenant.Code);

        using var answer = await app.Http.SendAsync(request);

        ((int)answer.StatusCode).Should().Be(400);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("VALIDATION_ERROR").And.Contain("file is required");
    }

    [Fact]
    public async Task An_endpoint_inside_the_network_is_not_called()
    {
        var tenant = await WithBucketAsync("http://169.254.169.254");

        var uploaded = await UploadAsync(tenant, "hello"u8.ToArray());

        (uploaded.Status, uploaded.Code).Should().Be((502, "UPSTREAM_ERROR"));
        uploaded.Json.GetProperty("message").GetString().Should().Contain("private address");
    }

    private async Task PictureAsync(TestTenant tenant, string phone)
    {
        var picture = app.Sandbox.Graph.Receive(new InboundMessage { From = phone, Type = "image" }).Content;
        await tenant.WebhookAsync(ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = "image", ["image"] = JsonNode.Parse(picture.GetRawText()) }));
        await app.RunDueAsync();
    }

    private static async Task<JsonElement> JobAsync(TestTenant tenant) => (await tenant.GetAsync("/api/saas/jobs?kind=media.erase")).Data.EnumerateArray().Should().ContainSingle().Subject;

    private async Task<TestTenant> WithBucketAsync(string endpoint)
    {
        var tenant = await app.TenantAsync();
        await SetBucketAsync(tenant, endpoint);
        return tenant;
    }

    private Task<TestAnswer> SetBucketAsync(TestTenant tenant, string endpoint) => app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new
    {
        s3Endpoint = endpoint,
        s3Bucket = "clinic-media",
        s3AccessKey = "S3RVER",
        s3SecretKey = "S3RVER",
        s3Region = "us-east-1",
    }, ("x-admin-key", AppFixture.AdminKey));

    private async Task UnsetBucketAsync(TestTenant tenant) =>
        (await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/secrets/s3Endpoint", null, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);

    private async Task<(int Status, string Text)> FetchAsync(TestAnswer uploaded)
    {
        using var answer = await app.Http.GetAsync(new Uri(new Uri(uploaded.Data.GetProperty("url").GetString()!).PathAndQuery, UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private IMongoCollection<BsonDocument> Media(TestTenant tenant) => app.Database(tenant).GetCollection<BsonDocument>("media");

    private async Task<TestAnswer> UploadAsync(TestTenant tenant, byte[] bytes)
    {
        using var form = new MultipartFormDataContent();
        using var file = new ByteArrayContent(bytes);
        form.Add(file, "file", "report.txt");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/saas/chat/upload") { Content = form };
        request.Headers.Add("x-api-key", tenant.Key);
        request.Headers.Add("x-client-code", tenant.Code);
        using var answer = await app.Http.SendAsync(request);
        return new TestAnswer((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement, new Dictionary<string, string>());
    }

    /// <summary>npm's s3rver on a loopback port of its own.</summary>
    private sealed class S3Server(Process process, DirectoryInfo folder, int port) : IAsyncDisposable
    {
        public string Endpoint => $"http://127.0.0.1:{port}";

        public static async Task<S3Server> StartAsync(string bucket)
        {
            var folder = Directory.CreateTempSubdirectory("ecodrix-s3-");
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            var process = Process.Start(new ProcessStartInfo("node")
            {
                ArgumentList = { S3FactAttribute.Program!, "-a", "127.0.0.1", "-p", $"{port}", "-d", folder.FullName, "--silent", "--configure-bucket", bucket },
            })!;
            using var http = new HttpClient();
            await Eventually.IsTrueAsync(async () =>
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/{bucket}"));
                return true;
            }, TimeSpan.FromSeconds(60));
            return new S3Server(process, folder, port);
        }

        public bool Holds(string prefix) => folder.EnumerateFiles("*", SearchOption.AllDirectories).Any(f => f.FullName.Contains(prefix, StringComparison.Ordinal));

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            folder.Delete(recursive: true);
        }
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class S3FactAttribute : FactAttribute
    {
        public S3FactAttribute() => Skip = Program is null ? "ECODRIX_S3RVER names no s3rver" : null;

        public static string? Program { get; } = Environment.GetEnvironmentVariable("ECODRIX_S3RVER") is { Length: > 0 } path && File.Exists(path) ? path : null;
    }
}
