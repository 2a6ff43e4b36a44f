using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Webhooks;
using Microsoft.Extensions.Logging;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Templates;

/// <summary>Brings Meta's templates here: all pages, mapping kept, vanished ones marked.</summary>
public sealed class TemplateSync
{
    private const int MostTold = 100;

    private readonly IWhatsApp _whatsApp;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;

    internal TemplateSync(IWhatsApp whatsApp, ILiveBus live, TimeProvider clock)
    {
        _whatsApp = whatsApp;
        _live = live;
        _clock = clock;
    }

    /// <summary>Pulls the whole list.</summary>
    /// <exception cref="RefusedException">SECRET_MISSING, UPSTREAM_ERROR with what Meta said.</exception>
    public async Task<SyncView> SyncAsync(TenantScope scope, CancellationToken ct)
    {
        var listed = new List<JsonElement>();
        string? after = null;
        do
        {
            var page = await _whatsApp.TemplatesAsync(scope, null, after, ct);
            listed.AddRange(page.Templates);
            after = page.After;
        }
        while (after is not null && listed.Count < 10_000);

        var now = _clock.GetUtcNow().UtcDateTime;
        var known = (await scope.Db.Templates.Find(FilterDefinition<Template>.Empty).ToListAsync(ct)).ToDictionary(t => (t.Name, t.Language));
        var (added, updated) = (0, 0);
        var changes = new List<SyncChange>();
        var seen = new HashSet<(string, string)>();
        foreach (var element in listed)
        {
            if (Read(element, now) is not { } fresh || !seen.Add((fresh.Name, fresh.Language)))
            {
                continue;
            }

            known.TryGetValue((fresh.Name, fresh.Language), out var old);
            added += old is null ? 1 : 0;
            updated += old is not null && Differs(old, fresh) ? 1 : 0;
            if (old is null || Differs(old, fresh))
            {
                changes.Add(new SyncChange(fresh.Name, fresh.Language, Difference(old, fresh)));
            }

            await PutAsync(scope, fresh, old, ct);
        }

        var vanished = known.Values.Where(t => t.RemovedAt is null && !seen.Contains((t.Name, t.Language))).ToList();
        changes.AddRange(vanished.Select(t => new SyncChange(t.Name, t.Language, "no longer at Meta")));
        var gone = vanished.ConvertAll(t => t.Id);
        if (gone.Count > 0)
        {
            await scope.Db.Templates.UpdateManyAsync(
                Builders<Template>.Filter.In(t => t.Id, gone),
                Builders<Template>.Update.Set(t => t.RemovedAt, now).Set(t => t.Status, "deleted").Set(t => t.UpdatedAt, now), null, ct);
        }

        _live.Publish(scope.Code, "templates.synced", new { added, updated, removed = gone.Count });
        return new SyncView(added, updated, gone.Count, seen.Count, now, [.. changes.Take(MostTold)]);
    }

    /// <summary>Pulls one name, for a template made since the last sync.</summary>
    internal async Task FetchAsync(TenantScope scope, string name, CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var page = await _whatsApp.TemplatesAsync(scope, name, null, ct);
        foreach (var fresh in page.Templates.Select(t => Read(t, now)).OfType<Template>().Where(t => t.Name == name))
        {
            var old = await scope.Db.Templates.Find(t => t.Name == fresh.Name && t.Language == fresh.Language).FirstOrDefaultAsync(ct);
            await PutAsync(scope, fresh, old, ct);
        }
    }

    private static async Task PutAsync(TenantScope scope, Template fresh, Template? old, CancellationToken ct)
    {
        fresh.Mappings = old?.Mappings ?? [];
        fresh.MappingStatus = TemplateMappings.StatusOf(fresh);
        var update = Builders<Template>.Update
            .Set(t => t.MetaId, fresh.MetaId).Set(t => t.Status, fresh.Status).Set(t => t.Category, fresh.Category).Set(t => t.Quality, fresh.Quality)
            .Set(t => t.RejectedReason, fresh.RejectedReason).Set(t => t.Named, fresh.Named).Set(t => t.Components, fresh.Components)
            .Set(t => t.MappingStatus, fresh.MappingStatus).Set(t => t.SyncedAt, fresh.SyncedAt).Unset(t => t.RemovedAt)
            .SetOnInsert(t => t.Id, fresh.Id).SetOnInsert(t => t.OnEmptyVariable, EmptyVariable.Skip).SetOnInsert(t => t.Mappings, []);
        update = old is null || Differs(old, fresh) ? update.Set(t => t.UpdatedAt, fresh.SyncedAt) : update;
        await scope.Db.Templates.UpdateOneAsync(t => t.Name == fresh.Name && t.Language == fresh.Language, update, new UpdateOptions { IsUpsert = true }, ct);
    }

