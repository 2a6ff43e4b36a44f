using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.People;

namespace Ecodrix.E2E.GivenTenant;

/// <summary>A tenant with something on every page, its people, and the addresses of all pages.</summary>
public sealed record SampleTenant(E2ETenant Tenant, string Admin, IReadOnlyList<(string Name, string Path)> Pages)
{
    private static readonly string[] Names =
        ["Ravi Kumar", "Priya Sharma", "Anil Mehta", "Sunita Rao", "Farhan Ali", "Meera Nair", "Karan Singh", "Lakshmi Iyer", "Deepak Patel", "Asha Verma", "Joseph Thomas", "Nisha Gupta"];

    public static async Task<SampleTenant> MakeAsync(RunningApp app)
    {
        var tenant = await app.TenantAsync();
        var admin = await app.PersonAsync(Role.TenantAdmin, tenant.Code, "Asha Rao");
        await app.PersonAsync(Role.Agent, tenant.Code, "Vikram Shah", onlyOwn: true);
        var lead = await LeadsAsync(tenant, admin);
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/templates/sync");
        await WritesAsync(tenant, "+919876500100", "Ravi Kumar", "Namaste, is 3 pm free tomorrow? My father needs the same doctor as last time.");
        await WritesAsync(tenant, "+919876500101", "Priya Sharma", "Thank you!");
        var conversation = await ConversationAsync(tenant, "+919876500100");
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/send", new { to = "+919876500100", text = "Yes, 3 pm with Dr. Sharma is free." });
        await tenant.CallAsync(HttpMethod.Patch, $"/api/saas/chat/conversations/{conversation}", new { labels = new[] { "vip" }, assignedTo = admin });
        // A number whose messages Meta refuses: a failed bubble with its remedy.
        await WritesAsync(tenant, "+919876510003", "Sunita Rao", "Are you open on Sunday?");
        var refused = await ConversationAsync(tenant, "+919876510003");
        await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/send", new { to = "+919876510003", text = "Yes, from 9 to 1." });
        var rule = await tenant.CallAsync(HttpMethod.Post, "/api/crm/automations", new
        {
            name = "Confirmation",
            trigger = "appointment_confirmed",
            actions = new[] { new { type = "add_tag", config = new { tag = "booked" } } },
        });
        var fired = await tenant.CallAsync(HttpMethod.Post, "/api/saas/workflows/trigger", new { trigger = "appointment_confirmed", phone = "919876500100", callbackUrl = app.Sandbox.CallbackUrl("sample") });
        var log = fired.GetProperty("eventLogId").GetString();
        var callback = await FoundAsync(tenant, $"/api/saas/callbacks/logs?search={log}");
        var broadcast = await tenant.CallAsync(HttpMethod.Post, "/api/saas/chat/broadcast", new
        {
            name = "Camp on Sunday",
            templateName = "appointment_confirmed",
            templateLanguage = "en_US",
            recipients = new[] { new { phone = "+919876500100", variables = new[] { "Ravi", "Dr. Sharma", "3 PM" } } },
        });
        return new SampleTenant(tenant, admin,
        [
            ("inbox", "inbox"), ("thread", $"inbox/{conversation}"), ("thread-failed", $"inbox/{refused}"), ("board", "board"), ("drawer", $"board?lead={lead}"), ("leads", "leads"), ("lead", $"leads/{lead}"), ("no-match", "leads?search=zzz"),
            ("templates", "templates"), ("template", "templates/appointment_confirmed?language=en_US"), ("broadcasts", "broadcasts"), ("broadcast", $"broadcasts/{broadcast.GetProperty("id").GetString()}"),
            ("new-broadcast", "broadcasts/new"), ("automations", "automations"), ("rule", $"automations/{rule.GetProperty("id").GetString()}"), ("analytics", "analytics"), ("activity", "activity"), ("events", "events"),
            ("event", $"events/{log}"), ("simulate", "simulate"), ("jobs", "jobs"), ("jobs-none", "jobs?status=failed"), ("callbacks", "callbacks"), ("callback", $"callbacks/{callback}"), ("new-rule", "automations/new"), ("health", "health"), ("general", "settings/general"), ("people", "settings/people"),
            ("pipelines", "settings/pipelines"), ("scoring", "settings/scoring"), ("keys", "settings/keys"), ("secrets", "settings/secrets"), ("origins", "settings/origins"),
            ("integration", "settings/integration"), ("audit", "settings/audit"), ("chat-settings", "settings/chat"),
            ("onboarding", "onboarding?step=2"), ("onboarding-google", "onboarding?step=4"), ("onboarding-share", "onboarding?step=8"),
        ]);
    }

