using System.Text.Json;
using Ecodrix.App.Pages.Layout;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Tests.Api.Chat;
using Ecodrix.Tests.Api.Leads;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.People;

/// <summary>An agent limited to their own sees nothing else: in lists, by search, live, or by direct address.</summary>
public sealed class VisibilityTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly Paging First = Paging.From(1, 100);

    [Fact]
    public async Task Lists_and_counts_hold_their_own_records_only()
    {
        var two = await TwoLeadsAsync();

        (await Get<LeadSearch>().ListAsync(two.Scope, new LeadFilter(), First, default)).Items.Select(l => l.Id).Should().Equal(two.Mine.Lead);
        (await Get<ConversationSearch>().ListAsync(two.Scope, new ConversationFilter(), First, default)).Items.Select(c => c.Id).Should().Equal(two.Mine.Conversation);
        var counts = await Get<ConversationSearch>().CountAsync(two.Scope, two.Email, default);
        (counts.Mine, counts.Unassigned, counts.All).Should().Be((1, 0, 1));
        (await Get<ConversationSearch>().LabelsAsync(two.Scope, default)).Should().Equal("mine-label");
        var board = await Get<PipelineFigures>().BoardAsync(two.Scope, (await two.Tenant.PipelineAsync()).Id, new LeadFilter(), default);
        board.Stages.Sum(s => s.Count).Should().Be(1);
        (await Get<EventSearch>().ListAsync(two.Scope, new EventFilter { LeadId = two.Mine.Lead }, First, default)).Items.Select(e => e.Id).Should().Contain(two.Mine.Event);
        await Forbidden(() => Get<EventSearch>().ListAsync(two.Scope, new EventFilter(), First, default));
        await Forbidden(() => Get<CallbackSearch>().ListAsync(two.Scope, new CallbackFilter(), First, default));
        await Forbidden(() => Get<BroadcastSearch>().ListAsync(two.Scope, null, First, default));
    }

    [Fact]
    public async Task Search_finds_their_own_leads_conversations_and_words_only_even_behind_many_of_others()
    {
        var two = await TwoLeadsAsync();

        (await Get<LeadSearch>().ListAsync(two.Scope, new LeadFilter { Search = "Ravi" }, First, default)).Items.Select(l => l.Id).Should().Equal(two.Mine.Lead);
        (await Get<LeadSearch>().ListAsync(two.Scope, new LeadFilter { Search = two.Theirs.Phone[^6..] }, First, default)).Items.Should().BeEmpty();
        (await Get<ConversationSearch>().ListAsync(two.Scope, new ConversationFilter { Search = two.Theirs.Phone }, First, default)).Items.Should().BeEmpty();
        (await Get<MessageSearch>().SearchAsync(two.Scope, "appointment", default)).Select(f => f.Conversation.Id).Should().Equal(two.Mine.Conversation);

        for (var i = 0; i < 101; i++)
        {
            await two.Tenant.WebhookAsync(ChatSteps.Inbound(two.Tenant, two.Theirs.Phone, new() { ["type"] = "text", ["text"] = new System.Text.Json.Nodes.JsonObject { ["body"] = $"appointment {i}" } }));
        }

        await app.RunDueAsync();
        (await Get<MessageSearch>().SearchAsync(two.Scope, "appointment", default)).Select(f => f.Conversation.Id).Should().Equal(two.Mine.Conversation);
    }

    [Fact]
    public async Task By_direct_address_others_records_do_not_exist()
    {
        var two = await TwoLeadsAsync();
        var (scope, theirs) = (two.Scope, two.Theirs);

        await NotFound(() => Get<LeadSearch>().GetAsync(scope, theirs.Lead, default));
        await NotFound(() => Get<LeadEdits>().AssignAsync(scope, theirs.Lead, two.Email, default));
        await NotFound(() => Get<LeadTimeline>().ListAsync(scope, theirs.Lead, null, First, default));
        await NotFound(() => Get<EventSearch>().ListAsync(scope, new EventFilter { LeadId = theirs.Lead }, First, default));
        await NotFound(() => Get<ConversationSearch>().GetAsync(scope, theirs.Conversation, default));
        await NotFound(() => Get<ConversationEdits>().ChangeAsync(scope, theirs.Conversation, new ConversationChanges { AssignedTo = two.Email }, default));
        await NotFound(() => Get<MessageSearch>().ListAsync(scope, theirs.Conversation, null, null, First, default));
        await NotFound(() => Get<MessageSearch>().GetAsync(scope, theirs.Message, default));
        await NotFound(() => Get<MessageMarks>().StarAsync(scope, theirs.Message, default));
        await NotFound(() => Get<EventSearch>().GetAsync(scope, theirs.Event, default));
        await NotFound(() => Get<EventCancelling>().CancelAsync(scope, theirs.Event, default));
        await NotFound(() => Get<CallbackSearch>().GetAsync(scope, theirs.Callback, default));
        await NotFound(() => Get<CallbackRedelivery>().RedeliverAsync(scope, theirs.Callback, default));
        await Forbidden(() => Get<CallbackRedelivery>().RedeliverAllAsync(scope, new RedeliveryRequest { Status = "delivered" }, default));
        await NotFound(() => Get<ChatSending>().SendAsync(scope, new SendMessage { ConversationId = theirs.Conversation, Text = "Hello" }, default));
        await NotFound(() => Get<ChatSending>().SendAsync(scope, new SendMessage { To = theirs.Phone, Text = "Hello" }, default));
        (await Get<EventSearch>().GetAsync(scope, two.Mine.Event, default)).Callback!.Id.Should().Be(two.Mine.Callback);
        (await Get<CallbackSearch>().GetAsync(scope, two.Mine.Callback, default)).EventLogId.Should().Be(two.Mine.Event);
        (await Get<CallbackRedelivery>().RedeliverAsync(scope, two.Mine.Callback, default)).Id.Should().Be(two.Mine.Callback);
    }

    [Fact]
    public async Task Asking_for_somebody_elses_conversation_changes_and_makes_nothing()
    {
        var two = await TwoLeadsAsync();
        var (_, colleague) = await two.Tenant.MemberAsync();
        var phone = ChatSteps.NewPhone();
        await two.Tenant.LeadAsync(phone, new { assignedTo = colleague });
        var before = (await two.Tenant.ConversationAsync(two.Theirs.Phone)).Text("name");

        await NotFound(() => Get<ConversationEdits>().CreateAsync(two.Scope, new NewConversation(two.Theirs.Phone, "Renamed"), default));
        await NotFound(() => Get<ConversationEdits>().CreateAsync(two.Scope, new NewConversation(phone), default));

        (await two.Tenant.ConversationAsync(two.Theirs.Phone)).Text("name").Should().Be(before);
        (await two.Tenant.GetAsync($"/api/saas/chat/conversations?search={Uri.EscapeDataString(phone)}")).Json.GetProperty("total").GetInt32().Should().Be(0);
    }

    [Fact]
    public async Task A_number_that_somebody_elses_lead_has_is_refused_without_saying_whose_it_is()
    {
        var two = await TwoLeadsAsync();

        await HiddenAsync(() => Get<LeadIntake>().CreateAsync(two.Scope, new NewLead { FirstName = "X", Phone = two.Theirs.Phone }, default));
        await HiddenAsync(() => Get<LeadEdits>().UpdateAsync(two.Scope, two.Mine.Lead, new LeadChanges { Phone = two.Theirs.Phone }, default));
        var own = await FluentActions.Awaiting(() => Get<LeadIntake>().CreateAsync(two.Scope, new NewLead { FirstName = "X", Phone = two.Mine.Phone }, default)).Should().ThrowAsync<RefusedException>();
        JsonSerializer.Serialize(own.Which.Details).Should().Contain(two.Mine.Lead);

        static async Task HiddenAsync(Func<Task<LeadView>> act)
        {
            var refused = (await act.Should().ThrowAsync<RefusedException>()).Which;
            (refused.Code, refused.Details).Should().Be(("DUPLICATE_PHONE", null));
        }
    }

    [Fact]
    public void Pages_of_everybodys_records_are_not_offered_to_them()
    {
        NavItems.For(Role.Agent, onlyOwn: true).Select(i => i.Path).Should().Contain(["inbox", "board", "leads"]).And.NotContain(["events", "broadcasts"]);
        NavItems.For(Role.Agent, onlyOwn: false).Select(i => i.Path).Should().Contain(["events", "broadcasts"]);
    }

    [Fact]
    public async Task Live_events_of_others_never_reach_them_and_a_record_given_away_is_seen_to_go()
    {
        var two = await TwoLeadsAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var heard = new List<LiveEvent>();
        var ended = new TaskCompletionSource();
        var listening = Task.Run(async () =>
        {
            await foreach (var live in Get<ILiveBus>().ListenAsync(two.Tenant.Code, stop.Token))
            {
                if (live.Name == "end")
                {
                    ended.SetResult();
                    return;
                }

                if (live.MayReach(two.Scope.Actor))
                {
                    heard.Add(live);
                }
            }
        });
        // The listener is there once it hears something.
        while (heard.Count == 0)
        {
            Get<ILiveBus>().Publish(two.Tenant.Code, "probe", new { }, two.Email);
            await Task.Yield();
        }

        await Automations.Rules.RuleAsync(two.Tenant, "form_submitted", new { type = "assign_to", config = new { assignTo = two.Email } });
        var fired = await Automations.Rules.FireAsync(two.Tenant, "payment_captured", two.Mine.Phone);
        var others = await Automations.Rules.FireAsync(two.Tenant, "payment_captured", two.Theirs.Phone);
        var newcomer = ChatSteps.NewPhone();
        await Automations.Rules.FireAsync(two.Tenant, "form_submitted", newcomer);
        var given = (await two.Tenant.GetAsync($"/api/crm/leads?search={Uri.EscapeDataString(newcomer)}")).Data[0].Text("id")!;
        await app.RunDueAsync();
        await two.Tenant.WritesAsync(two.Theirs.Phone, "Not for you");
        await two.Tenant.WritesAsync(two.Mine.Phone, "For you");
        await two.Tenant.PatchAsync($"/api/crm/leads/{two.Theirs.Lead}", new { dealValue = 5 });
        await two.Tenant.PatchAsync($"/api/crm/leads/{two.Mine.Lead}", new { assignedTo = "somebody else" });
        await app.RunDueAsync();
        Get<ILiveBus>().Publish(two.Tenant.Code, "end", new { });
        await ended.Task.WaitAsync(stop.Token);
        await listening;

        var told = string.Join('\n', heard.Select(h => h.Name + JsonSerializer.Serialize(h.Data)));
        heard.Where(h => h.Name == "event.updated").Should().OnlyContain(h => JsonSerializer.Serialize(h.Data).Contains(two.Mine.Lead) || JsonSerializer.Serialize(h.Data).Contains(given), "an event is its lead's owner's");
        told.Should().Contain(fired, "they see what comes of their own leads as it comes").And.Contain(given, "and of those that a rule has just given them").And.NotContain(others);
        told.Should().Contain("For you").And.NotContain("Not for you").And.NotContain(two.Theirs.Lead).And.NotContain(two.Theirs.Conversation);
        heard.Should().Contain(h => h.Name == "lead.updated" && JsonSerializer.Serialize(h.Data).Contains(two.Mine.Lead), "the lead goes from their board");
        heard.Should().Contain(h => h.Name == "conversation.updated" && JsonSerializer.Serialize(h.Data).Contains("reassigned"), "the conversation went with its lead");
    }

    [Fact]
    public async Task Files_open_by_a_signed_address_alone_and_an_import_cannot_touch_others_leads()
    {
        var two = await TwoLeadsAsync();
        (await app.SendAsync(HttpMethod.Get, $"/api/saas/media/{two.Tenant.Code}/{two.Theirs.Message}", null)).Status.Should().BeOneOf(401, 403, 404);

        JsonElement[] rows = [JsonSerializer.SerializeToElement(new { firstName = "Taken", phone = two.Theirs.Phone }), JsonSerializer.SerializeToElement(new { firstName = "New", phone = ChatSteps.NewPhone() })];
        var import = await Get<LeadImport>().RunJsonAsync(two.Scope, rows, dryRun: false, default);

        (import.Created, import.Updated, import.Failed).Should().Be((1, 0, 1));
        (await two.Tenant.GetAsync($"/api/crm/leads/{two.Theirs.Lead}")).Data.Text("firstName").Should().Be("Ravi");
        (await Get<LeadSearch>().ListAsync(two.Scope, new LeadFilter { Search = "New" }, First, default)).Items.Should().ContainSingle("what they make is theirs").Which.AssignedTo.Should().Be(two.Email);

        var theirs = (await two.Tenant.PostAsync("/api/crm/leads/import", new { leads = new[] { new { firstName = "Other", phone = ChatSteps.NewPhone() } } })).Data.Text("importId");
        var look = () => Get<LeadImport>().GetAsync(two.Scope, theirs!, default);
        (await look.Should().ThrowAsync<RefusedException>("another's import is not theirs to look at or undo")).Which.Code.Should().Be("IMPORT_NOT_FOUND");
        (await Get<LeadImport>().GetAsync(two.Scope, import.ImportId!, default)).Created.Should().Be(1);
    }

    [Fact]
    public async Task Who_is_named_by_name_id_or_address_is_the_member_and_other_text_stays_as_it_is()
    {
        var tenant = await app.TenantAsync();
        var (scope, email) = await tenant.MemberAsync(onlyOwn: true, name: "Asha Rao");
        var lead = await tenant.LeadAsync(ChatSteps.NewPhone(), new { assignedTo = "asha rao" });

        (await Get<LeadSearch>().GetAsync(scope, lead, default)).AssignedTo.Should().Be(email);
        (await tenant.PatchAsync($"/api/crm/leads/{lead}", new { assignedTo = "Front desk" })).Data.Text("assignedTo").Should().Be("Front desk");
        (await tenant.PatchAsync($"/api/crm/leads/{lead}", new { assignedTo = email.ToUpperInvariant() })).Data.Text("assignedTo").Should().Be(email);

        var phone = ChatSteps.NewPhone();
        await tenant.WritesAsync(phone, "Hello");
        var conversation = (await tenant.ConversationAsync(phone)).Text("id");
        (await tenant.PatchAsync($"/api/saas/chat/conversations/{conversation}", new { assignedTo = scope.Actor.Id })).Data.Text("assignedTo").Should().Be(email);
    }

    [Fact]
    public async Task A_conversation_goes_with_its_lead_unless_it_was_given_to_a_third_person_by_hand()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        var lead = await tenant.LeadAsync(phone, new { assignedTo = "anna" });
        await tenant.WritesAsync(phone, "Hello");
        (await tenant.ConversationAsync(phone)).Text("assignedTo").Should().Be("anna");

        await GiveAsync("bert");
        (await tenant.ConversationAsync(phone)).Text("assignedTo").Should().Be("bert");

        await tenant.PatchAsync($"/api/saas/chat/conversations/{(await tenant.ConversationAsync(phone)).Text("id")}", new { assignedTo = "carla" });
        await GiveAsync("anna");
        (await tenant.ConversationAsync(phone)).Text("assignedTo").Should().Be("carla");

        async Task GiveAsync(string name)
        {
            (await tenant.PatchAsync($"/api/crm/leads/{lead}", new { assignedTo = name })).Status.Should().Be(200);
            await app.RunDueAsync();
        }
    }

    private static async Task NotFound<T>(Func<Task<T>> act) => (await act.Should().ThrowAsync<RefusedException>()).Which.Kind.Should().Be(RefusalKind.NotFound);

    private static async Task Forbidden<T>(Func<Task<T>> act) => (await act.Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("NOT_PERMITTED");

    private T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>A limited agent's lead and a colleague's, each with a conversation, a message, an event and its callback.</summary>
    private async Task<TwoLeads> TwoLeadsAsync()
    {
        var tenant = await app.TenantAsync();
        var (scope, email) = await tenant.MemberAsync(onlyOwn: true);
        var (_, colleague) = await tenant.MemberAsync();
        return new TwoLeads(tenant, scope, email, await RecordsAsync(tenant, email, "mine-label"), await RecordsAsync(tenant, colleague, "theirs-label"));
    }

    private async Task<Records> RecordsAsync(TestTenant tenant, string owner, string label)
    {
        var phone = ChatSteps.NewPhone();
        var lead = await tenant.LeadAsync(phone, new { assignedTo = owner });
        await tenant.WritesAsync(phone, "My appointment");
        var conversation = (await tenant.ConversationAsync(phone)).Text("id")!;
        await tenant.PatchAsync($"/api/saas/chat/conversations/{conversation}", new { labels = new[] { label } });
        var message = (await tenant.MessagesAsync(phone))[0].Text("id")!;
        var fired = await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone, callbackUrl = app.Sandbox.CallbackUrl("visible") });
        await app.RunDueAsync();
        var log = fired.Data.Text("eventLogId")!;
        var callback = (await tenant.GetAsync($"/api/saas/events/logs/{log}")).Data.GetProperty("callback").Text("id")!;
        return new Records(phone, lead, conversation, message, log, callback);
    }

    private sealed record Records(string Phone, string Lead, string Conversation, string Message, string Event, string Callback);

    private sealed record TwoLeads(TestTenant Tenant, TenantScope Scope, string Email, Records Mine, Records Theirs);
}
