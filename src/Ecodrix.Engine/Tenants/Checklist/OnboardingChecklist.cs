using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants.Checklist;

/// <summary>The eight steps of onboarding, each tried for real rather than looked up.</summary>
public sealed class OnboardingChecklist
{
    /// <summary>The longest that anything is waited for; what takes longer counts as failing.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(12);

    private readonly ServiceProbes _probes;
    private readonly CallbackProbe _callback;
    private readonly ProbeMemory _memory;
    private readonly TimeProvider _clock;

    internal OnboardingChecklist(ServiceProbes probes, CallbackProbe callback, ProbeMemory memory, TimeProvider clock)
    {
        _probes = probes;
        _callback = callback;
        _memory = memory;
        _clock = clock;
    }

    /// <summary>Tries everything, at once and within seconds. The client's callback address gets a signed test.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="publicUrl">The platform's own address, under which Meta must reach it.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ChecklistView> LookAsync(TenantScope scope, string publicUrl, CancellationToken ct)
    {
        Task<CheckView>[] running =
        [
            RunAsync("whatsapp", "WhatsApp token and number", t => _probes.WhatsAppAsync(scope, t), ct),
            RunAsync("whatsappWebhook", "Webhook round trip", t => _probes.WebhookAsync(scope, publicUrl, t), ct),
            RunAsync("email", "Mail server sign-in", t => _probes.EmailAsync(scope, t), ct),
            RunAsync("callback", "Callback answers a signed test", t => _callback.TryAsync(scope, t), ct),
            RunAsync("database", "Database write", t => ServiceProbes.DatabaseAsync(scope, t), ct),
            RunAsync("googleMeet", "Google consent", t => _probes.GoogleAsync(scope, t), ct),
            RunAsync("templates", "Approved templates", t => TemplatesAsync(scope, t), ct),
            RunAsync("automations", "A rule in force", t => RulesAsync(scope, t), ct),
        ];
        var found = (await Task.WhenAll(running)).ToDictionary(c => c.Name);
        await _memory.KeepAsync(scope, found.Values, ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        IReadOnlyList<ChecklistStep> steps =
        [
            Step(1, "client", "Make the client", false, Client(scope, now)),
            Step(2, "secrets", "Secrets and services", false, found["whatsapp"], found["whatsappWebhook"], found["email"], Secret(scope, now), found["callback"] with { Optional = true }),
            Step(3, "datasource", "Database", false, found["database"]),
            Step(4, "google", "Google Meet", true, found["googleMeet"]),
            Step(5, "templates", "WhatsApp templates", false, found["templates"]),
            Step(6, "cors", "Browser origins", true, Origins(scope)),
            Step(7, "automations", "First automation", false, found["automations"]),
            Step(8, "share", "Share with the client", false, Shared(scope, now)),
        ];
        return new ChecklistView(scope.Code, steps.All(s => s.Optional || s.State == CheckState.Done), steps, now);
    }

    private async Task<CheckView> RunAsync(string name, string title, Func<CancellationToken, Task<Found>> probe, CancellationToken ct)
    {
        using var time = new CancellationTokenSource(Longest, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        Found found;
        try
        {
            found = await probe(limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            found = Found.Failing($"No answer within {Longest.TotalSeconds:0} seconds.", "Check the address, the port and the firewall, then test again.");
        }
        catch (RefusedException refused)
        {
            found = refused.Code == "SECRET_MISSING" ? Found.Todo(refused.Message, "Fill it in, then test again.") : Found.Failing(refused.Message, null);
        }
        catch (Exception e) when (e is HttpRequestException or MongoException or TimeoutException or IOException)
        {
            found = Found.Failing(e.Message, "Test again in a moment.");
        }

        return new CheckView(name, title, found.State, found.Cause, found.Remedy);
    }

    private static ChecklistStep Step(int number, string key, string title, bool optional, params IReadOnlyList<CheckView> checks)
    {
        var state = checks.Any(c => c.State == CheckState.Failing) ? CheckState.Failing
            : checks.All(c => c.State == CheckState.Done || c.Optional) ? CheckState.Done : CheckState.Todo;
        return new ChecklistStep(number, key, title, state, optional, checks);
    }

    private static CheckView Client(TenantScope scope, DateTime now) => scope.Tenant.Keys.Any(k => k.WorksAt(now))
        ? new CheckView("client", "Client and key", CheckState.Done, $"{scope.Name} is made, and has a key that works.", null)
        : new CheckView("client", "Client and key", CheckState.Failing, "No key of this client works any more.", "Make a key in the last step.");

    private static CheckView Secret(TenantScope scope, DateTime now) => WebhookSigning.KeysOf(scope, now).Current is not null
        ? new CheckView("callbackSecret", "Callback secret", CheckState.Done, "Callbacks are signed.", null)
        : new CheckView("callbackSecret", "Callback secret", CheckState.Todo, "automationWebhookSecret is not set, so no callback is sent.", "Make one here, or set 32 hexadecimal characters.");

    private static CheckView Origins(TenantScope scope) => scope.Tenant.Origins.Count > 0
        ? new CheckView("cors", "Origins", CheckState.Done, string.Join(", ", scope.Tenant.Origins), null)
        : new CheckView("cors", "Origins", CheckState.Todo, "No browser may call for this client.", "Needed only if the client calls from a browser; servers need none.");

    private static CheckView Shared(TenantScope scope, DateTime now) => scope.Tenant.Keys.Where(k => k.WorksAt(now)).Max(k => k.LastUsedAt) is not null
        ? new CheckView("share", "First call", CheckState.Done, "The client's server has called with its key.", null)
        : new CheckView("share", "First call", CheckState.Todo, "Nobody has called with a key of this client yet.", "Give the share sheet to the client's developers.");

    private static async Task<Found> TemplatesAsync(TenantScope scope, CancellationToken ct)
    {
        var approved = await scope.Db.Templates.CountDocumentsAsync(t => t.Status == Template.Approved, null, ct);
        return approved > 0
            ? Found.Done($"{approved} approved {(approved == 1 ? "template" : "templates")}.")
            : Found.Todo("No approved template is known.", "Have them read from Meta; write one in WhatsApp manager if there is none.");
    }

    private static async Task<Found> RulesAsync(TenantScope scope, CancellationToken ct)
    {
        var rules = await scope.Db.Rules.CountDocumentsAsync(r => r.Enabled, null, ct);
        return rules > 0 ? Found.Done($"{rules} {(rules == 1 ? "rule" : "rules")} in force.") : Found.Todo("No rule is in force, so triggers do nothing.", "Make the first rule.");
    }
}

/// <summary>What a probe found.</summary>
internal sealed record Found(CheckState State, string Cause, string? Remedy)
{
    public static Found Done(string cause) => new(CheckState.Done, cause, null);

    public static Found Failing(string cause, string? remedy) => new(CheckState.Failing, cause, remedy);

    public static Found Todo(string cause, string? remedy) => new(CheckState.Todo, cause, remedy);
}
