using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Ecodrix.Tests.Sandbox;

public sealed class ControlTests
{
    [Fact]
    public async Task A_customers_message_reaches_the_business_and_opens_the_window()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => o.EnforceWindow = true);

        using var typed = await sandbox.Client.PostAsJsonAsync("/sandbox/api/inbound", new { from = "+919876543210", name = "Asha", text = "Is 3 pm free?" });

        typed.StatusCode.Should().Be(HttpStatusCode.OK);
        await sandbox.Receiver.UntilAsync(r => r.Received.Count == 1);
        var value = sandbox.Receiver.Received.Single().Values.Single();
        value.GetProperty("metadata").GetProperty("phone_number_id").GetString().Should().Be(SandboxFixture.Number);
        value.GetProperty("contacts")[0].GetProperty("profile").GetProperty("name").GetString().Should().Be("Asha");
        value.GetProperty("messages")[0].GetProperty("text").GetProperty("body").GetString().Should().Be("Is 3 pm free?");
        await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210", "Yes"));
    }

    [Fact]
    public async Task The_same_customer_message_can_be_posted_twice_with_one_id()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        foreach (var _ in new[] { 1, 2 })
        {
            using var typed = await sandbox.Client.PostAsJsonAsync("/sandbox/api/inbound", new { from = "919876543210", text = "Hi", id = "wamid.same" });
        }

        await sandbox.Receiver.UntilAsync(r => r.Received.SelectMany(w => w.Values).Count() == 2);
        sandbox.Receiver.Received.SelectMany(w => w.Values).Select(v => v.GetProperty("messages")[0].GetProperty("id").GetString())
            .Should().Equal("wamid.same", "wamid.same");
    }

    [Fact]
    public async Task A_status_can_be_set_by_hand()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => o.AutoStatuses = false);
        var id = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210"));

        using var set = await sandbox.Client.PostAsJsonAsync(
            $"/sandbox/api/messages/{Uri.EscapeDataString(id)}/status", new { status = "failed", errorCode = 131049 });

        set.StatusCode.Should().Be(HttpStatusCode.OK);
        var failed = (await sandbox.Receiver.StatusesOfAsync(id, 1)).Single();
        failed.GetProperty("errors")[0].GetProperty("code").GetInt32().Should().Be(131049);
    }

    [Fact]
    public async Task Any_other_webhook_can_be_posted()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var value = new { @event = "PAUSED", message_template_name = "lead_welcome", message_template_language = "en-US", message_template_id = 1, reason = "NONE" };

        using var posted = await sandbox.Client.PostAsJsonAsync(
            "/sandbox/api/events", new { field = "message_template_status_update", value });

        posted.StatusCode.Should().Be(HttpStatusCode.OK);
        await sandbox.Receiver.UntilAsync(r => r.Received.Count == 1);
        var change = sandbox.Receiver.Received.Single().Json.GetProperty("entry")[0].GetProperty("changes")[0];
        change.GetProperty("field").GetString().Should().Be("message_template_status_update");
        change.GetProperty("value").GetProperty("event").GetString().Should().Be("PAUSED");
    }

    [Fact]
    public async Task Each_number_can_have_its_own_receiver_and_secret()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await using var other = await WebhookReceiver.StartAsync();
        using var set = await sandbox.Client.PutAsJsonAsync(
            "/sandbox/api/webhook", new { phoneNumberId = "555", url = other.Url, appSecret = "another", verifyToken = "verify-me", verify = true });
        set.StatusCode.Should().Be(HttpStatusCode.OK);

        (await sandbox.SendAsync(SandboxFixture.TextTo("+919876543210"), "555")).Dispose();

        await other.UntilAsync(r => r.Statuses.Count() == 3);
        other.Received.Should().OnlyContain(r => r.IsSignedWith("another"));
        sandbox.Receiver.Received.Should().BeEmpty();
    }

    [Fact]
    public async Task An_address_that_fails_the_handshake_is_not_taken()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var set = await sandbox.Client.PutAsJsonAsync(
            "/sandbox/api/webhook", new { url = sandbox.Receiver.Url, verifyToken = "wrong", verify = true });
        using var subscribed = await sandbox.Client.PostAsJsonAsync(
            "/sandbox/graph/v25.0/102290129340398/subscribed_apps", new { override_callback_uri = sandbox.Receiver.Url, verify_token = "wrong" });
        using var good = await sandbox.Client.PostAsJsonAsync(
            "/sandbox/graph/v25.0/102290129340398/subscribed_apps", new { override_callback_uri = sandbox.Receiver.Url, verify_token = "verify-me" });

        set.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await set.Content.ReadAsStringAsync()).Should().Contain("403");
        (await SandboxFixture.ErrorAsync(subscribed)).GetProperty("message").GetString().Should().Contain("#2200");
        good.StatusCode.Should().Be(HttpStatusCode.OK);
        (await sandbox.GetAsync("/sandbox/graph/v25.0/102290129340398/subscribed_apps"))
            .GetProperty("data")[0].GetProperty("override_callback_uri").GetString().Should().Be(sandbox.Receiver.Url);
    }

    [Fact]
    public async Task A_number_with_a_token_of_its_own_refuses_every_other()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var set = await sandbox.Client.PutAsJsonAsync("/sandbox/api/numbers/555", new { accessToken = "EAAtheOnlyOne", displayPhoneNumber = "+91 80 4718 0000" });
        set.EnsureSuccessStatusCode();

        using var refused = await sandbox.SendAsync(SandboxFixture.TextTo("+919876543210"), "555");

        (await SandboxFixture.ErrorAsync(refused)).GetProperty("code").GetInt32().Should().Be(10);
        refused.StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_number_describes_itself_by_the_fields_asked_for()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var number = await sandbox.GetAsync(
            $"/sandbox/graph/v25.0/{SandboxFixture.Number}?fields=display_phone_number,verified_name,quality_rating,throughput,whatsapp_business_manager_messaging_limit");
        var listed = await sandbox.GetAsync("/sandbox/graph/v25.0/102290129340398/phone_numbers");

        number.EnumerateObject().Select(p => p.Name).Should().BeEquivalentTo(
            "display_phone_number", "verified_name", "quality_rating", "throughput", "whatsapp_business_manager_messaging_limit", "id");
        number.GetProperty("throughput").GetProperty("level").GetString().Should().Be("STANDARD");
        listed.GetProperty("data")[0].GetProperty("id").GetString().Should().Be(SandboxFixture.Number);
    }

    [Fact]
    public async Task Media_is_uploaded_described_fetched_sent_and_deleted()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var file = new ByteArrayContent(Encoding.ASCII.GetBytes("not really a picture"));
        file.Headers.ContentType = new("image/png");
        using var form = new MultipartFormDataContent
        {
            { new StringContent("whatsapp"), "messaging_product" }, { new StringContent("image/png"), "type" }, { file, "file", "a.png" },
        };

        using var uploaded = await sandbox.Client.PostAsync($"/sandbox/graph/v25.0/{SandboxFixture.Number}/media", form);
        var id = (await uploaded.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        var described = await sandbox.GetAsync($"/sandbox/graph/v25.0/{id}");
        (await sandbox.Client.GetStringAsync(described.GetProperty("url").GetString())).Should().Be("not really a picture");
        await sandbox.AcceptedAsync(new { messaging_product = "whatsapp", to = "+919876543210", type = "image", image = new { id } });
        using var deleted = await sandbox.Client.DeleteAsync(new Uri($"/sandbox/graph/v25.0/{id}", UriKind.Relative));

        deleted.StatusCode.Should().Be(HttpStatusCode.OK);
        (await sandbox.RefusedAsync(new { messaging_product = "whatsapp", to = "+919876543210", type = "image", image = new { id } }))
            .Code.Should().Be(131009);
    }

    [Fact]
    public async Task Settings_change_while_it_runs()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var changed = await sandbox.Client.PutAsJsonAsync("/sandbox/api/settings", new { enforceWindow = true, sentAfterMs = 5, messagesPerSecond = 1000 });

        changed.StatusCode.Should().Be(HttpStatusCode.OK);
        sandbox.Host.Options.EnforceWindow.Should().BeTrue();
        sandbox.Host.Options.SentAfter.Should().Be(TimeSpan.FromMilliseconds(5));
        (await sandbox.RefusedAsync(SandboxFixture.TextTo("+919876543210"))).Code.Should().Be(131047);
    }

    [Fact]
    public async Task The_live_stream_tells_that_a_message_came()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var stream = await sandbox.Client.GetStreamAsync("/sandbox/api/live");
        using var reader = new StreamReader(stream);
        (await reader.ReadLineAsync(SandboxFixture.Patience)).Should().Be(": open");

        await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210"));

        string? line;
        do
        {
            line = await reader.ReadLineAsync(SandboxFixture.Patience);
        }
        while (line is not null && !line.StartsWith("data:", StringComparison.Ordinal));
        line.Should().Be("data: message");
    }

    [Fact]
    public async Task Clearing_forgets_messages_and_callbacks_but_not_settings()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210", reference: "x"));

        using var cleared = await sandbox.Client.PostAsync("/sandbox/api/clear", null);

        cleared.StatusCode.Should().Be(HttpStatusCode.OK);
        var state = await sandbox.GetAsync("/sandbox/api/state");
        state.GetProperty("messages").GetArrayLength().Should().Be(0);
        state.GetProperty("stats").GetProperty("accepted").GetInt32().Should().Be(0);
        state.GetProperty("webhook").GetProperty("url").GetString().Should().Be(sandbox.Receiver.Url);
    }

    [Theory]
    [InlineData("POST", "inbound", "{\"from\":\"nobody\",\"text\":\"x\"}")]
    [InlineData("POST", "inbound", "{\"text\":\"x\"}")]
    [InlineData("POST", "inbound", "{\"from\":\"+919876543210\",\"type\":\"No Type\"}")]
    [InlineData("POST", "inbound", "null")]
    [InlineData("POST", "inbound", "{")]
    [InlineData("POST", "events", "{\"field\":\"x\"}")]
    [InlineData("POST", "windows", "{}")]
    [InlineData("PUT", "webhook", "{\"url\":\"ftp://example.com\"}")]
    [InlineData("PUT", "webhook", "{\"url\":\"https://example.com\",\"phoneNumberId\":\"x\"}")]
    [InlineData("PUT", "numbers/abc", "{}")]
    [InlineData("PUT", "callbacks/shop", "{\"respondWith\":[99]}")]
    public async Task A_wrong_control_call_is_answered_in_words(string method, string path, string json)
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/sandbox/api/" + path)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };

        using var response = await sandbox.Client.SendAsync(request);

        response.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString().Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_foreign_web_page_cannot_steer_it_with_a_form()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var response = await sandbox.Client.PostAsync(
            "/sandbox/api/inbound", new StringContent("{\"from\":\"+919876543210\"}", Encoding.UTF8, "text/plain"));

        response.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        sandbox.Host.Graph.Inbound.Should().BeEmpty();
    }

    [Fact]
    public async Task What_goes_wrong_at_Google_is_set_and_told()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var set = await sandbox.Client.PutAsJsonAsync("/sandbox/api/google", new { pendingLooks = 2, delayMs = 30, quotaErrors = 1 });
        set.StatusCode.Should().Be(HttpStatusCode.OK);
        using var one = await sandbox.Client.PutAsJsonAsync("/sandbox/api/google", new { delayMs = 0 });
        using var wrong = await sandbox.Client.PutAsJsonAsync("/sandbox/api/google", new { pendingLooks = -1 });

        wrong.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        var next = (await GoogleAsync(sandbox)).GetProperty("next");
        (next.GetProperty("pendingLooks").GetInt32(), next.GetProperty("delayMs").GetInt32(), next.GetProperty("quotaErrors").GetInt32())
            .Should().Be((2, 0, 1), "what is left out stays as it is");
    }

    [Fact]
    public async Task Googles_calendar_is_shown_with_its_consents_and_both_can_be_taken_away()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var token = await ConsentAsync(sandbox);
        await InsertAsync(sandbox, token, HttpStatusCode.OK);

        var google = await GoogleAsync(sandbox);
        google.GetProperty("events")[0].GetProperty("summary").GetString().Should().Be("Visit");
        (google.GetProperty("consents").GetInt32(), google.GetProperty("accessTokens").GetInt32()).Should().Be((1, 1));

        using var expired = await sandbox.Client.PostAsync(new Uri("/sandbox/api/google/expire", UriKind.Relative), null);
        await InsertAsync(sandbox, token, HttpStatusCode.Unauthorized);
        using var revoked = await sandbox.Client.PostAsync(new Uri("/sandbox/api/google/revoke", UriKind.Relative), null);

        google = await GoogleAsync(sandbox);
        (google.GetProperty("consents").GetInt32(), google.GetProperty("withdrawn").GetInt32(), google.GetProperty("accessTokens").GetInt32()).Should().Be((0, 1, 0));
        using var cleared = await sandbox.Client.PostAsync(new Uri("/sandbox/api/clear", UriKind.Relative), null);
        (await GoogleAsync(sandbox)).GetProperty("events").GetArrayLength().Should().Be(0);
    }

    private static async Task<JsonElement> GoogleAsync(SandboxFixture sandbox) => await sandbox.Client.GetFromJsonAsync<JsonElement>("/sandbox/api/google");

    /// <summary>An access token, by the consent page's steps.</summary>
    private static async Task<string> ConsentAsync(SandboxFixture sandbox)
    {
        const string Verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789";
        var challenge = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = sandbox.Client.BaseAddress };
        using var back = await browser.GetAsync(new Uri($"/sandbox/google/auth/answer?allow=true&client_id=c&state=s&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback&code_challenge={challenge}", UriKind.Relative));
        var code = System.Web.HttpUtility.ParseQueryString(back.Headers.Location!.Query)["code"]!;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["code_verifier"] = Verifier, ["redirect_uri"] = "http://127.0.0.1/back" });
        using var granted = await sandbox.Client.PostAsync(new Uri("/sandbox/google/token", UriKind.Relative), form);
        return (await granted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    private static async Task InsertAsync(SandboxFixture sandbox, string token, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sandbox/google/calendar/v3/calendars/primary/events") { Content = JsonContent.Create(new { id = "abcde01234", summary = "Visit", start = new { dateTime = "2026-12-01T09:00:00Z" } }) };
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await sandbox.Client.SendAsync(request);
        answer.StatusCode.Should().Be(expected);
    }
}