    private static string Difference(Template? old, Template fresh) => old is null or { RemovedAt: not null }
        ? $"new, {fresh.Status}"
        : string.Join("; ", new[]
        {
            Turned("", old.Status, fresh.Status), Turned("category ", old.Category, fresh.Category), Turned("quality ", old.Quality, fresh.Quality),
            old.Named != fresh.Named || !old.Components.Equals(fresh.Components) ? "other text or variables" : null,
        }.OfType<string>());

    private static string? Turned(string what, string? from, string? to) => from == to ? null : $"{what}{from ?? "unknown"} → {to ?? "unknown"}";

    private static bool Differs(Template old, Template fresh) =>
        old.Status != fresh.Status || old.Category != fresh.Category || old.Quality != fresh.Quality || old.Named != fresh.Named
        || old.RemovedAt is not null || !old.Components.Equals(fresh.Components);

    private static Template? Read(JsonElement element, DateTime now) => element.Text("name") is not { } name || element.Text("language") is not { } language
        ? null
        : new Template
        {
            Id = Ids.From("template", name, language),
            Name = name,
            Language = language,
            MetaId = element.Text("id"),
            Status = element.Text("status")?.ToLowerInvariant() ?? "unknown",
            Category = element.Text("category")?.ToLowerInvariant() ?? "utility",
            Quality = element.Get("quality_score")?.Text("score")?.ToLowerInvariant(),
            RejectedReason = element.Text("rejected_reason") is { } reason and not "NONE" ? reason : null,
            Named = string.Equals(element.Text("parameter_format"), "NAMED", StringComparison.OrdinalIgnoreCase),
            Components = element.Get("components") is { ValueKind: JsonValueKind.Array } components ? (BsonArray)BsonJson.ToBsonAsItCame(components) : [],
            SyncedAt = now,
            UpdatedAt = now,
        };
}

/// <summary>Syncs one tenant's templates, once a day.</summary>
internal sealed class TemplateSyncJob(TemplateSync sync) : IJobHandler
{
    public const string JobKind = "templates.sync";

    public string Kind => JobKind;

    public bool CallsOut => true;

    public bool MayBeCalledOff => false;

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        await sync.SyncAsync(run.Scope, ct);
        return JobResult.DoneAndForgotten;
    }
}

/// <summary>Has every tenant with a WhatsApp number synced; the host's clock calls it once a day.</summary>
public sealed class TemplateSyncRound
{
    private readonly ControlDb _control;
    private readonly TenantDirectory _directory;
    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;
    private readonly ILogger<TemplateSyncRound> _log;

    internal TemplateSyncRound(ControlDb control, TenantDirectory directory, JobQueue queue, TimeProvider clock, ILogger<TemplateSyncRound> log)
    {
        _log = log;
        _control = control;
        _directory = directory;
        _queue = queue;
        _clock = clock;
    }

    /// <summary>Enqueues one job for each tenant, spread over an hour.</summary>
    public async Task EnqueueAsync(CancellationToken ct)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var codes = await _control.Tenants.Find(t => t.PhoneNumberId != null && t.Status == TenantStatus.Active).Project(t => t.Code).ToListAsync(ct);
        foreach (var (index, code) in codes.Index())
        {
            try
            {
                if (await _directory.OpenForSystemAsync(code, ct) is { } scope)
                {
                    var id = Ids.From(TemplateSyncJob.JobKind, code, now.ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture));
                    await _queue.EnqueueAsync(scope, [new NewJob(id, TemplateSyncJob.JobKind, []) { Priority = JobPriority.Low, RunAt = now.AddSeconds(index % 3600) }], ct, wake: false);
                }
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // One tenant that cannot be opened keeps no other waiting.
                _log.LogWarning(e, "The templates of {Tenant} are not synced today", code);
            }
        }
    }
}
