using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ecodrix.Tests.Api.Callbacks;

public sealed class SignatureTesterTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string Body = """{"id":"1","trigger":"payment_captured"}""";

    public static TheoryData<string, string> Mistakes => new()
    {
        { "valid", "sha256=" + Hex(Secret, Body) },
        { "prefix_missing", Hex(Secret, Body) },
        { "upper_case", "sha256=" + Hex(Secret, Body).ToUpperInvariant() },
        { "hex_key", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Convert.FromHexString(Secret), Encoding.UTF8.GetBytes(Body))) },
        { "base64", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(Body))) },
        { "line_end", "sha256=" + Hex(Secret, Body + "\n") },
        { "reserialised", "sha256=" + Hex(Secret, "{\n  \"id\": \"1\",\n  \"trigger\": \"payment_captured\"\n}") },
        { "unknown", "sha256=" + Hex("another", Body) },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task Each_usual_mistake_is_named(string code, string signature)
    {
        var tenant = await app.TenantAsync(Secret);

        var found = await TestAsync(tenant, new { body = Body, signature });

        found.Data.GetProperty("code").GetString().Should().Be(code);
        found.Data.GetProperty("valid").GetBoolean().Should().Be(code == "valid");
        if (code != "valid")
        {
            found.Data.GetProperty("remedy").GetString().Should().NotBeNullOrEmpty();
            found.Json.GetRawText().Should().NotContain(Hex(Secret, Body)).And.NotContain(Secret);
        }
    }

    [Fact]
    public async Task Another_secret_at_the_receiver_is_named()
    {
        var tenant = await app.TenantAsync(Secret);

        var found = await TestAsync(tenant, new { body = Body, signature = "sha256=" + Hex("ffffffffffffffffffffffffffffffff", Body), secret = "ffffffffffffffffffffffffffffffff" });

        found.Data.GetProperty("code").GetString().Should().Be("other_secret");
    }

    [Theory]
    [InlineData(0, "valid")]
    [InlineData(-900, "timestamp")]
    public async Task Standard_webhooks_headers_are_tested_with_their_age(int seconds, string code)
    {
        var tenant = await app.TenantAsync(Secret);
        var at = app.Clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"msg.{at}.{Body}")));

        var found = await TestAsync(tenant, new { body = Body, signature, webhookId = "msg", webhookTimestamp = at });

        found.Data.GetProperty("code").GetString().Should().Be(code);
    }

    [Fact]
    public async Task Without_a_body_the_fields_are_named() =>
        (await TestAsync(await app.TenantAsync(), new { signature = "x" })).Status.Should().Be(400);

    private static Task<TestAnswer> TestAsync(TestTenant tenant, object body) => tenant.PostAsync("/api/saas/callbacks/test-signature", body);

    private static string Hex(string key, string body) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(body)));
}
