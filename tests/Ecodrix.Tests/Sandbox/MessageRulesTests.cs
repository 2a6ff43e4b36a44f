using System.Text.Json;

namespace Ecodrix.Tests.Sandbox;

public sealed class MessageRulesTests
{
    private const string To = "\"messaging_product\":\"whatsapp\",\"to\":\"+919876543210\"";

    public static TheoryData<string, int> Broken => new()
    {
        { "", 100 },
        { "[]", 100 },
        { "{\"to\":\"+919876543210\"", 100 },
        { "{\"to\":\"+919876543210\",\"type\":\"text\",\"text\":{\"body\":\"Hello\"}}", 100 },
        { "{\"messaging_product\":\"whatsapp\",\"type\":\"text\",\"text\":{\"body\":\"Hello\"}}", 131008 },
        { "{\"messaging_product\":\"whatsapp\",\"to\":\"nobody\",\"type\":\"text\",\"text\":{\"body\":\"Hello\"}}", 131009 },
        { "{\"messaging_product\":\"whatsapp\",\"to\":919876543210,\"type\":\"text\",\"text\":{\"body\":\"Hello\"}}", 100 },
        { "{\"messaging_product\":\"whatsapp\",\"recipient\":\"someone\",\"text\":{\"body\":\"Hello\"}}", 131009 },
        { Message("\"type\":\"text\""), 131008 },
        { Message("\"type\":\"text\",\"text\":{\"body\":\"\"}"), 131008 },
        { Message("\"type\":\"text\",\"text\":{\"body\":7}"), 100 },
        { Message("\"type\":\"text\",\"text\":{\"body\":\"Hello\",\"colour\":\"red\"}"), 100 },
        { Message("\"type\":\"text\",\"text\":{\"body\":\"Hello\"},\"image\":{\"id\":\"1\"}"), 100 },
        { Message("\"type\":\"text\",\"text\":{\"body\":\"\\ud800\"}"), 100 },
        { Message("\"type\":\"text\",\"text\":{\"body\":\"" + new string('x', 4097) + "\"}"), 100 },
        { Message("\"type\":\"text\",\"text\":{\"body\":\"Hello\"},\"biz_opaque_callback_data\":\"" + new string('x', 513) + "\""), 100 },
        { Message("\"type\":\"carrier_pigeon\",\"carrier_pigeon\":{}"), 100 },
        { Message("\"type\":\"image\",\"image\":{}"), 100 },
        { Message("\"type\":\"image\",\"image\":{\"id\":\"1\",\"link\":\"https://example.com/a.jpg\"}"), 100 },
        { Message("\"type\":\"image\",\"image\":{\"link\":\"not a link\"}"), 131009 },
        { Message("\"type\":\"image\",\"image\":{\"id\":\"404\"}"), 131009 },
        { Message("\"type\":\"audio\",\"audio\":{\"link\":\"https://example.com/a.ogg\",\"caption\":\"no\"}"), 100 },
        { Message("\"type\":\"location\",\"location\":{\"latitude\":99,\"longitude\":1}"), 100 },
        { Message("\"type\":\"contacts\",\"contacts\":[]"), 100 },
        { Message("\"type\":\"contacts\",\"contacts\":[{\"name\":{\"first_name\":\"Asha\"}}]"), 131008 },
        { Message("\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.x\",\"emoji\":\"ok\"}"), 131009 },
        { Message("\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.x\"}"), 131008 },
        { Buttons(("a", "Yes"), ("b", "Yes")), 131009 },
        { Buttons(("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")), 100 },
        { Buttons(("a", "A title that is far too long")), 100 },
        { List(11), 131009 },
        { Message("\"type\":\"interactive\",\"interactive\":{\"type\":\"cta_url\",\"body\":{\"text\":\"x\"},\"action\":{\"name\":\"cta_url\",\"parameters\":{\"display_text\":\"Go\",\"url\":\"nowhere\"}}}"), 131009 },
        { "{\"messaging_product\":\"whatsapp\",\"status\":\"read\"}", 131008 },
        { "{\"messaging_product\":\"whatsapp\",\"status\":\"seen\",\"message_id\":\"wamid.x\"}", 100 },
    };

