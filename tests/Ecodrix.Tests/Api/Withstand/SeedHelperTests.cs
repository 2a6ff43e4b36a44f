using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ecodrix.Tests.Api.Withstand;

/// <summary>A test that runs the API reference's own TypeScript: skipped by name where the reference, Node or TypeScript is not.</summary>
public sealed class SeedHelperFactAttribute : FactAttribute
{
    public SeedHelperFactAttribute()
    {
        if (Document is null || TypeScript is null)
        {
            Skip = "Needs the API reference (ECODRIX_REFERENCE), Node and TypeScript (ECODRIX_TYPESCRIPT names typescript.js; test.sh installs it).";
        }
    }

    public static string? Document { get; } = Environment.GetEnvironmentVariable("ECODRIX_REFERENCE") is { Length: > 0 } reference
        && Path.GetFullPath(Path.Combine(reference, "..", "spec", "seed-api.md")) is var path && File.Exists(path) ? path : null;

    public static string? TypeScript { get; } = Environment.GetEnvironmentVariable("ECODRIX_TYPESCRIPT") is { Length: > 0 } path && File.Exists(path) ? path : null;
}

/// <summary>The Client Integration Guide's helper (step 2) and callback receiver (step 4), taken from the document as they stand.</summary>
public sealed partial class SeedHelperTests(AppFixture app) : IClassFixture<AppFixture>
{
    [SeedHelperFact]
    public async Task The_guides_helper_fires_a_trigger_and_reads_it_back_unchanged()
    {
        var tenant = await app.TenantAsync();

        var output = await RunAsync(tenant, "ecodrix.ts", """
            const { erix } = require("./module.js");
            (async () => {
              const fired = await erix.trigger({ trigger: "appointment_confirmed", phone: "919876543210", createLeadIfMissing: true, leadData: { firstName: "Ravi", source: "website" } });
              const leads = await erix.getLeads({ search: "ravi" });
              const made = await erix.createLead({ firstName: "Suresh", phone: "+919876543211" });
              const note = await erix.addNote(made.data.id, "Prefers evenings");
              const timeline = await erix.getTimeline(made.data.id);
              const health = await erix.getHealth();
              const events = await erix.getEventLogs({ trigger: "appointment_confirmed" });
              let refused = null;
              try { await erix.getLead("ffffffffffffffffffffffff"); } catch (error) { refused = error.message; }
              console.log(JSON.stringify({ id: fired.data.eventLogId, found: leads.total, note: note.success, timeline: timeline.data.length, code: health.data.clientCode, events: events.data[0].id, refused }));
            })();
            """);

        output.GetProperty("found").GetInt32().Should().Be(1);
        output.GetProperty("events").GetString().Should().Be(output.GetProperty("id").GetString());
        output.GetProperty("note").GetBoolean().Should().BeTrue();
        output.GetProperty("timeline").GetInt32().Should().BeGreaterThan(0);
        output.GetProperty("code").GetString().Should().Be(tenant.Code);
        output.GetProperty("refused").GetString().Should().StartWith("There is no lead");
    }

    [SeedHelperFact]
    public async Task The_guides_receiver_accepts_our_callback_and_refuses_a_changed_one()
    {
        var tenant = await app.TenantAsync();
        var catcher = $"guide-{tenant.Code}";
        await tenant.PostAsync("/api/saas/workflows/trigger", new { trigger = "payment_captured", phone = "919876543210", callbackUrl = app.Sandbox.CallbackUrl(catcher), callbackMetadata = new { appointmentId = "6abc" } });
        await app.RunDueAsync();
        var caught = app.Sandbox.Callbacks.Of(catcher).Should().ContainSingle().Subject;
        var signature = caught.Headers.First(h => h.Key.Equals("x-ecodrix-signature", StringComparison.OrdinalIgnoreCase)).Value;

        var output = await RunAsync(tenant, "ecodrix-callback.ts", $$"""
            globalThis.db = { appointments: { update: async () => {} } };
            const { POST } = require("./module.js");
            const request = (body, signature) => new Request("https://client.test/", { method: "POST", body, headers: { "x-ecodrix-signature": signature } });
            (async () => {
              const body = {{JsonSerializer.Serialize(caught.Body)}};
              const good = await POST(request(body, "{{signature}}"));
              const bad = await POST(request(body + " ", "{{signature}}"));
              console.log(JSON.stringify({ good: good.status, bad: bad.status }));
            })();
            """);

        output.GetProperty("good").GetInt32().Should().Be(200);
        output.GetProperty("bad").GetInt32().Should().Be(401);
    }

    private async Task<JsonElement> RunAsync(TestTenant tenant, string file, string script)
    {
        var source = Blocks().Matches(await File.ReadAllTextAsync(SeedHelperFactAttribute.Document!)).Select(m => m.Groups[1].Value)
            .Single(block => block.Split('\n')[0].EndsWith(file, StringComparison.Ordinal));
        var folder = Directory.CreateTempSubdirectory("ecodrix-guide-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "module.ts"), source);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "run.js"), $$"""
                const fs = require("fs");
                const ts = require({{JsonSerializer.Serialize(SeedHelperFactAttribute.TypeScript)}});
                const options = { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true } };
                fs.writeFileSync("module.js", ts.transpileModule(fs.readFileSync("module.ts", "utf8"), options).outputText);
                {{script}}
                """);
            var start = new ProcessStartInfo("node") { ArgumentList = { "run.js" }, WorkingDirectory = folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["ECODRIX_API_URL"] = app.Http.BaseAddress!.ToString().TrimEnd('/');
            start.Environment["ECODRIX_API_KEY"] = tenant.Key;
            start.Environment["ECODRIX_CLIENT_CODE"] = tenant.Code;
            start.Environment["ECODRIX_WEBHOOK_SECRET"] = tenant.WebhookSecret;
            using var node = Process.Start(start)!;
            var (said, complained) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
            await node.WaitForExitAsync();
            node.ExitCode.Should().Be(0, await complained);
            return JsonDocument.Parse(await said).RootElement;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex("```typescript\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
