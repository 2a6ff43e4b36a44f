using System.Globalization;
using System.Text.Json;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Tests.Reference;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Each error code of Meta's reference maps to the right outcome.</summary>
public sealed class ErrorCodeTests(AppFixture app) : IClassFixture<AppFixture>
{
    public static TheoryData<int, string, string> Codes()
    {
        var all = new TheoryData<int, string, string>();
        if (ReferenceFiles.Folder is null)
        {
            // A theory without data would fail instead of being skipped.
            all.Add(131000, "Something went wrong", "transient");
            return all;
        }

        foreach (var entry in ReferenceFiles.Json("error-codes.json").GetProperty("codes").EnumerateArray())
        {
            var code = entry.GetProperty("code");
            foreach (var number in code.ValueKind == JsonValueKind.Number ? [code.GetInt32()] : Ends(code.GetString()!))
            {
                all.Add(number, entry.Text("title")!, number == 200 ? "auth" : entry.Text("class")!);
            }
        }

        return all;
    }

    [ReferenceTheory]
    [MemberData(nameof(Codes))]
    public void Every_code_has_a_verdict_a_title_and_a_remedy(int code, string title, string kind)
    {
        var error = new GraphError(code, title, null);

        (error.Verdict, error.Stop).Should().Be(Expected(kind, code), $"{code} is of the class {kind}");
        error.Title.Should().NotBeNullOrWhiteSpace();
        error.Hint.Should().NotBeNullOrWhiteSpace().And.NotBe(new GraphError(-7, "", null).Hint, "there is a remedy of its own");
    }

    [Theory]
    [InlineData(104, "paused")]
    [InlineData(190, "paused")]
    [InlineData(131005, "paused")]
    [InlineData(131037, "paused")]
    [InlineData(131045, "paused")]
    [InlineData(131063, "paused")]
    [InlineData(133010, "paused")]
    [InlineData(132001, "paused")]
    [InlineData(132068, "paused")]
    [InlineData(80007, "running")]
    [InlineData(131016, "running")]
    [InlineData(131057, "running")]
    [InlineData(131026, "completed")]
    [InlineData(131049, "completed")]
    [InlineData(999_999, "completed")]
    public async Task A_broadcast_ends_goes_on_or_stops_as_the_code_asks(int code, string status)
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        app.Sandbox.Graph.RefuseSends(phone[1..], code);

        var id = (await tenant.PostAsync("/api/saas/chat/broadcast", new { name = "Test", templateName = "visit_follow_up", recipients = new[] { new { phone } } })).Data.Text("id");
        for (var step = 0; step < 5; step++)
        {
            await app.RunDueAsync();
            app.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        var broadcast = (await tenant.GetAsync($"/api/saas/chat/broadcasts/{id}")).Data;
        broadcast.Text("status").Should().Be(status);
        if (status == "paused")
        {
            broadcast.Text("reason").Should().Contain($"({code})");
        }
    }

    [Fact]
    public async Task Whom_the_business_has_blocked_gets_nothing_until_somebody_takes_the_mark_off()
    {
        var tenant = await app.TenantAsync();
        var phone = ChatSteps.NewPhone();
        app.Sandbox.Graph.RefuseSends(phone[1..], GraphError.BlockedByBusiness);
        var sent = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" });
        await app.RunDueAsync();
        app.Sandbox.Graph.RefuseSends(phone[1..], null);

        var failed = (await tenant.GetAsync($"/api/saas/chat/messages/{sent.Data.Text("id")}")).Data;
        failed.GetProperty("error").Text("hint").Should().Contain("Your business has blocked").And.Contain("Unblock");
        var conversation = await tenant.ConversationAsync(phone);
        conversation.GetProperty("blocked").GetBoolean().Should().BeTrue();
        var refused = await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" });
        refused.Code.Should().Be("CONTACT_BLOCKED");
        refused.Json.Text("message").Should().Contain("Unblock");

        var changed = await tenant.PatchAsync($"/api/saas/chat/conversations/{conversation.Text("id")}", new { blocked = false });
        changed.Data.GetProperty("blocked").GetBoolean().Should().BeFalse();
        (await tenant.PostAsync("/api/saas/chat/send", new { to = phone, templateName = "visit_follow_up" })).Status.Should().Be(201);
        await app.RunDueAsync();
        app.SentTo(phone).Should().ContainSingle();
    }

    private static (GraphVerdict, GraphStop) Expected(string kind, int code) => kind switch
    {
        "account" or "auth" or "permission" or "spam" => (GraphVerdict.Final, GraphStop.Account),
        "template-paused" or "flow" => (GraphVerdict.Final, GraphStop.Template),
        // What one recipient's values are to blame for says nothing about the others.
        "template" => (GraphVerdict.Final, code is 132005 or 132012 ? GraphStop.None : GraphStop.Template),
        "throttle-app" or "throttle-number" => (GraphVerdict.TooFast, GraphStop.None),
        "throttle-pair" => (GraphVerdict.PairRate, GraphStop.None),
        "maintenance" => (GraphVerdict.Maintenance, GraphStop.None),
        "transient" => (GraphVerdict.Retry, GraphStop.None),
        "admin" or "country" or "experiment" or "marketing-limit" or "media" or "opt-out" or "recipient" or "request" or "window" => (GraphVerdict.Final, GraphStop.None),
        _ => throw new NotSupportedException($"The reference has a new class {kind}: say what to do about it."),
    };

    /// <summary>The first after 200, which has an entry of its own, and the last of a range.</summary>
    private static int[] Ends(string range) => [.. range.Split('-').Select((n, at) => int.Parse(n, CultureInfo.InvariantCulture) + (at == 0 ? 1 : 0))];
}