    public static TheoryData<string> Sound => new()
    {
        Message("\"text\":{\"body\":\"No type is text\"}"),
        Message("\"type\":\"text\",\"text\":{\"body\":\"" + new string('x', 4096) + "\",\"preview_url\":true}"),
        Message("\"type\":\"image\",\"image\":{\"link\":\"https://example.com/a.jpg\",\"caption\":\"Look\"}"),
        Message("\"type\":\"document\",\"document\":{\"link\":\"https://example.com/a.pdf\",\"filename\":\"a.pdf\"}"),
        Message("\"type\":\"audio\",\"audio\":{\"link\":\"https://example.com/a.ogg\",\"voice\":true}"),
        Message("\"type\":\"sticker\",\"sticker\":{\"link\":\"https://example.com/a.webp\"}"),
        Message("\"type\":\"location\",\"location\":{\"latitude\":\"12.97\",\"longitude\":77.59}"),
        Message("\"type\":\"contacts\",\"contacts\":[{\"name\":{\"formatted_name\":\"Asha Rao\"}}]"),
        Message("\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.x\",\"emoji\":\"👍🏽\"}"),
        Message("\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.x\",\"emoji\":\"\"}"),
        Message("\"type\":\"text\",\"context\":{\"message_id\":\"wamid.x\"},\"text\":{\"body\":\"A reply\"}"),
        Buttons(("a", "Yes"), ("b", "No"), ("c", "Later")),
        List(10),
        Message("\"type\":\"interactive\",\"interactive\":{\"type\":\"location_request_message\",\"body\":{\"text\":\"Where?\"},\"action\":{\"name\":\"send_location\"}}"),
        "{\"messaging_product\":\"whatsapp\",\"recipient\":\"US.13491208655302741918\",\"type\":\"text\",\"text\":{\"body\":\"Hello\"}}",
        "{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"group\",\"to\":\"Y2FwaV9ncm91cDox\",\"type\":\"text\",\"text\":{\"body\":\"Hello\"}}",
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_message_is_refused_in_Metas_words_and_never_kept(string json, int code)
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var response = await sandbox.SendRawAsync(json);

        ((int)response.StatusCode).Should().Be(400);
        var error = await SandboxFixture.ErrorAsync(response);
        error.GetProperty("code").GetInt32().Should().Be(code, error.ToString());
        error.GetProperty("message").GetString().Should().StartWith($"(#{code})");
        sandbox.Host.Graph.Accepted.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Sound))]
    public async Task A_sound_message_is_accepted(string json)
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var response = await sandbox.SendRawAsync(json);

        ((int)response.StatusCode).Should().Be(200, await response.Content.ReadAsStringAsync());
        var message = sandbox.Host.Graph.Messages.Single();
        message.Request.Should().Be(json);
        message.Id.Should().StartWith("wamid.HB");
    }

    [Theory]
    [InlineData("+91 98765-43210", "919876543210")]
    [InlineData("919876543210", "919876543210")]
    [InlineData("9198765432", "919198765432")]
    [InlineData("(631) 555-1234", "916315551234")]
    [InlineData("1 (631) 555-1234", "9116315551234")]
    [InlineData("+16505551234", "16505551234")]
    [InlineData("+525512345678", "5215512345678")]
    [InlineData("+5571987654321", "557187654321")]
    [InlineData("+5511987654321", "5511987654321")]
    public async Task The_wa_id_is_what_Meta_makes_of_the_number(string to, string waId)
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var response = await sandbox.SendAsync(SandboxFixture.TextTo(to));

        var contact = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("contacts")[0];
        contact.GetProperty("input").GetString().Should().Be(to);
        contact.GetProperty("wa_id").GetString().Should().Be(waId);
    }

    [Fact]
    public async Task Reading_and_typing_are_acknowledged_and_are_no_message()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var response = await sandbox.SendRawAsync(
            "{\"messaging_product\":\"whatsapp\",\"status\":\"read\",\"message_id\":\"wamid.abc\",\"typing_indicator\":{\"type\":\"text\"}}");

        (await response.Content.ReadAsStringAsync()).Should().Be("{\"success\":true}");
        sandbox.Host.Graph.Accepted.Should().Be(0);
    }

    [Fact]
    public async Task Free_text_needs_a_customer_message_within_24_hours_and_templates_do_not()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.Parse("2026-11-23T09:00:00Z", null));
        await using var sandbox = await SandboxFixture.StartAsync(o => (o.EnforceWindow, o.TimeProvider) = (true, clock));
        var text = SandboxFixture.TextTo("+919876543210");

        (await sandbox.RefusedAsync(text)).Code.Should().Be(131047);
        await sandbox.AcceptedAsync(SandboxFixture.Template("+919876543210", "hello_world", "en_US"));
        sandbox.Host.Graph.Receive(new Ecodrix.Sandbox.Webhooks.InboundMessage { From = "+919876543210", Text = "Hi" });
        clock.Advance(TimeSpan.FromHours(23));
        await sandbox.AcceptedAsync(text);
        clock.Advance(TimeSpan.FromHours(2));
        (await sandbox.RefusedAsync(text)).Code.Should().Be(131047);
    }

    [Fact]
    public async Task A_faster_sender_than_the_limit_is_held_back()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.Parse("2026-11-23T09:00:00Z", null));
        await using var sandbox = await SandboxFixture.StartAsync(o => (o.MessagesPerSecond, o.TimeProvider) = (2, clock));
        var text = SandboxFixture.TextTo("+919876543210");

        await sandbox.AcceptedAsync(text);
        await sandbox.AcceptedAsync(text);
        (await sandbox.RefusedAsync(text)).Code.Should().Be(130429);
        clock.Advance(TimeSpan.FromSeconds(1));
        await sandbox.AcceptedAsync(text);
    }

    [Theory]
    [InlineData(null, 401, 190)]
    [InlineData("short", 401, 190)]
    [InlineData("EAAexpiredToken", 401, 190)]
    [InlineData("EAA with blanks", 401, 190)]
    public async Task A_token_must_be_there_and_look_like_one(string? token, int status, int code)
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        sandbox.Client.DefaultRequestHeaders.Remove("Authorization");
        if (token is not null)
        {
            sandbox.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        var refused = await sandbox.RefusedAsync(SandboxFixture.TextTo("+919876543210"));

        (refused.Status, refused.Code).Should().Be((status, code));
    }

    [Theory]
    [InlineData("/sandbox/graph/v99.0/106540352242922/messages", 2500)]
    [InlineData("/sandbox/graph/version/106540352242922/messages", 2500)]
    [InlineData("/sandbox/graph/v25.0/someone/messages", 100)]
    [InlineData("/sandbox/graph/v25.0/106540352242922/massages", 2500)]
    public async Task An_unknown_version_object_or_path_is_told_as_Meta_does(string path, int code)
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var response = await sandbox.Client.PostAsync(path, new StringContent("{}"));

        ((int)response.StatusCode).Should().Be(400);
        (await SandboxFixture.ErrorAsync(response)).GetProperty("code").GetInt32().Should().Be(code);
    }

    [Fact]
    public async Task Counters_tell_what_was_sent_more_than_once()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => o.MessageHistory = 2);

        foreach (var reference in new[] { "a", "b", "c", "b" })
        {
            await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210", reference: reference));
        }

        sandbox.Host.Graph.Messages.Should().HaveCount(2);
        var stats = await sandbox.GetAsync("/sandbox/api/stats?reference=a");
        stats.GetProperty("accepted").GetInt64().Should().Be(4);
        stats.GetProperty("references").GetInt32().Should().Be(3);
        stats.GetProperty("count").GetInt32().Should().Be(1);
        stats.GetProperty("repeated").GetProperty("b").GetInt32().Should().Be(2);
    }

    private static string Message(string rest) => "{" + To + "," + rest + "}";

    private static string Buttons(params (string Id, string Title)[] buttons) => Message(
        "\"type\":\"interactive\",\"interactive\":{\"type\":\"button\",\"body\":{\"text\":\"Choose\"},\"action\":{\"buttons\":["
        + string.Join(",", buttons.Select(b => $"{{\"type\":\"reply\",\"reply\":{{\"id\":\"{b.Id}\",\"title\":\"{b.Title}\"}}}}")) + "]}}");

    private static string List(int rows)
    {
        string Section(int from, int to) => $"{{\"title\":\"From {from}\",\"rows\":["
            + string.Join(",", Enumerable.Range(from, to - from).Select(i => $"{{\"id\":\"r{i}\",\"title\":\"Row {i}\"}}")) + "]}";

        return Message("\"type\":\"interactive\",\"interactive\":{\"type\":\"list\",\"body\":{\"text\":\"Choose\"},\"action\":{\"button\":\"Open\",\"sections\":["
            + Section(0, 6) + "," + Section(6, rows) + "]}}");
    }
}
