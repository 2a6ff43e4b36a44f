namespace Ecodrix.Tests.Api.Chat;

/// <summary>WhatsApp may know a contact by another number than is dialled, and says so in its answer to a send: replies come from that one.</summary>
public sealed class OwnNumberTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reply_from_the_number_that_Meta_named_finds_the_conversation_and_the_lead(bool byBroadcast)
    {
        var (tenant, dialled, own) = await NumbersAsync();
        var lead = await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = dialled });
        if (byBroadcast)
        {
            (await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Camp", templateName = "visit_follow_up", recipients = new[] { new { phone = dialled } } })).Status.Should().Be(201);
            await app.RunDueAsync();
        }
        else
        {
            await SendAsync(tenant, dialled);
        }

        await tenant.WritesAsync(own, "Yes, gladly", "Ravi Kumar");
        await tenant.WritesAsync(own, "At three?", "Ravi Kumar");

        var conversation = await OnlyConversationAsync(tenant);
        conversation.Text("phone").Should().Be(dialled, "what is sent is not rewritten");
        conversation.Text("leadId").Should().Be(lead.Data.Text("id"));
        (await tenant.GetAsync($"/api/saas/chat/conversations/{conversation.Text("id")}/messages")).Data.GetArrayLength().Should().Be(3);
        var all = await tenant.GetAsync("/api/crm/leads");
        all.Data.GetArrayLength().Should().Be(1, "the reply makes no second lead");
        (await tenant.GetAsync($"/api/crm/leads/{lead.Data.Text("id")}")).Data.GetProperty("otherPhones")[0].GetString().Should().Be(own);
        (await tenant.GetAsync($"/api/crm/leads?search={Uri.EscapeDataString(own)}")).Data.GetArrayLength().Should().Be(1);
        (await tenant.PostAsync("/api/saas/chat/send", new { to = own, text = "Three it is" })).Status.Should().Be(201, "the window is open by either number");
        await OnlyConversationAsync(tenant);
    }

    [Fact]
    public async Task Who_wrote_from_it_before_is_found_by_the_dialled_number_from_then_on()
    {
        var (tenant, dialled, own) = await NumbersAsync();
        await tenant.WritesAsync(own, "Hello");
        await SendAsync(tenant, dialled);

        await tenant.WritesAsync(own, "Thanks");

        var conversation = await OnlyConversationAsync(tenant);
        (await tenant.GetAsync($"/api/saas/chat/conversations/{conversation.Text("id")}/messages")).Data.GetArrayLength().Should().Be(3);
        conversation.Text("leadId").Should().Be((await tenant.GetAsync("/api/crm/leads")).Data.EnumerateArray().Should().ContainSingle().Subject.Text("id"));
    }

    [Fact]
    public async Task Two_leads_that_turn_out_to_be_one_person_are_left_for_people_to_merge()
    {
        var (tenant, dialled, own) = await NumbersAsync();
        await tenant.WritesAsync(own, "Hello");
        await tenant.PostAsync("/api/crm/leads", new { firstName = "Ravi", phone = dialled });

        await SendAsync(tenant, dialled);

        (await tenant.GetAsync("/api/saas/chat/conversations")).Data.GetArrayLength().Should().Be(2);
        (await tenant.GetAsync("/api/crm/leads")).Data.GetArrayLength().Should().Be(2);
    }

    private async Task<(TestTenant Tenant, string Dialled, string Own)> NumbersAsync()
    {
        var (tenant, dialled, own) = (await app.TenantAsync(), ChatSteps.NewPhone(), ChatSteps.NewPhone());
        await tenant.PostAsync("/api/saas/chat/templates/sync", new { });
        app.Sandbox.Graph.KnowAs(dialled.TrimStart('+'), own.TrimStart('+'));
        return (tenant, dialled, own);
    }

    private async Task SendAsync(TestTenant tenant, string phone)
    {
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" })).Status.Should().Be(201);
        await app.RunDueAsync();
    }

    private static async Task<System.Text.Json.JsonElement> OnlyConversationAsync(TestTenant tenant) =>
        (await tenant.GetAsync("/api/saas/chat/conversations")).Data.EnumerateArray().Should().ContainSingle().Subject;
}
