using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Webhooks;
using Ecodrix.Tests.Reference;

namespace Ecodrix.Tests.Sandbox;

/// <summary>Holds the sandbox against Meta's own samples and schemas.</summary>
public sealed partial class MetaReferenceTests
{
    /// <summary>Samples with a defect of their own; the sandbox refuses them for it.</summary>
    private static readonly string[] Defective =
    [
        "openapi-Send_Sample_Issue_Resolution_Template-39.json", // a boolean where Meta wants text
        "openapi-Send_Reply_to_List_Message-31.json", // an interactive message that does not say its type
    ];

    [ReferenceFact]
    public async Task Every_sound_request_sample_of_Meta_is_accepted()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => (o.AcceptUnknownTemplates, o.AcceptUnknownMedia) = (true, true));
        var refused = new List<string>();
        var count = 0;
        foreach (var file in ReferenceFiles.Examples("requests").Where(f => !Defective.Contains(Path.GetFileName(f))))
        {
            using var response = await sandbox.SendRawAsync(Filled(JsonNode.Parse(await File.ReadAllTextAsync(file))!).ToJsonString());
            count++;
            if (!response.IsSuccessStatusCode)
            {
                refused.Add($"{Path.GetFileName(file)}: {await response.Content.ReadAsStringAsync()}");
            }
        }

        count.Should().BeGreaterThan(120);
        refused.Should().BeEmpty();
    }

    [ReferenceFact]
    public async Task The_defective_samples_are_refused()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => o.AcceptUnknownTemplates = true);

        foreach (var name in Defective)
        {
            var file = ReferenceFiles.Path("examples", "requests", name);
            using var response = await sandbox.SendRawAsync(Filled(JsonNode.Parse(await File.ReadAllTextAsync(file))!).ToJsonString());
            (await SandboxFixture.ErrorAsync(response)).GetProperty("code").GetInt32().Should().Be(100);
        }
    }

    [ReferenceFact]
    public async Task Requests_to_user_ids_are_accepted_and_answered_without_a_number()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        foreach (var name in new[] { "send-request-text-to-bsuid-derived.json", "send-request-contact-info-derived.json" })
        {
            using var response = await sandbox.SendRawAsync(await File.ReadAllTextAsync(ReferenceFiles.Path("examples", "bsuid-2026", name)));
            var contact = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("contacts")[0];
            contact.GetProperty("user_id").GetString().Should().Be("US.13491208655302741918");
            contact.TryGetProperty("wa_id", out _).Should().BeFalse();
        }
    }

    [ReferenceFact]
    public async Task Every_answer_has_the_shape_of_Metas()
    {
        var schema = await ReferenceFiles.SchemaAsync("wa-responses.patched.schema.json");
        await using var sandbox = await SandboxFixture.StartAsync();
        var id = sandbox.Host.Graph.Receive(new InboundMessage { From = "+919876543210", Type = "image" }).Content.GetProperty("id").GetString();
        var answers = new List<string>();
        foreach (var message in new[]
        {
            SandboxFixture.TextTo("+919876543210"), SandboxFixture.TextTo("+919876540027"), SandboxFixture.TextTo("nobody"),
            SandboxFixture.Template("+919876543210", "hello_world", "en_US"), SandboxFixture.Template("+919876543210", "nothing", "en_US"),
            SandboxFixture.TextTo("+919876540008"), SandboxFixture.TextTo("+919876540015"),
        })
        {
            using var response = await sandbox.SendAsync(message);
            answers.Add(await response.Content.ReadAsStringAsync());
        }

        answers.Add(await sandbox.Client.GetStringAsync("/sandbox/graph/v25.0/102290129340398/message_templates"));
        answers.Add(await sandbox.Client.GetStringAsync($"/sandbox/graph/v25.0/{id}"));

        foreach (var answer in answers)
        {
            schema.Validate(answer).Should().BeEmpty(answer);
        }
    }

    [ReferenceFact]
    public async Task Every_webhook_has_the_shape_of_Metas()
    {
        var schema = await ReferenceFiles.SchemaAsync("wa-webhook.patched.schema.json");
        await using var sandbox = await SandboxFixture.StartAsync();
        foreach (var digits in new[] { "3210", "0002", "0005", "0011", "0020", "0027", "0028" })
        {
            await sandbox.AcceptedAsync(SandboxFixture.TextTo("+91987654" + digits, reference: digits));
        }

        await sandbox.SendRawAsync("{\"messaging_product\":\"whatsapp\",\"recipient\":\"US.13491208655302741918\",\"text\":{\"body\":\"Hello\"}}");
        string[] kinds =
        [
            "text", "image", "audio", "video", "document", "sticker", "location", "contacts", "button", "interactive", "reaction", "unsupported",
        ];
        foreach (var kind in kinds)
        {
            sandbox.Host.Graph.Receive(new InboundMessage { From = "+919876543210", Name = "Asha", Type = kind, Text = kind == "reaction" ? "👍" : "Yes", ReplyTo = "wamid.x" });
        }

        sandbox.Host.Graph.Receive(new InboundMessage { From = "+919876543210", Username = "asha", HidePhone = true, Text = "नमस्ते" });
        await sandbox.Receiver.UntilAsync(r => r.Statuses.Count() >= 17 && r.Received.SelectMany(w => w.Values)
            .Count(v => v.TryGetProperty("messages", out _)) >= kinds.Length + 1);

        foreach (var webhook in sandbox.Receiver.Received)
        {
            var body = System.Text.Encoding.UTF8.GetString(webhook.Body);
            schema.Validate(body).Should().BeEmpty(body);
        }
    }

    [ReferenceFact]
    public void The_signature_vectors_hold()
    {
        var vectors = ReferenceFiles.Json("signature-vectors.json");
        string Of(string group, string name) => vectors.GetProperty(group).GetProperty(name).GetString()!;
        var now = DateTimeOffset.FromUnixTimeSeconds(1614265330);

        WebhookSignature.Of(Bytes(Of("metaXHubSignature256", "rawBodyAsciiEscaped")), Of("metaXHubSignature256", "appSecret"))
            .Should().Be(After(Of("metaXHubSignature256", "header")));
        CallbackSignatures.Sign(Bytes(Of("ecodrixSignature", "rawBody")), Of("ecodrixSignature", "secretUtf8"))
            .Should().Be(After(Of("ecodrixSignature", "header")));
        CallbackSignatures.CheckStandard(
            Bytes(Of("standardWebhooks", "body")), Of("standardWebhooks", "webhook-id"), Of("standardWebhooks", "webhook-timestamp"),
            Of("standardWebhooks", "webhook-signature"), Of("standardWebhooks", "secret"), now).IsValid.Should().BeTrue();
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static string After(string header) => header[(header.IndexOf(": ", StringComparison.Ordinal) + 2)..];

    /// <summary>Puts usable values where Meta's samples have placeholders.</summary>
    private static JsonNode Filled(JsonNode sample)
    {
        var text = Placeholder().Replace(sample.ToJsonString(new JsonSerializerOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }), "https://example.com/file");
        var json = JsonNode.Parse(text)!;
        if ((string?)json["recipient_type"] != "group" && json["to"] is { } to && !((string)to!).All(c => char.IsAsciiDigit(c) || c == '+'))
        {
            json["to"] = "+16505551234";
        }

        if (json["interactive"]?["header"] is { } header && (string?)header["type"] == "<HEADER_TYPE>")
        {
            json["interactive"]!["header"] = new JsonObject { ["type"] = "text", ["text"] = "x" };
        }

        return json;
    }

    [GeneratedRegex(@"<?http\(s\)://[^""]*")]
    private static partial Regex Placeholder();
}
