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

        var conversation = await SampleTenant.ConversationAsync(tenant, Phone);
        var page = await app.SignedInAsync(await app.PersonAsync(Role.Agent, tenant.Code));
        await page.GotoAsync($"/c/{tenant.Code}/inbox?search=marigold");
        await page.Locator("a.hit", new() { HasText = "marigold" }).ClickAsync();
        var wanted = page.Locator("article", new() { HasText = "marigold" });
        // Three pages of the thread are read for it.
        await Expect(wanted).ToBeInViewportAsync(new() { Timeout = 15_000 });

        await wanted.HoverAsync();
        await wanted.GetByRole(AriaRole.Button, new() { Name = "Message actions" }).ClickAsync();
        await page.GetByText("Star", new() { Exact = true }).ClickAsync();
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
}
