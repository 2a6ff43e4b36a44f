using System.Text.Json;

namespace Ecodrix.Tests.Sandbox;

public sealed class MagicNumberTests
{
    [Theory]
    [InlineData("0001", "sent", "delivered", "read")]
    [InlineData("0011", "read", "delivered", "sent")]
    [InlineData("0012", "sent", "sent", "delivered", "delivered", "read", "read")]
    [InlineData("0018", "sent", "delivered")]
    [InlineData("0019", "sent")]
    [InlineData("0020", "sent", "read")]
    public async Task A_magic_number_decides_which_statuses_follow(string digits, params string[] expected)
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var id = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+91987654" + digits));

        var statuses = await sandbox.Receiver.StatusesOfAsync(id, expected.Length);
        statuses.Select(s => s.GetProperty("status").GetString()).Order().Should().Equal(expected.Order());
        sandbox.Host.Graph.Messages.Single().Statuses.Select(s => s.Status).Should().Equal(expected.Distinct());
    }

    [Theory]
    [InlineData("0002", 131026)]
    [InlineData("0004", 131047)]
    [InlineData("0005", 131049)]
    [InlineData("0027", 132015)]
    public async Task Some_failures_are_only_told_by_webhook(string digits, int code)
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var id = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+91987654" + digits));

        var failed = (await sandbox.Receiver.StatusesOfAsync(id, 1)).Single();
        failed.GetProperty("status").GetString().Should().Be("failed");
        failed.GetProperty("errors")[0].GetProperty("code").GetInt32().Should().Be(code);
        failed.TryGetProperty("pricing", out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("0003", 400, 131047)]
    [InlineData("0014", 400, 131050)]
    [InlineData("0015", 401, 190)]
    [InlineData("0016", 404, 132001)]
    [InlineData("0021", 400, 131042)]
    [InlineData("0024", 400, 132015)]
    [InlineData("0025", 400, 131048)]
    public async Task Some_failures_are_answered_every_time(string digits, int status, int code)
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        for (var call = 0; call < 2; call++)
        {
            var refused = await sandbox.RefusedAsync(SandboxFixture.TextTo("+91987654" + digits));
            (refused.Status, refused.Code).Should().Be((status, code));
        }

        sandbox.Host.Graph.Accepted.Should().Be(0);
        sandbox.Host.Graph.RefusedByCode[code].Should().Be(2);
    }

    [Theory]
    [InlineData("0006", 400, 130429, 3)]
    [InlineData("0007", 400, 131056, 2)]
    [InlineData("0008", 500, 131000, 2)]
    [InlineData("0017", 500, 131016, 2)]
    [InlineData("0022", 400, 4, 2)]
    public async Task Temporary_failures_pass_after_some_calls_and_come_back_for_the_next_message(
        string digits, int status, int code, int calls)
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var message = SandboxFixture.TextTo("+91987654" + digits);

        for (var round = 0; round < 2; round++)
        {
            for (var call = 0; call < calls; call++)
            {
                var refused = await sandbox.RefusedAsync(message);
                (refused.Status, refused.Code).Should().Be((status, code));
            }

            await sandbox.AcceptedAsync(message);
        }

        sandbox.Host.Graph.Accepted.Should().Be(2);
    }

    [Fact]
    public async Task A_proxy_in_front_of_Meta_can_answer_with_HTML()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var message = SandboxFixture.TextTo("+919876540026");

        using var answer = await sandbox.SendAsync(message);
        ((int)answer.StatusCode).Should().Be(502);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("text/html");

        (await sandbox.SendAsync(message)).Dispose();
        await sandbox.AcceptedAsync(message);
    }

    [Fact]
    public async Task A_connection_that_drops_after_accepting_leaves_a_message_and_its_statuses()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var send = async () => await sandbox.SendAsync(SandboxFixture.TextTo("+919876540010", reference: "lost-answer"));

        await send.Should().ThrowAsync<HttpRequestException>();
        var message = await sandbox.Host.Graph.WaitForMessageAsync(m => m.OpaqueData == "lost-answer", SandboxFixture.Patience);
        var statuses = await sandbox.Receiver.StatusesOfAsync(message.Id, 3);
        statuses[0].GetProperty("biz_opaque_callback_data").GetString().Should().Be("lost-answer");
    }

    [Fact]
    public async Task A_connection_that_drops_before_accepting_leaves_nothing()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var message = SandboxFixture.TextTo("+919876540023");

        var send = async () => await sandbox.SendAsync(message);

        await send.Should().ThrowAsync<HttpRequestException>();
        sandbox.Host.Graph.Accepted.Should().Be(0);
        await sandbox.AcceptedAsync(message);
    }

    [Fact]
    public async Task A_slow_answer_takes_five_seconds_of_the_clock_and_then_comes()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.Parse("2026-11-23T09:00:00Z", null));
        await using var sandbox = await SandboxFixture.StartAsync(o => o.TimeProvider = clock);

        var answer = sandbox.SendAsync(SandboxFixture.TextTo("+919876540009"));
        await sandbox.Host.Graph.WaitForMessageAsync(_ => true, SandboxFixture.Patience);
        answer.IsCompleted.Should().BeFalse();

        // The message is accepted just before the answer starts to wait, so the clock is pushed until it has.
        while (!answer.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        using var response = await answer;
        ((int)response.StatusCode).Should().Be(200);
    }

    [Fact]
    public async Task A_recipient_can_stay_without_any_status()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var silent = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876540013"));
        var usual = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876543210"));

        await sandbox.Receiver.StatusesOfAsync(usual, 3);
        sandbox.Receiver.Statuses.Should().NotContain(s => s.GetProperty("id").GetString() == silent);
    }

    [Fact]
    public async Task A_status_can_name_the_recipient_by_user_id_only()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var id = await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876540028"));

        (await sandbox.Receiver.StatusesOfAsync(id, 3)).Should().OnlyContain(s =>
            HasUserIdOnly(s));
    }

    [Fact]
    public async Task Load_tests_can_turn_the_magic_off()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => o.MagicNumbers = false);

        await sandbox.AcceptedAsync(SandboxFixture.TextTo("+919876540003"));
    }

    [Fact]
    public async Task The_page_can_list_them_all()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var listed = await sandbox.GetAsync("/sandbox/magic-numbers");

        listed.EnumerateArray().Select(m => m.GetProperty("digits").GetString()).Should()
            .StartWith("0001").And.OnlyHaveUniqueItems().And.HaveCountGreaterThan(20);
        listed.EnumerateArray().Should().OnlyContain(m => m.GetProperty("does").GetString()!.Length > 10);
    }

    private static bool HasUserIdOnly(JsonElement status) =>
        status.GetProperty("recipient_user_id").GetString()!.StartsWith("IN.", StringComparison.Ordinal)
        && !status.TryGetProperty("recipient_id", out _);
}
