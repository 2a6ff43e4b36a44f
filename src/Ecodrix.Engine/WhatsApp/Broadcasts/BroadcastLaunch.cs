using System.Text.Json;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>Makes broadcasts, and says beforehand what one would do.</summary>
public sealed class BroadcastLaunch
{
    private const int MostRecipients = 10_000;
    private const int MostListed = 1_000;
    private const int MostFaults = 20;
    private static readonly TimeSpan LatestStart = TimeSpan.FromDays(366);

    private readonly TemplateMappings _templates;
    private readonly BroadcastPlanning _planning;
    private readonly ChatPreferences _preferences;
    private readonly JobQueue _queue;
    private readonly ILiveBus _live;
    private readonly TimeProvider _clock;
    private readonly AuditLog _audit;

    internal BroadcastLaunch(TemplateMappings templates, BroadcastPlanning planning, ChatPreferences preferences, JobQueue queue, ILiveBus live, TimeProvider clock, AuditLog audit)
    {
        _audit = audit;
        _templates = templates;
        _planning = planning;
        _preferences = preferences;
        _queue = queue;
        _live = live;
        _clock = clock;
    }

    /// <summary>Makes a broadcast and answers at once; workers send it. Who cannot get it is left out with the reason.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="input">The broadcast.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="token">The same for every attempt at a request: a later one finds the broadcast of one before a crash, and makes no second.</param>
    /// <exception cref="RefusedException">VALIDATION_ERROR, TEMPLATE_NOT_FOUND, TEMPLATE_NOT_APPROVED.</exception>
    public async Task<BroadcastView> LaunchAsync(TenantScope scope, NewBroadcast input, CancellationToken ct, string? token = null)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        var id = token is null ? ObjectId.GenerateNewId(_clock.GetUtcNow().UtcDateTime) : Ids.From("broadcast", token);
        if (token is not null && await scope.Db.Broadcasts.FindByIdAsync(id, ct) is { } made)
        {
            return BroadcastView.Of(made);
        }

        var (template, given) = await ReadAsync(scope, input, ct);
        var now = _clock.GetUtcNow().UtcDateTime;
        var broadcast = new Broadcast
        {
            Id = id,
            Name = input.Name!.Trim(),
            TemplateName = template.Name,
            TemplateLanguage = template.Language,
            Status = input.ScheduledAt > _clock.GetUtcNow() ? BroadcastStatus.Scheduled : BroadcastStatus.Queued,
            ScheduledAt = input.ScheduledAt?.UtcDateTime,
            RatePerSecond = input.RatePerSecond,
            PauseIfFailureRateAbove = input.PauseIfFailureRateAbove,
            CreatedBy = scope.Actor.Name,
            CreatedAt = now,
        };
        var skipped = new List<SkippedView>();
        if (input.Audience is { } audience)
        {
            broadcast.Audience = BsonJson.ToDocument(JsonSerializer.SerializeToElement(audience.Filter ?? new LeadFilter(), EcodrixJson.Options));
            broadcast.Total = await scope.Db.Leads.CountDocumentsAsync(await AudienceOfAsync(scope, audience.Filter, ct), null, ct);
        }
        else
        {
            skipped = await KeepAsync(scope, broadcast, template, given, ct);
            broadcast.AudienceDone = true;
        }

