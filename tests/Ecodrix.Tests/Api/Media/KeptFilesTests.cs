using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Ecodrix.Sandbox.Webhooks;
using Ecodrix.Tests.Api.Chat;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.Media;

/// <summary>What stays of a file here and at Meta: of one that came nothing that no message knows of, of one that goes out no id that Meta does not know.</summary>
public sealed class KeptFilesTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_file_that_is_not_what_it_claims_to_be_is_not_kept()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());

        await ReceiveAsync(tenant, phone, "video");
        await app.RunDueAsync();

        (await tenant.MessagesAsync(phone))[0].GetProperty("media").Text("fault").Should().Contain("claims to be video");
        (await KeptAsync(tenant)).Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetching_cut_off_after_it_kept_a_file_leaves_none_that_nobody_knows_of(bool deleted)
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await ReceiveAsync(tenant, phone, "image");
        app.Commands.CutOff = c => c.GetElement(0).Name == "update" && c[0] == "messages" && c.ToString().Contains("\"stored\"", StringComparison.Ordinal);
        try
        {
            await app.RunDueAsync();
        }
        finally
        {
            app.Commands.CutOff = null;
        }

        (await KeptAsync(tenant)).Should().Be(1);
        if (deleted)
        {
            await app.Database(tenant).GetCollection<BsonDocument>("messages").DeleteManyAsync(Builders<BsonDocument>.Filter.Empty);
        }

        app.Clock.Advance(TimeSpan.FromMinutes(5));
        await app.RunDueAsync();

        (await KeptAsync(tenant)).Should().Be(deleted ? 0 : 1);
        if (!deleted)
        {
            (await tenant.MessagesAsync(phone))[0].GetProperty("media").Text("state").Should().Be("stored");
        }
    }

    [Fact]
    public async Task A_file_that_Meta_has_lost_is_uploaded_anew_when_its_message_is_sent_again()
    {
        var (tenant, phone, url) = await UploadedAsync();
        var lost = await SendAsync(tenant, phone, url);
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"{app.Sandbox.GraphUrl}/v25.0/{lost}");
        delete.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "sandbox-access-token-0001");
        (await app.Http.SendAsync(delete)).EnsureSuccessStatusCode();

        var failed = (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, mediaUrl = url, mediaType = "image" })).Data.Text("id")!;
        await app.RunDueAsync();
        (await tenant.MessageStatusAsync(failed)).Should().Be("failed");
        (await tenant.PostAsync($"/api/saas/chat/messages/{failed}/retry", new { })).Status.Should().Be(200);
        await app.RunDueAsync();

        (await tenant.MessageStatusAsync(failed)).Should().Be("sent");
        app.SentTo(phone)[^1].GetProperty("image").Text("id").Should().NotBe(lost);
    }

    [Fact]
    public async Task Another_number_uploads_for_itself()
    {
        var (tenant, phone, url) = await UploadedAsync();
        var first = await SendAsync(tenant, phone, url);
        (await SendAsync(tenant, phone, url)).Should().Be(first, "Meta has it");

        var number = $"{Random.Shared.NextInt64(100_000_000_000_000, 999_999_999_999_999)}";
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappPhoneNumberId = number }, ("x-admin-key", AppFixture.AdminKey));
        app.Sandbox.Graph.OpenWindow(number, phone[1..]);

        (await SendAsync(tenant, phone, url)).Should().NotBe(first);
    }

    private async Task ReceiveAsync(TestTenant tenant, string phone, string type)
    {
        var id = app.Sandbox.Graph.Receive(new InboundMessage { From = phone, Type = "image" }).Content.Text("id");
        var webhook = ChatSteps.Inbound(tenant, phone, new JsonObject { ["type"] = type, [type] = new JsonObject { ["id"] = id, ["mime_type"] = "image/png", ["sha256"] = "x" } });
        (await tenant.WebhookAsync(webhook)).Status.Should().Be(200);
    }

    private Task<long> KeptAsync(TestTenant tenant) => app.Database(tenant).GetCollection<BsonDocument>("media").CountDocumentsAsync(Builders<BsonDocument>.Filter.Empty);

    private async Task<(TestTenant Tenant, string Phone, string Url)> UploadedAsync()
    {
        var (tenant, phone) = (await app.TenantAsync(), ChatSteps.NewPhone());
        await tenant.WritesAsync(phone, "Hello");
        return (tenant, phone, (await MediaTests.UploadAsync(tenant, MediaTests.Jpeg(20, 10), "a.jpg")).Data.Text("url")!);
    }

    private async Task<string> SendAsync(TestTenant tenant, string phone, string url)
    {
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, mediaUrl = url, mediaType = "image" })).Status.Should().Be(201);
        await app.RunDueAsync();
        return app.SentTo(phone)[^1].GetProperty("image").Text("id")!;
    }
}