    /// <summary>Lets a contact write, signed as Meta signs.</summary>
    public static async Task WritesAsync(E2ETenant tenant, string phone, string name, string text)
    {
        var value = new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["metadata"] = new JsonObject { ["display_phone_number"] = "15550783881", ["phone_number_id"] = "106540352242922" },
            ["contacts"] = new JsonArray(new JsonObject { ["profile"] = new JsonObject { ["name"] = name }, ["wa_id"] = phone.TrimStart('+') }),
            ["messages"] = new JsonArray(new JsonObject
            {
                ["from"] = phone.TrimStart('+'),
                ["id"] = $"wamid.{Guid.NewGuid():n}",
                ["timestamp"] = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}",
                ["type"] = "text",
                ["text"] = new JsonObject { ["body"] = text },
            }),
        };
        var body = new JsonObject
        {
            ["object"] = "whatsapp_business_account",
            ["entry"] = new JsonArray(new JsonObject { ["id"] = "102290129340398", ["changes"] = new JsonArray(new JsonObject { ["field"] = "messages", ["value"] = value }) }),
        }.ToJsonString();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/saas/whatsapp/webhook/{tenant.Code}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("sandbox-app-secret"u8, Encoding.UTF8.GetBytes(body))));
        using var response = await tenant.App.Http.SendAsync(request);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        tenant.App.Sandbox.Graph.OpenWindow("106540352242922", phone.TrimStart('+'));
    }

    /// <summary>The id of the conversation with a number, as soon as there is one; with a last line, as soon as that is in it: what comes by webhook is worked off after it is answered.</summary>
    public static async Task<string> ConversationAsync(E2ETenant tenant, string phone, string? lastLine = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await again.WaitForNextTickAsync(limit.Token))
        {
            var found = await tenant.CallAsync(HttpMethod.Get, $"/api/saas/chat/conversations?search={Uri.EscapeDataString(phone)}");
            if (found.GetArrayLength() == 1 && found[0].GetProperty("lastMessage") is { ValueKind: JsonValueKind.Object } last
                && (lastLine is null || last.GetProperty("text").GetString() == lastLine))
            {
                return found[0].GetProperty("id").GetString()!;
            }
        }

        throw new TimeoutException();
    }

    /// <summary>The id of the one record a list finds, as soon as it is there.</summary>
    private static async Task<string> FoundAsync(E2ETenant tenant, string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await again.WaitForNextTickAsync(limit.Token))
        {
            if (await tenant.CallAsync(HttpMethod.Get, path) is { ValueKind: JsonValueKind.Array } found && found.GetArrayLength() == 1)
            {
                return found[0].GetProperty("id").GetString()!;
            }
        }

        throw new TimeoutException();
    }

    private static async Task<string> LeadsAsync(E2ETenant tenant, string owner)
    {
        string[] sources = ["website", "referral", "walk_in", "facebook"];
        var stages = (await tenant.CallAsync(HttpMethod.Get, "/api/crm/pipelines"))[0].GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("id").GetString()!).ToList();
        await tenant.CallAsync(HttpMethod.Patch, "/api/crm/scoring", new
        {
            rules = new object[] { new { field = "source", @operator = "eq", value = "referral", score = 50 }, new { field = "dealValue", @operator = "gt", value = 40000, score = 35 } },
        });
        var first = "";
        foreach (var (at, name) in Names.Index())
        {
            var made = await tenant.CallAsync(HttpMethod.Post, "/api/crm/leads", new
            {
                firstName = name.Split(' ')[0],
                lastName = name.Split(' ')[1],
                phone = $"98765001{at:00}",
                source = sources[at % 4],
                dealValue = (at + 1) * 9500,
                dealTitle = at % 2 == 0 ? "OPD automation package" : null,
                assignedTo = at % 3 == 0 ? owner : null,
                tags = at % 2 == 0 ? new[] { "hot", "vip", "clinic" } : null,
            });
            var id = made.GetProperty("id").GetString()!;
            first = first.Length == 0 ? id : first;
            await tenant.CallAsync(HttpMethod.Patch, $"/api/crm/leads/{id}/move", new { stageId = stages[at % 7] });
            await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{id}/calls", new { durationMinutes = 12, summary = "Explained pricing", outcome = "interested", performedBy = owner });
        }

        await tenant.CallAsync(HttpMethod.Post, $"/api/crm/leads/{first}/notes", new { content = "Prefers evening slots.", createdBy = "Dr. Sharma", pinned = true });
        return first;
    }
}
