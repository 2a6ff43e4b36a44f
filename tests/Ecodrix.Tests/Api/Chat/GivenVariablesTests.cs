using System.Text.Json;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Which variables of a template values given by number go to.</summary>
public sealed class GivenVariablesTests(AppFixture app) : IClassFixture<AppFixture>
{
    private const string Picture = "https://clinic.example.com/offer.jpg";

    [Fact]
    public async Task Beside_a_header_of_its_own_they_go_to_body_and_buttons()
    {
        var (tenant, phone) = (await SyncedAsync(), ChatSteps.NewPhone());

        var components = await SentAsync(tenant, phone, new { to = phone, templateName = "seasonal_offer", headerValue = Picture, variables = new[] { "Ravi", "20%", "abc" } });

        components[0].GetProperty("parameters")[0].GetProperty("image").Text("link").Should().Be(Picture);
        Texts(components[1]).Should().Equal("Ravi", "20%");
        Texts(components[2]).Should().Equal("abc");
    }

    [Fact]
    public async Task As_many_as_all_of_them_go_to_all_in_order_the_address_of_a_picture_first()
    {
        var (tenant, phone) = (await SyncedAsync(), ChatSteps.NewPhone());

        var components = await SentAsync(tenant, phone, new { to = phone, templateName = "seasonal_offer", variables = new[] { Picture, "Ravi", "20%", "abc" } });

        components[0].GetProperty("parameters")[0].GetProperty("image").Text("link").Should().Be(Picture);
        Texts(components[1]).Should().Equal("Ravi", "20%");
        Texts(components[2]).Should().Equal("abc");
    }

    [Fact]
    public async Task More_than_the_body_has_and_fewer_than_all_go_to_the_body()
    {
        var (tenant, phone) = (await SyncedAsync(), ChatSteps.NewPhone());
        await MapAsync(tenant, "order_status", new { component = "header", variableIndex = 1, source = "static", value = "SKB-1" }, new { component = "button", buttonIndex = 0, source = "static", value = "4471" });

        var components = await SentAsync(tenant, phone, new { to = phone, templateName = "order_status", variables = new[] { "Ravi", "on its way", "and more" } });

        components.Select(Texts).Should().BeEquivalentTo([["SKB-1"], ["Ravi", "on its way"], new[] { "4471" }], o => o.WithStrictOrdering());
    }

    [Fact]
    public async Task Columns_of_a_csv_do_not_become_a_files_id()
    {
        var (tenant, phone) = (await SyncedAsync(), ChatSteps.NewPhone());
        await MapAsync(tenant, "payment_receipt", new { component = "header", source = "static", value = "https://clinic.example.com/receipt.pdf" });

        var launched = await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Receipts", templateName = "payment_receipt", csv = $"phone,name,amount,email\n{phone},Ravi,1500,ravi@example.com" });
        await app.RunDueAsync();

        launched.Status.Should().Be(201, launched.Json.ToString());
        var components = Components(phone);
        components[0].GetProperty("parameters")[0].GetProperty("document").Text("link").Should().Be("https://clinic.example.com/receipt.pdf");
        Texts(components[1]).Should().Equal("Ravi", "1500");
    }

    [Fact]
    public async Task What_is_neither_a_list_nor_an_object_is_refused_rather_than_left_out()
    {
        var (tenant, phone) = (await SyncedAsync(), ChatSteps.NewPhone());

        var sent = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "lead_welcome", variables = "Ravi" });
        var launched = await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Test", templateName = "lead_welcome", recipients = new object[] { new { phone, variables = new[] { "a", "b" } }, new { phone, variables = "Ravi" } } });

        (sent.Status, sent.Json.GetProperty("details")[0].Text("field")).Should().Be((400, "variables"));
        (launched.Status, launched.Json.GetProperty("details")[0].Text("field")).Should().Be((400, "recipients[1].variables"));
    }

    private static List<string?> Texts(JsonElement component) => [.. component.GetProperty("parameters").EnumerateArray().Select(p => p.Text("text"))];

    private static async Task MapAsync(TestTenant tenant, string template, params object[] mappings) =>
        (await tenant.PutAsync($"/api/saas/chat/templates/{template}/mapping", new { mappings })).Status.Should().Be(200);

    private async Task<TestTenant> SyncedAsync()
    {
        var tenant = await app.TenantAsync();
        (await tenant.PostAsync("/api/saas/chat/templates/sync", new { })).Status.Should().Be(200);
        return tenant;
    }

    private async Task<List<JsonElement>> SentAsync(TestTenant tenant, string phone, object message)
    {
        var answer = await tenant.PostAsync("/api/saas/chat/send", message);
        answer.Status.Should().Be(201, answer.Json.ToString());
        await app.RunDueAsync();
        return Components(phone);
    }

    private List<JsonElement> Components(string phone) => [.. app.SentTo(phone).Single().GetProperty("template").GetProperty("components").EnumerateArray()];
}