        // The job before the broadcast: without the broadcast it waits a little, without the job nobody would ever begin.
        await _queue.EnqueueAsync(scope, [BroadcastRun.For(broadcast)], ct, wake: false);
        await scope.Db.Broadcasts.InsertOneAsync(broadcast, null, ct);
        _queue.Wake();
        _live.Publish(scope.Code, "broadcast.progress", new { id = broadcast.Id.ToString(), status = broadcast.Status, counts = BroadcastCounts.Of(broadcast) });
        await _audit.NoteAsync(scope, "broadcast.launched", broadcast.Name, [new AuditChange("template", null, template.Name), new AuditChange("recipients", null, $"{broadcast.Total}")], ct);
        return BroadcastView.Of(broadcast) with { Skipped = [.. skipped.Take(MostListed)] };
    }

    /// <summary>What a broadcast would do. Sends and keeps nothing.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, TEMPLATE_NOT_FOUND, TEMPLATE_NOT_APPROVED.</exception>
    public async Task<PreflightView> PreflightAsync(TenantScope scope, NewBroadcast input, CancellationToken ct)
    {
        scope.RequireSeesAll(Broadcast.Theirs);
        var (template, given) = await ReadAsync(scope, input, ct);
        var counts = new Dictionary<SkipReason, long>();
        var skipped = new List<SkippedView>();
        string? sample = null;
        await foreach (var chunk in ChunksAsync(scope, input, given, ct))
        {
            foreach (var planned in await _planning.DecideAsync(scope, template, chunk, ct))
            {
                counts[planned.Skip] = counts.GetValueOrDefault(planned.Skip) + 1;
                sample ??= planned.Filled?.Text;
                if (planned.Skip != SkipReason.None && skipped.Count < MostListed)
                {
                    skipped.Add(new SkippedView(planned.Phone, planned.Why!));
                }
            }
        }

        var limit = (await _preferences.GetAsync(scope, ct)).MessagesPerSecond;
        var will = counts.GetValueOrDefault(SkipReason.None);
        var rate = Math.Min(input.RatePerSecond ?? limit, limit);
        return new PreflightView(
            counts.Values.Sum(), will, counts.GetValueOrDefault(SkipReason.Duplicate), counts.GetValueOrDefault(SkipReason.Invalid),
            counts.GetValueOrDefault(SkipReason.OptedOut) + counts.GetValueOrDefault(SkipReason.Blocked), counts.GetValueOrDefault(SkipReason.MissingVariables),
            true, Math.Ceiling(will / (double)rate), sample, skipped, Warnings(template, will));
    }

    /// <summary>The leads of an audience that have a phone number.</summary>
    internal static async Task<FilterDefinition<Lead>> AudienceOfAsync(TenantScope scope, LeadFilter? filter, CancellationToken ct) =>
        scope.VisibleLeads() & await LeadSearch.ReadAsync(scope, filter ?? new LeadFilter(), ct) & Builders<Lead>.Filter.Type(l => l.Phone, BsonType.String);

    private static List<string> Warnings(Template template, long will)
    {
        var warnings = new List<string>();
        if (template.Quality is "red" or "yellow")
        {
            warnings.Add($"Meta rates the quality of this template {(template.Quality == "red" ? "low: it may be paused during the broadcast" : "medium")}.");
        }

        if (will > 250)
        {
            warnings.Add("New numbers may start 250 conversations a day; Meta raises this to 2,000, 10,000 and 100,000. What goes over it fails.");
        }

        return warnings;
    }

    private async Task<(Template Template, IReadOnlyList<(string? Phone, BsonValue? Variables)> Given)> ReadAsync(TenantScope scope, NewBroadcast input, CancellationToken ct)
    {
        var check = new Check();
        check.Required(input.Name, "name", 100);
        var name = check.Required(input.TemplateName, "templateName", 512);
        var kinds = new[] { input.Recipients is not null, input.Audience is not null, input.Csv is not null }.Count(k => k);
        check.That(kinds == 1, "recipients", "Send exactly one of recipients, audience and csv.");
        var given = input.Csv is not null ? CsvRecipients.Read(check, input.Csv)
            : [.. (input.Recipients ?? []).Select(r => (r.Phone, r.Variables is { } v && v.ValueKind is JsonValueKind.Array or JsonValueKind.Object ? BsonJson.ToBson(r.Variables.Value) : null))];
        check.That(input.Audience is not null || given.Count is >= 1 and <= MostRecipients, "recipients", $"recipients must have 1 to {MostRecipients:N0} entries; there are {given.Count:N0}.");
        foreach (var (at, _) in (input.Recipients ?? []).Index().Where(r => !MappingReading.Reads(r.Item.Variables)).Take(MostFaults))
        {
            check.That(false, $"recipients[{at}].variables", $"recipients[{at}].variables {MappingReading.HowGiven}");
        }

        check.Range(input.RatePerSecond, "ratePerSecond", 1, 1000);
        check.That(input.PauseIfFailureRateAbove is null or (>= 0 and <= 1), "pauseIfFailureRateAbove", $"pauseIfFailureRateAbove must be between 0 and 1; it is {input.PauseIfFailureRateAbove}.");
        check.That(input.ScheduledAt is null || input.ScheduledAt < _clock.GetUtcNow() + LatestStart, "scheduledAt", "scheduledAt must be within the next year.");
        check.Throw();
        var template = await _templates.ForSendingAsync(scope, name, string.IsNullOrWhiteSpace(input.TemplateLanguage) ? null : input.TemplateLanguage, ct);
        TemplateMappings.RequireApproved(template);
        return (template, given);
    }

    /// <summary>Writes the recipients, those left out among them, some hundreds at a time.</summary>
    private async Task<List<SkippedView>> KeepAsync(
        TenantScope scope, Broadcast broadcast, Template template, IReadOnlyList<(string? Phone, BsonValue? Variables)> given, CancellationToken ct)
    {
        var skipped = new List<SkippedView>();
        var now = broadcast.CreatedAt;
        var number = 0;
        foreach (var chunk in BroadcastPlanning.Read(scope, given).Chunk(BroadcastPlanning.Chunk))
        {
            var documents = new List<BroadcastRecipient>(chunk.Length);
            foreach (var planned in await _planning.DecideAsync(scope, template, chunk, ct))
            {
                number++;
                if (planned.Skip != SkipReason.None)
                {
                    skipped.Add(new SkippedView(planned.Phone, planned.Why!));
                }

                documents.Add(Recipient(broadcast.Id, planned, now, number));
            }

            try
            {
                await scope.Db.Recipients.InsertManyAsync(documents, new InsertManyOptions { IsOrdered = false }, ct);
            }
            catch (MongoBulkWriteException<BroadcastRecipient> e) when (e.WriteConcernError is null && e.WriteErrors.All(w => w.Category == ServerErrorCategory.DuplicateKey))
            {
                // An attempt before a crash has written them.
            }
        }

        broadcast.Total = number;
        broadcast.Counts = new BroadcastTallied { Queued = number - skipped.Count, Skipped = skipped.Count };
        return skipped;
    }

    internal static BroadcastRecipient Recipient(ObjectId broadcastId, PlannedRecipient planned, DateTime now, int number) => new()
    {
        // A repeat cannot have the id of the first one.
        Id = planned.Skip is SkipReason.Duplicate or SkipReason.Invalid
            ? Ids.From("broadcast", broadcastId.ToString(), planned.Phone, $"{number}") : BroadcastRecipient.IdOf(broadcastId, planned.Phone),
        BroadcastId = broadcastId,
        Phone = Texts.Cut(planned.Phone, 60),
        Variables = planned.Variables,
        Status = planned.Skip == SkipReason.None ? RecipientStatus.Queued : RecipientStatus.Skipped,
        Reason = planned.Why,
        RunAt = now,
        UpdatedAt = now,
    };

    private static async IAsyncEnumerable<IReadOnlyList<PlannedRecipient>> ChunksAsync(
        TenantScope scope, NewBroadcast input, IReadOnlyList<(string? Phone, BsonValue? Variables)> given, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        if (input.Audience is not { } audience)
        {
            foreach (var chunk in BroadcastPlanning.Read(scope, given).Chunk(BroadcastPlanning.Chunk))
            {
                yield return chunk;
            }

            yield break;
        }

        using var cursor = await scope.Db.Leads.Find(await AudienceOfAsync(scope, audience.Filter, ct), new FindOptions { BatchSize = BroadcastPlanning.Chunk })
            .Project(l => l.Phone).ToCursorAsync(ct);
        while (await cursor.MoveNextAsync(ct))
        {
            yield return [.. cursor.Current.Select(phone => new PlannedRecipient(phone!, null))];
        }
    }
}
