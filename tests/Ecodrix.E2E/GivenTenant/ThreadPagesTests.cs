using Ecodrix.Engine.People;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>A thread: who else is in it, and how one finds a message again.</summary>
public sealed class ThreadPagesTests(RunningApp app) : IClassFixture<RunningApp>
{
    private const string Phone = "+919876512001";

    [BrowserFact]
    public async Task Colleagues_in_the_same_conversation_see_each_other_and_who_is_writing()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        var path = $"/c/{tenant.Code}/inbox/{await SampleTenant.ConversationAsync(tenant, Phone)}";
        var asha = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code, "Asha"));
        var vikram = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code, "Vikram"));
        await asha.GotoAsync(path);
        await Expect(asha.GetByRole(AriaRole.Log)).ToContainTextAsync("Is 3 pm free?");
        await vikram.GotoAsync(path);

        await Expect(asha.Locator(".presence")).ToHaveTextAsync("Vikram is here");
        await Expect(vikram.Locator(".presence")).ToHaveTextAsync("Asha is here");
        await asha.GetByLabel("Message", new() { Exact = true }).PressSequentiallyAsync("Yes");
        await Expect(vikram.Locator(".presence")).ToHaveTextAsync("Asha is replying");
        await asha.GetByLabel("Message", new() { Exact = true }).PressAsync("Enter");
        await Expect(vikram.Locator(".presence")).ToHaveTextAsync("Asha is here");

        await vikram.GotoAsync($"/c/{tenant.Code}/leads");
        await Expect(asha.Locator(".presence")).ToHaveTextAsync("");
    }

    [BrowserFact]
    public async Task A_message_is_found_again_among_the_starred_and_by_a_search_however_far_up_it_stands()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "The marigold order is for Sunday.");
        foreach (var at in Enumerable.Range(1, 120))
        {
            await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", $"Message {at}.");
        }

        var conversation = await SampleTenant.ConversationAsync(tenant, Phone, "Message 120.");
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox?search=marigold");
        await page.Locator("a.hit", new() { HasText = "marigold" }).ClickAsync();
        var wanted = page.Locator("article", new() { HasText = "marigold" });
        // Three pages of the thread are read for it.
        await Expect(wanted).ToBeInViewportAsync(new() { Timeout = 15_000 });

        await wanted.HoverAsync();
        await wanted.GetByRole(AriaRole.Button, new() { Name = "Message actions" }).ClickAsync();
        await page.GetByText("Star", new() { Exact = true }).ClickAsync();
        await Expect(wanted.Locator(".bubble.starred")).ToHaveCountAsync(1);
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        await Expect(wanted).ToHaveCountAsync(0);
        await page.Locator(".thread header").GetByRole(AriaRole.Button, new() { Name = "More" }).ClickAsync();
        await page.GetByText("Starred messages", new() { Exact = true }).ClickAsync();
        await Expect(page.GetByText("One starred message")).ToBeVisibleAsync();
        await Expect(page.Locator("article")).ToHaveCountAsync(1);

        await wanted.GetByRole(AriaRole.Button, new() { Name = "Show in the conversation" }).ClickAsync();
        await Expect(page.Locator("article", new() { HasText = "Message 1." })).ToHaveCountAsync(1);
        await Expect(wanted).ToBeInViewportAsync();
        await Expect(page.GetByText("One starred message")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Who_types_faster_than_the_server_answers_sends_each_message_once_and_whole()
    {
        var tenant = await app.TenantAsync();
        await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", "Is 3 pm free?");
        var conversation = await SampleTenant.ConversationAsync(tenant, Phone);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        var box = page.GetByLabel("Message", new() { Exact = true });
        await box.PressSequentiallyAsync("Yes");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.TypeAsync("Come at ten to three");

        var log = page.GetByRole(AriaRole.Log);
        await Expect(log.Locator("article.out")).ToHaveCountAsync(1);
        await Expect(box).ToHaveValueAsync("Come at ten to three");
        await page.Keyboard.PressAsync("Enter");
        await Expect(log.Locator("article.out")).ToHaveCountAsync(2);
        await Expect(log.Locator("article.out").Nth(1)).ToContainTextAsync("Come at ten to three");
        await Expect(box).ToHaveValueAsync("");
    }

    [BrowserFact]
    public async Task Notes_stand_among_the_messages_and_half_a_note_never_where_enter_sends_it_to_the_contact()
    {
        var tenant = await app.TenantAsync();
        foreach (var at in Enumerable.Range(1, 60))
        {
            await SampleTenant.WritesAsync(tenant, Phone, "Ravi Kumar", $"Message {at}.");
        }

        var conversation = await SampleTenant.ConversationAsync(tenant, Phone, "Message 60.");
        await tenant.CallAsync(HttpMethod.Post, $"/api/saas/chat/conversations/{conversation}/read");
        var lead = (await tenant.CallAsync(HttpMethod.Get, $"/api/saas/chat/conversations/{conversation}")).GetProperty("leadId").GetString();
        await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{lead}/notes", new { content = "First note" });
        await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{lead}/notes", new { content = "Second note" });
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox/{conversation}");
        var log = page.GetByRole(AriaRole.Log);
        await Expect(log.Locator(".note")).ToHaveCountAsync(2);
        await Expect(page.GetByText("Unread from here")).ToHaveCountAsync(0);
        await log.EvaluateAsync("e => e.scrollTop = -e.scrollHeight");
        await Expect(log.GetByText("Message 1.")).ToHaveCountAsync(1);
        await Expect(log.Locator(".note")).ToHaveCountAsync(2);

        await page.GetByRole(AriaRole.Tab, new() { Name = "Note", Exact = true }).ClickAsync();
        await page.GetByLabel("Note for colleagues").PressSequentiallyAsync("Owes us from last");
        await page.WaitForFunctionAsync("() => Object.values(localStorage).includes('Owes us from last')");
        await page.ReloadAsync();
        await Expect(page.GetByLabel("Message", new() { Exact = true })).ToHaveValueAsync("");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Note", Exact = true }).ClickAsync();
        await Expect(page.GetByLabel("Note for colleagues")).ToHaveValueAsync("Owes us from last");
    }
}
