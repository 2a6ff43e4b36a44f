using System.Text.Json;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Email;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>What would become of the meeting that a trigger asks for.</summary>
/// <param name="WouldBeMade">Whether one would be made.</param>
/// <param name="Warning">Why not.</param>
public sealed record SimulatedMeet(bool WouldBeMade, string? Warning);

/// <summary>What a trigger would come to.</summary>
public sealed record SimulationView
{
    /// <summary>The trigger.</summary>
    public required string Trigger { get; init; }

    /// <summary>The lead it would concern; null without one, and for one that would be made.</summary>
    public string? LeadId { get; init; }

    /// <summary>The lead's name.</summary>
    public string? LeadName { get; init; }

    /// <summary>Whether a lead would be made.</summary>
    public required bool LeadWouldBeMade { get; init; }

    /// <summary>Whether it would wait for its time first.</summary>
    public required bool Scheduled { get; init; }

    /// <summary>When the rules would be matched; what is shown here is how they stand now.</summary>
    public required DateTime RunAt { get; init; }

    /// <summary>Rules that would match.</summary>
    public required int RulesMatched { get; init; }

    /// <summary>Every rule that would be considered.</summary>
    public required IReadOnlyList<RuleTraceView> Rules { get; init; }

    /// <summary>What would be done, and what would stand in the way.</summary>
    public required IReadOnlyList<PlannedActionView> Actions { get; init; }

    /// <summary>Whether a meeting would be made; null when none is asked for. Where one would, its link is a placeholder here.</summary>
    public SimulatedMeet? Meet { get; init; }

    /// <summary>Pending actions and events that would be called off under the correlation key.</summary>
    public required long WouldCancel { get; init; }

    /// <summary>Where the client would be told; null when it did not ask.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>Why no callback would come although one was asked for.</summary>
    public string? CallbackWarning { get; init; }

    /// <summary>Whether automations are paused, so that all of it would wait.</summary>
    public required bool AutomationsPaused { get; init; }
}

/// <summary>Works out what a trigger would come to. Writes nothing, sends nothing, calls nobody.</summary>
public sealed class Simulation
{
    private readonly TriggerReading _reading;
    private readonly EventProcessing _processing;
    private readonly LeadIntake _leads;
    private readonly RuleLimits _limits;
    private readonly ActionPlanning _planning;
    private readonly IMeetings _meetings;
    private readonly CallbackOutbox _callbacks;
    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;

    internal Simulation(
        TriggerReading reading, EventProcessing processing, LeadIntake leads, RuleLimits limits, ActionPlanning planning, IMeetings meetings, CallbackOutbox callbacks, JobQueue queue,
        TimeProvider clock)
    {
        _meetings = meetings;
        _reading = reading;
        _processing = processing;
        _leads = leads;
        _limits = limits;
        _planning = planning;
        _callbacks = callbacks;
        _queue = queue;
        _clock = clock;
    }

    /// <summary>Simulates a trigger.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="body">The request as the trigger would take it; see <see cref="TriggerRequest"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="RefusedException">UNKNOWN_TRIGGER, VALIDATION_ERROR: as the trigger would be refused.</exception>
    public async Task<SimulationView> RunAsync(TenantScope scope, JsonElement body, CancellationToken ct)
    {
        var read = _reading.Read(scope, body);
        var request = read.Request;
        var make = request.CreateLeadIfMissing == true ? request.LeadData ?? new NewLead() : null;
        var found = await _leads.LookAsync(scope, read.Phone, read.Email, make, ct);
        var log = new EventLog
        {
            Id = ObjectId.GenerateNewId(),
            Trigger = request.Trigger!,
            Phone = read.Phone,
            Email = read.Email,
            LeadId = found?.Lead.Id,
            Request = BsonJson.ToDocument(body),
            CorrelationKey = read.CorrelationKey,
        };
        var meet = request.RequiresMeet != true ? null : request.MeetConfig?.StartTime is null ? new SimulatedMeet(false, EventProcessing.NoStart) : Meeting(scope);
        log.Meet = meet?.WouldBeMade == true ? new MeetTrace { Link = EmailPreview.MeetLink } : null;
        var matches = await _limits.LookAsync(scope, log, found?.Lead, await _processing.MatchAsync(scope, log, found?.Lead, ct), ct);
        var at = read.RunAt ?? _clock.GetUtcNow().UtcDateTime;
        var cancels = request.CancelPending == true || matches.Any(m => m.Trace.Matched && m.Rule.CancelsPending);
        return new SimulationView
        {
            Trigger = log.Trigger,
            LeadId = found is { Made: false } ? found.Lead.Id.ToString() : null,
            LeadName = found?.Lead.FullName,
            LeadWouldBeMade = found?.Made == true,
            Scheduled = read.RunAt is not null,
            RunAt = at,
            RulesMatched = matches.Count(m => m.Trace.Matched),
            Rules = [.. matches.Select(m => new RuleTraceView(m.Trace.RuleId.ToString(), m.Trace.Name, m.Trace.Matched, m.Trace.Why))],
            Actions = await _planning.PlanAsync(scope, log, found?.Lead, matches, at, ct),
            WouldCancel = cancels && log.CorrelationKey is { } key ? await PendingAsync(scope, key, ct) : 0,
            Meet = meet,
            CallbackUrl = request.CallbackUrl,
            CallbackWarning = request.CallbackUrl is null ? null : _callbacks.Warning(scope),
            AutomationsPaused = scope.AutomationsPausedAt is not null,
        };
    }

    private SimulatedMeet Meeting(TenantScope scope)
    {
        var fault = _meetings.Fault(scope);
        return new SimulatedMeet(fault is null, fault);
    }

    private Task<long> PendingAsync(TenantScope scope, string key, CancellationToken ct) =>
        _queue.Jobs.CountDocumentsAsync(j => j.Tenant == scope.Code && j.CorrelationKey == key && j.Status == JobStatus.Queued, null, ct);
}
