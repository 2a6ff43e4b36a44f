using System.Text.Json.Nodes;
using Ecodrix.Tests.Api.Chat;

namespace Ecodrix.Tests.Api.WhatsApp;

/// <summary>The webhook address that all clients share.</summary>
public sealed class SharedWebhookTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static long _ids = 700_000_000_000 + (Environment.TickCount64 % 1_000_000_000);

    [Fact]
    public async Task Messages_of_two_numbers_in_one_webhook_go_to_their_clients_and_those_of_nobody_nowhere()
    {
        var (one, two) = (await ClientAsync(), await ClientAsync());
        var (a, b, c) = (ChatSteps.NewPhone(), ChatSteps.NewPhone(), ChatSteps.NewPhone());

        (await PostAsync(Entry(one.Account, one.Number, a), Entry(two.Account, two.Number, b), Entry("1", "2", c))).Status.Should().Be(200);
        await app.RunDueAsync();

        (await PhonesAsync(one.Tenant)).Should().Equal(a);
        (await PhonesAsync(two.Tenant)).Should().Equal(b);
    }

    [Fact]
    public async Task What_names_no_number_goes_to_the_clients_of_the_account()
    {
        var (one, other) = (await ClientAsync(), await ClientAsync());
        var colleague = await ClientAsync(one.Account);

        (await PostAsync(Template(one.Account))).Status.Should().Be(200);
        await app.RunDueAsync();

        (await NoticesAsync(one.Tenant)).Should().Be(1);
        (await NoticesAsync(colleague.Tenant)).Should().Be(1, "templates are the account's");
        (await NoticesAsync(other.Tenant)).Should().Be(0);
        (await PostAsync(Template("3"))).Code.Should().Be("INVALID_SIGNATURE");
    }

    [Fact]
    public async Task One_clients_signature_lets_nothing_in_for_another_clients_number()
    {
        var (one, two) = (await ClientAsync(), await ClientAsync(appSecret: "another-app-secret"));
        var (a, b) = (ChatSteps.NewPhone(), ChatSteps.NewPhone());

        (await PostAsync(Entry(one.Account, one.Number, a), Entry(two.Account, two.Number, b))).Status.Should().Be(200);
        await app.RunDueAsync();

        (await PhonesAsync(one.Tenant)).Should().Equal(a);
        (await PhonesAsync(two.Tenant)).Should().BeEmpty();
        (await PostAsync(Entry(two.Account, two.Number, b))).Status.Should().Be(401);
    }

    [Fact]
    public async Task Whoever_has_no_signature_costs_one_look_up_however_many_numbers_are_named_and_too_many_are_refused()
    {
        var client = await ClientAsync();
        await PostAsync(Template(client.Account));
        IEnumerable<JsonObject> Entries() => Enumerable.Range(0, 99).Select(n => Entry("1", $"5550{n}", ChatSteps.NewPhone())).Append(Template("1"));
        var (lookUps, refused) = (0, default(TestAnswer)!);

        app.Commands.Before = (_, command) => lookUps += command.GetElement(0).Name == "find" && command[0] == "tenants" ? 1 : 0;
        try
        {
            refused = await PostAsync([.. Entries()]);
        }
        finally
        {
            app.Commands.Before = null;
        }

        refused.Code.Should().Be("INVALID_SIGNATURE");
        lookUps.Should().Be(2, "one for the numbers, and one for the accounts");
        var tooMany = await PostAsync([.. Entries(), Entry("1", "55599", ChatSteps.NewPhone()), Entry(client.Account, client.Number, ChatSteps.NewPhone())]);
        (tooMany.Status, tooMany.Code).Should().Be((400, "VALIDATION_ERROR"));
        tooMany.Json.ToString().Should().Contain("102");
    }

    private async Task<(TestTenant Tenant, string Number, string Account)> ClientAsync(string? account = null, string appSecret = ChatSteps.AppSecret)
    {
        var tenant = await app.TenantAsync();
        var (number, business) = ($"{Interlocked.Increment(ref _ids)}", account ?? $"{Interlocked.Increment(ref _ids)}");
        var secrets = new { whatsappPhoneNumberId = number, whatsappBusinessId = business, whatsappAppSecret = appSecret };
        (await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", secrets, ("x-admin-key", AppFixture.AdminKey))).Status.Should().Be(200);
        return (tenant, number, business);
    }

    private Task<TestAnswer> PostAsync(params JsonObject[] entries)
    {
        var body = new JsonObject { ["object"] = "whatsapp_business_account", ["entry"] = new JsonArray([.. entries]) }.ToJsonString();
        return app.SendAsync(HttpMethod.Post, "/api/saas/whatsapp/webhook", body, ("X-Hub-Signature-256", ChatSteps.Sign(body)));
    }

    private JsonObject Entry(string account, string number, string phone) => Of(account, "messages", new JsonObject
    {
        ["messaging_product"] = "whatsapp",
        ["metadata"] = new JsonObject { ["phone_number_id"] = number },
        ["contacts"] = new JsonArray(new JsonObject { ["wa_id"] = phone[1..], ["profile"] = new JsonObject { ["name"] = "Ravi" } }),
        ["messages"] = new JsonArray(new JsonObject
        {
            ["id"] = ChatSteps.Wamid(),
            ["from"] = phone[1..],
            ["timestamp"] = $"{app.Clock.GetUtcNow().ToUnixTimeSeconds()}",
            ["type"] = "text",
            ["text"] = new JsonObject { ["body"] = "Hello" },
        }),
    });

    private static JsonObject Template(string account) => Of(account, "message_template_status_update", new JsonObject
    {
        ["event"] = "PAUSED",
        ["message_template_id"] = 1,
        ["message_template_name"] = "seasonal_offer",
        ["message_template_language"] = "en-US",
    });

    private static JsonObject Of(string account, string field, JsonObject value) =>
        new() { ["id"] = account, ["changes"] = new JsonArray(new JsonObject { ["field"] = field, ["value"] = value }) };

    private static async Task<List<string?>> PhonesAsync(TestTenant tenant) =>
        [.. (await tenant.GetAsync("/api/saas/chat/conversations")).Data.EnumerateArray().Select(c => c.Text("phone"))];

    private static async Task<int> NoticesAsync(TestTenant tenant) => (await tenant.GetAsync("/api/saas/whatsapp/notices")).Data.GetArrayLength();
}
