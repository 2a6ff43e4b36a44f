using System.Net.Http.Json;
using System.Text.Json;

namespace Ecodrix.Tests.Sandbox;

public sealed class TemplateTests
{
    private const string Waba = "102290129340398";

    [Fact]
    public async Task The_seeded_catalogue_is_paged_as_Meta_pages()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var names = new List<string>();
        var next = $"{sandbox.Host.GraphUrl}/v25.0/{Waba}/message_templates?fields=name,language,status&limit=4";
        var pages = 0;
        while (next is not null)
        {
            var page = await sandbox.GetAsync(next);
            names.AddRange(page.GetProperty("data").EnumerateArray().Select(
                t => $"{t.GetProperty("name").GetString()} {t.GetProperty("language").GetString()}"));
            next = page.GetProperty("paging").TryGetProperty("next", out var more) ? more.GetString() : null;
            pages++;
        }

        pages.Should().Be(4);
        names.Should().HaveCount(15).And.OnlyHaveUniqueItems().And.Contain(["appointment_confirmed en_US", "appointment_confirmed hi"]);
    }

    [Fact]
    public async Task A_list_can_be_narrowed_and_a_bad_cursor_is_refused()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var approved = await sandbox.GetAsync($"/sandbox/graph/v25.0/{Waba}/message_templates?status=PAUSED&name=flash");
        approved.GetProperty("data").EnumerateArray().Single().GetProperty("name").GetString().Should().Be("flash_sale");

        using var bad = await sandbox.Client.GetAsync($"/sandbox/graph/v25.0/{Waba}/message_templates?after=nonsense");
        (await SandboxFixture.ErrorAsync(bad)).GetProperty("code").GetInt32().Should().Be(131059);
    }

    [Fact]
    public async Task A_template_is_created_pending_listed_and_deleted_by_name()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var template = new
        {
            name = "new_one",
            language = "en_US",
            category = "utility",
            components = new[] { new { type = "BODY", text = "Hello {{1}}, welcome." } },
        };

        using var created = await sandbox.Client.PostAsJsonAsync($"/sandbox/graph/v25.0/{Waba}/message_templates", template);
        (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString().Should().Be("PENDING");
        using var again = await sandbox.Client.PostAsJsonAsync($"/sandbox/graph/v25.0/{Waba}/message_templates", template);
        (await SandboxFixture.ErrorAsync(again)).GetProperty("code").GetInt32().Should().Be(100);
        using var deleted = await sandbox.Client.DeleteAsync(new Uri($"/sandbox/graph/v25.0/{Waba}/message_templates?name=new_one", UriKind.Relative));
        ((int)deleted.StatusCode).Should().Be(200);
        (await sandbox.GetAsync($"/sandbox/graph/v25.0/{Waba}/message_templates?name=new_one")).GetProperty("data").GetArrayLength().Should().Be(0);
    }

    [Theory]
    [InlineData("appointment_confirmed", "en_US", 3, null)]
    [InlineData("appointment_confirmed", "hi", 3, null)]
    [InlineData("appointment_confirmed", "en_US", 2, 132000)]
    [InlineData("appointment_confirmed", "en_US", 4, 132000)]
    [InlineData("appointment_confirmed", "fr", 3, 132001)]
    [InlineData("no_such_template", "en_US", 0, 132001)]
    [InlineData("flash_sale", "en_US", 1, 132015)]
    [InlineData("win_a_prize", "en_US", 0, 132001)]
    [InlineData("clinic_moved", "en_US", 1, 132001)]
    [InlineData("visit_follow_up", "en_US", 0, null)]
    [InlineData("appointment_cancelled", "en_US", 2, 132012)]
    [InlineData("seasonal_offer", "en_US", 2, 132012)]
    [InlineData("verification_code", "en_US", 1, 131008)]
    public async Task A_message_must_fit_its_template(string name, string language, int values, int? code)
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var parameters = Enumerable.Range(1, values).Select(i => $"value {i}").ToArray();
        var message = values == 0
            ? SandboxFixture.Template("+919876543210", name, language)
            : SandboxFixture.Template("+919876543210", name, language, SandboxFixture.Body(parameters));

        if (code is null)
        {
            await sandbox.AcceptedAsync(message);
        }
        else
        {
            (await sandbox.RefusedAsync(message)).Code.Should().Be(code);
        }
    }

    [Theory]
    [InlineData("patient_name", "date", null)]
    [InlineData("date", "patient_name", null)]
    [InlineData("patient_name", "time", 132012)]
    [InlineData("date", "date", 132012)]
    public async Task Named_parameters_go_by_name_in_any_order(string first, string second, int? code)
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var body = new
        {
            type = "body",
            parameters = new[] { first, second }.Select(n => new { type = "text", parameter_name = n, text = "x" }).ToArray(),
        };
        var message = SandboxFixture.Template("+919876543210", "appointment_cancelled", "en_US", body);

        if (code is null)
        {
            await sandbox.AcceptedAsync(message);
        }
        else
        {
            (await sandbox.RefusedAsync(message)).Code.Should().Be(code);
        }
    }

    [Fact]
    public async Task Header_media_URL_buttons_and_quick_replies_are_checked_and_drawn()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        object[] components =
        [
            new { type = "header", parameters = new[] { new { type = "image", image = new { link = "https://example.com/a.jpg" } } } },
            SandboxFixture.Body("Priya", "20%"),
            new { type = "button", sub_type = "url", index = "0", parameters = new[] { new { type = "text", text = "health" } } },
            new { type = "button", sub_type = "quick_reply", index = 1, parameters = new[] { new { type = "payload", payload = "NO" } } },
        ];

        var id = await sandbox.AcceptedAsync(SandboxFixture.Template("+919876543210", "seasonal_offer", "en_US", components));

        var shown = (await sandbox.GetAsync("/sandbox/api/messages/" + Uri.EscapeDataString(id))).GetProperty("shown");
        shown.GetProperty("media").GetString().Should().Be("image");
        shown.GetProperty("body").GetString().Should().StartWith("Hi Priya, this month every health check is 20% off.");
        shown.GetProperty("buttons")[0].GetProperty("url").GetString().Should().Be("https://example.com/book/health");
        shown.GetProperty("buttons")[1].GetProperty("id").GetString().Should().Be("NO");
    }

    [Fact]
    public async Task Unknown_templates_are_accepted_only_when_asked_for()
    {
        await using var sandbox = await SandboxFixture.StartAsync(o => o.AcceptUnknownTemplates = true);

        await sandbox.AcceptedAsync(SandboxFixture.Template("+919876543210", "of_our_own", "en_US", SandboxFixture.Body("x")));
    }

    [Fact]
    public async Task The_price_category_follows_the_template()
    {
        await using var sandbox = await SandboxFixture.StartAsync();

        var id = await sandbox.AcceptedAsync(
            SandboxFixture.Template("+919876543210", "lead_welcome", "en_US", SandboxFixture.Body("Meera", "our package")));

        var sent = (await sandbox.Receiver.StatusesOfAsync(id, 1))[0];
        sent.GetProperty("pricing").GetProperty("category").GetString().Should().Be("marketing");
    }
}
