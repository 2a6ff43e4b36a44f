using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ecodrix.Sandbox.Callbacks;
using Microsoft.Extensions.Time.Testing;

namespace Ecodrix.Tests.Sandbox;

public sealed class CallbackCatcherTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string Body = "{\"trigger\":\"appointment_confirmed\",\"name\":\"é\"}";

    [Theory]
    [MemberData(nameof(Signatures))]
    public async Task A_verdict_says_why_a_signature_does_not_hold(string? header, string outcome, string reason)
    {
        await using var sandbox = await SandboxFixture.StartAsync(o =>
        {
            o.CallbackSecrets["shop"] = Secret;
            o.CallbackSecrets["clinic"] = "the-secret-of-somebody-else-....";
        });

        await PostAsync(sandbox, "shop", Body, header);

        var verdict = sandbox.Host.Callbacks.Of("shop").Single().Signature;
        (verdict.Outcome, verdict.IsValid).Should().Be((outcome, outcome == "valid"));
        verdict.Reason.Should().Contain(reason);
    }

    public static TheoryData<string?, string, string> Signatures => new()
    {
        { Sign(Body, Secret), "valid", "as promised" },
        { null, "absent", "no x-ecodrix-signature" },
        { "sha256=abc", "invalid", "10 characters" },
        { "md5=" + Sign(Body, Secret)[7..], "invalid", "does not start with" },
        { Sign(Body, Secret)[7..], "invalid", "before it is missing" },
        { "sha256=" + Sign(Body, Secret)[7..].ToUpperInvariant(), "invalid", "upper case" },
        { "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Convert.FromHexString(Secret), Encoding.UTF8.GetBytes(Body))), "invalid", "decoded from hex" },
        { Sign(Body, "the-secret-of-somebody-else-...."), "invalid", "\"clinic\"" },
        { Sign(Body, Secret + "\n"), "invalid", "line break around it" },
        { Sign(Body + "\n", Secret), "invalid", "line break at its end" },
        { Sign("{\"trigger\":\"appointment_confirmed\",\"name\":\"\\u00E9\"}", Secret), "invalid", "written anew" },
        { Sign("another body", Secret), "invalid", "Another secret was used" },
    };

    [Fact]
    public async Task Without_a_secret_nothing_is_claimed()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        await PostAsync(sandbox, "shop", Body, Sign(Body, Secret));

        sandbox.Host.Callbacks.Of("shop").Single().Signature.Outcome.Should().Be("unchecked");
    }

    [Theory]
    [InlineData(0, true, "holds")]
    [InlineData(400, false, "400 s old")]
    [InlineData(-400, false, "400 s ahead")]
    public async Task Standard_Webhooks_headers_are_checked_with_their_timestamp(int age, bool valid, string reason)
    {
        var clock = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var sandbox = await SandboxFixture.StartAsync(o => (o.TimeProvider, o.CallbackSecrets["shop"]) = (clock, Secret));
        var stamp = $"{1_800_000_000 - age}";
        var signed = "v1," + Convert.ToBase64String(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"msg_1.{stamp}.{Body}")));

        await PostAsync(sandbox, "shop", Body, null, ("webhook-id", "msg_1"), ("webhook-timestamp", stamp), ("webhook-signature", "v1,other " + signed));

        var verdict = sandbox.Host.Callbacks.Of("shop").Single().StandardWebhooks;
        verdict.IsValid.Should().Be(valid);
        verdict.Reason.Should().Contain(reason);
    }

    [Fact]
    public async Task A_programmed_sequence_is_answered_and_then_200()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var set = await sandbox.Client.PutAsJsonAsync(
            "/sandbox/api/callbacks/shop", new { secret = Secret, respondWith = new[] { 500, 429 }, retryAfter = 7 });
        set.EnsureSuccessStatusCode();

        using var first = await PostAsync(sandbox, "shop", Body, null);
        using var second = await PostAsync(sandbox, "shop", Body, null);
        using var third = await PostAsync(sandbox, "shop", Body, null);

        new[] { first, second, third }.Select(r => (int)r.StatusCode).Should().Equal(500, 429, 200);
        second.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(7));
        third.Headers.RetryAfter.Should().BeNull();
        var listed = await sandbox.GetAsync("/sandbox/api/callbacks?name=shop");
        listed.EnumerateArray().Select(c => c.GetProperty("answeredWith").GetInt32()).Should().Equal(500, 429, 200);
    }

    [Fact]
    public async Task Names_are_kept_apart_and_the_history_is_bounded()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => o.CallbackHistory = 3);

        for (var i = 0; i < 5; i++)
        {
            await PostAsync(sandbox, i % 2 == 0 ? "a" : "b", $"{i}", null);
        }

        sandbox.Host.Callbacks.All.Select(c => c.Body).Should().Equal("2", "3", "4");
        sandbox.Host.Callbacks.Of("b").Select(c => c.Body).Should().Equal("3");
        sandbox.Host.Callbacks.Counts.Should().BeEquivalentTo(new Dictionary<string, long> { ["a"] = 3, ["b"] = 2 });
    }

    [Fact]
    public async Task A_test_can_wait_for_a_callback()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var waiting = sandbox.Host.Callbacks.WaitForAsync(c => c.Body == "second", SandboxFixture.Patience);
        await PostAsync(sandbox, "shop", "first", null);
        await PostAsync(sandbox, "shop", "second", null);

        (await waiting).Id.Should().Be(2);
    }

    [Fact]
    public async Task The_signature_tester_answers_with_what_was_expected()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        using var response = await sandbox.Client.PostAsJsonAsync(
            "/sandbox/api/signature", new { body = Body, signature = "sha256=0", secret = Secret });

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        answer.GetProperty("expected").GetString().Should().Be(Sign(Body, Secret));
        answer.GetProperty("verdict").GetProperty("reason").GetString().Should().Contain("characters");
    }

    private static string Sign(string body, string secret) => CallbackSignatures.Sign(Encoding.UTF8.GetBytes(body), secret);

    private static async Task<HttpResponseMessage> PostAsync(
        SandboxFixture sandbox, string name, string body, string? signature, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, sandbox.Host.CallbackUrl(name))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation("x-ecodrix-signature", signature);
        }

        foreach (var header in headers)
        {
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        return await sandbox.Client.SendAsync(request);
    }
}
