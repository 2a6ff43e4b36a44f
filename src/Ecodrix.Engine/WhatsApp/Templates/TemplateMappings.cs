using System.Text.Json;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Templates;

/// <summary>Looks templates up, maps their variables and shows how they read.</summary>
public sealed class TemplateMappings
{
    private readonly TemplateSync _sync;
    private readonly ChatPreferences _preferences;
    private readonly TemplateFilling _filling;
    private readonly MappableCollections _collections;
    private readonly TimeProvider _clock;
    private readonly AuditLog _audit;

    internal TemplateMappings(TemplateSync sync, ChatPreferences preferences, TemplateFilling filling, MappableCollections collections, TimeProvider clock, AuditLog audit)
    {
        _audit = audit;
        _sync = sync;
        _preferences = preferences;
        _filling = filling;
        _collections = collections;
        _clock = clock;
    }

    /// <summary>One page of the templates that match, by name. Vanished ones only when asked for by status <c>deleted</c>.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<Page<TemplateView>> ListAsync(TenantScope scope, TemplateFilter filter, Paging paging, CancellationToken ct)
    {
        new Check().OneOf(filter.Channel, "channel", ["whatsapp"]).Throw();
        var where = Builders<Template>.Filter;
        var matching = filter.Status is { Length: > 0 } status ? where.Eq(t => t.Status, status.ToLowerInvariant()) : where.Eq(t => t.RemovedAt, null);
        matching &= EnumWords.Parse<MappingStatus>(filter.MappingStatus, "mappingStatus") is { } mapped ? where.Eq(t => t.MappingStatus, mapped) : where.Empty;
        matching &= filter.Category is { Length: > 0 } category ? where.Eq(t => t.Category, category.ToLowerInvariant()) : where.Empty;
        matching &= filter.Language is { Length: > 0 } language ? where.Eq(t => t.Language, language) : where.Empty;
        matching &= filter.Search is { Length: > 0 } text ? where.Regex(t => t.Name, new BsonRegularExpression(System.Text.RegularExpressions.Regex.Escape(text.ToLowerInvariant()))) : where.Empty;
        var total = await scope.Db.Templates.CountDocumentsAsync(matching, null, ct);
        var page = await scope.Db.Templates.Find(matching).SortBy(t => t.Name).ThenBy(t => t.Language).Skip(paging.Skip).Limit(paging.Limit).ToListAsync(ct);
        return new Page<TemplateView>([.. page.Select(TemplateView.Of)], total, paging);
    }

    /// <summary>The approved templates, by name, for choosing one to send: up to 1,000, more than anybody looks through.</summary>
    public async Task<IReadOnlyList<TemplateView>> ApprovedAsync(TenantScope scope, CancellationToken ct) =>
        [.. (await scope.Db.Templates.Find(t => t.Status == Template.Approved).SortBy(t => t.Name).ThenBy(t => t.Language).Limit(1_000).ToListAsync(ct)).Select(TemplateView.Of)];

    /// <summary>One template.</summary>
    /// <exception cref="RefusedException">TEMPLATE_NOT_FOUND.</exception>
    public async Task<TemplateView> GetAsync(TenantScope scope, string name, string? language, CancellationToken ct) =>
        TemplateView.Of(await NeedAsync(scope, name, language, ct));

    /// <summary>Says where each variable gets its value. Entries not given become unmapped.</summary>
    /// <exception cref="RefusedException">TEMPLATE_NOT_FOUND, VALIDATION_ERROR.</exception>
    public async Task<TemplateView> MapAsync(TenantScope scope, string name, string? language, TemplateMapping input, CancellationToken ct)
    {
        var template = await NeedAsync(scope, name, language, ct);
        var before = Audited(template);
        Apply(template, input);
        var changed = await scope.Db.Templates.FindOneAndUpdateAsync<Template>(
            t => t.Id == template.Id,
            Builders<Template>.Update.Set(t => t.Mappings, template.Mappings).Set(t => t.OnEmptyVariable, template.OnEmptyVariable)
                .Set(t => t.MappingStatus, StatusOf(template)).Set(t => t.UpdatedAt, _clock.GetUtcNow().UtcDateTime),
            new FindOneAndUpdateOptions<Template> { ReturnDocument = ReturnDocument.After }, ct);
        await _audit.NoteAsync(scope, "template.mapped", $"{template.Name} ({template.Language})", before, Audited(changed ?? template), ct);
        return TemplateView.Of(changed ?? template);
    }

    private static BsonDocument Audited(Template template)
    {
        var all = template.ToBsonDocument();
        return new BsonDocument { ["mappings"] = all.GetValue("mappings", BsonNull.Value), ["onEmptyVariable"] = all.GetValue("onEmptyVariable", BsonNull.Value) };
    }

    /// <summary>Whether every variable has a mapping.</summary>
    /// <exception cref="RefusedException">TEMPLATE_NOT_FOUND.</exception>
    public async Task<ValidationView> ValidateAsync(TenantScope scope, string name, string? language, CancellationToken ct)
    {
        var view = await GetAsync(scope, name, language, ct);
        return new ValidationView(view.Variables.All(v => v.Mapped), view.Variables);
    }

    /// <summary>How a template reads with the given data or a real lead, by the mapping that is kept or one to try. Sends and saves nothing.</summary>
    /// <exception cref="RefusedException">TEMPLATE_NOT_FOUND, LEAD_NOT_FOUND, INVALID_ID, VALIDATION_ERROR.</exception>
    public async Task<PreviewView> PreviewAsync(TenantScope scope, string name, string? language, PreviewRequest request, CancellationToken ct)
    {
        var template = await NeedAsync(scope, name, language, ct);
        if (request.Mapping is { } draft)
        {
            Apply(template, draft);
        }

        var context = BsonJson.ToDocument(request.Context);
        var lead = context.GetValue("lead", BsonNull.Value) as BsonDocument ?? [];
        if (request.LeadId is { Length: > 0 })
        {
            var id = Ids.Parse(request.LeadId, "leadId");
            var found = await scope.Db.Leads.Find(scope.VisibleLeads() & Builders<Lead>.Filter.Eq(l => l.Id, id)).FirstOrDefaultAsync(ct) ?? throw LeadRefusals.NotFound(request.LeadId);
            lead = LeadFacts.Of(found).Merge(lead, overwriteExistingElements: true);
        }

        var facts = new TemplateFacts(lead, context.GetValue("event", BsonNull.Value) as BsonDocument ?? []);
        var filled = await _filling.FillAsync(scope, template, facts, MappingReading.Given(request.Variables), ct);
        var shape = TemplateShape.Of(template);
        var buttons = shape.Buttons.Select((b, i) => new TemplateButtonView(b.Kind, b.Text,
            TemplateShape.Fill(b.Url, _ => filled.Slots.FirstOrDefault(s => s.Slot.Key.Button == i)?.Value))).ToList();
        var text = string.Join("\n\n", new[] { filled.Use.Header, filled.Text, filled.Use.Footer }.Where(t => !string.IsNullOrEmpty(t)));
        return new PreviewView(filled.Use.Header, filled.Text, filled.Use.Footer, buttons, text, filled.Missing, BsonJson.ToJson(filled.Use.Components));
    }

    /// <summary>Checks a mapping and puts it into the template at hand.</summary>
    private void Apply(Template template, TemplateMapping input)
    {
        var shape = TemplateShape.Of(template);
        var check = new Check();
        var mappings = new List<VariableMapping>();
        check.That(input.Mappings is not null, "mappings", "mappings is required.");
        foreach (var (index, entry) in (input.Mappings ?? []).Index())
        {
            if (MappingReading.Read(check, shape, entry, $"mappings[{index}]", _collections) is { } mapping)
            {
                check.That(!mappings.Exists(m => m.Slot == mapping.Slot), $"mappings[{index}]", $"{mapping.Slot.Label} is mapped twice.");
                mappings.Add(mapping);
            }
        }

        check.Throw();
        (template.Mappings, template.OnEmptyVariable) = (mappings, input.OnEmptyVariable ?? EmptyVariable.Skip);
    }

    /// <summary>Which rules and broadcasts send a template.</summary>
    /// <exception cref="RefusedException">TEMPLATE_NOT_FOUND.</exception>
    public async Task<IReadOnlyList<TemplateUserView>> UsedByAsync(TenantScope scope, string name, CancellationToken ct)
    {
        await NeedAsync(scope, name, null, ct);
        var rules = await scope.Db.Rules.Find(FilterDefinition<Rule>.Empty).SortBy(r => r.Id).ToListAsync(ct);
        var broadcasts = await scope.Db.Broadcasts.Find(b => b.TemplateName == name).SortByDescending(b => b.Id).Limit(50).ToListAsync(ct);
        return
        [
            .. rules.Where(r => r.Actions.Exists(a => a.Type == "send_whatsapp" && a.Config.GetValue("templateName", "") == name))
                .Select(r => new TemplateUserView("automation", r.Id.ToString(), r.Name, r.Enabled)),
            .. broadcasts.Select(b => new TemplateUserView("broadcast", b.Id.ToString(), b.Name, !b.HasEnded)),
        ];
    }

    /// <summary>The template with a name, in the language asked for, else the tenant's, else the only or most usual one; null when there is none.</summary>
    internal async Task<Template?> FindAsync(TenantScope scope, string name, string? language, CancellationToken ct)
    {
        var all = await scope.Db.Templates.Find(t => t.Name == name && t.RemovedAt == null).ToListAsync(ct);
        var usual = language ?? (await _preferences.GetAsync(scope, ct)).DefaultTemplateLanguage;
        var exact = all.Find(t => t.Language == usual);
        return exact is not null || language is not null
            ? exact
            : all.Find(t => t.Language == "en_US") ?? all.Find(t => t.Language == "en") ?? all.OrderBy(t => t.Language, StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>As <see cref="FindAsync"/>; one that is not known here is asked of Meta before it is refused.</summary>
    /// <exception cref="RefusedException">TEMPLATE_NOT_FOUND, SECRET_MISSING, UPSTREAM_ERROR.</exception>
    internal async Task<Template> ForSendingAsync(TenantScope scope, string name, string? language, CancellationToken ct)
    {
        if (await FindAsync(scope, name, language, ct) is { } known)
        {
            return known;
        }

        await _sync.FetchAsync(scope, name, ct);
        return await FindAsync(scope, name, language, ct) ?? throw NotFound(name, language);
    }

    /// <summary>Refuses a template that Meta would not send.</summary>
    /// <exception cref="RefusedException">TEMPLATE_NOT_APPROVED.</exception>
    internal static void RequireApproved(Template template)
    {
        if (template.Status != Template.Approved)
        {
            throw new RefusedException(
                RefusalKind.Conflict, "TEMPLATE_NOT_APPROVED", $"The template {template.Name} ({template.Language}) is {template.Status} and cannot be sent. Use an approved one.",
                new { status = template.Status });
        }
    }

    /// <summary>The names of templates that can be sent, for whoever must not send free text.</summary>
    internal static async Task<IReadOnlyList<string>> ApprovedNamesAsync(TenantScope scope, CancellationToken ct) =>
        [.. (await scope.Db.Templates.Find(t => t.Status == Template.Approved && t.RemovedAt == null).SortBy(t => t.Name).Limit(100).Project(t => t.Name).ToListAsync(ct)).Distinct()];

    internal static MappingStatus StatusOf(Template template)
    {
        var slots = TemplateShape.Of(template).Slots;
        var mapped = slots.Count(s => template.Mappings.Exists(m => m.Slot == s.Key));
        return mapped == slots.Count ? MappingStatus.Mapped : mapped == 0 ? MappingStatus.Unmapped : MappingStatus.Partial;
    }

    internal static RefusedException NotFound(string name, string? language) => new(
        RefusalKind.NotFound, "TEMPLATE_NOT_FOUND", $"There is no template {name}{(language is null ? "" : $" in {language}")}. Sync the templates, or choose another.");

    private async Task<Template> NeedAsync(TenantScope scope, string name, string? language, CancellationToken ct) =>
        await FindAsync(scope, name, string.IsNullOrEmpty(language) ? null : language, ct) ?? throw NotFound(name, language);
}

/// <summary>Reads mappings and values as callers write them.</summary>
internal static class MappingReading
{
    public static VariableMapping? Read(Check check, TemplateShape shape, MappingEntry entry, string at, MappableCollections collections)
    {
        var component = entry.Component ?? (entry.ButtonIndex is null ? "body" : "button");
        check.OneOf(component, $"{at}.component", ["header", "body", "button"]);
        var slot = shape.Slots.Find(s => s.Key.Component == component
            && (entry.ButtonIndex is null || s.Key.Button == entry.ButtonIndex)
            && (entry.Name is null ? s.Key.Name is null && (s.Key.Index is null || s.Key.Index == (entry.VariableIndex ?? 1)) : s.Key.Name == entry.Name));
        // Named variables may also be addressed by their place.
        slot ??= entry is { Name: null, VariableIndex: > 0 } ? shape.Slots.Where(s => s.Key.Component == component && s.Key.Name is not null).ElementAtOrDefault(entry.VariableIndex.Value - 1) : null;
        check.That(slot is not null, at, $"{at}: the template has no such variable. It has {(shape.Slots.Count == 0 ? "none" : string.Join(", ", shape.Slots.Select(s => s.Key.Label)))}.");
        check.That(entry.Source is not null, $"{at}.source", $"{at}.source is required: one of {string.Join(", ", EnumWords.All<VariableSource>())}.");
        check.That(entry.Source is not VariableSource.Static || !string.IsNullOrWhiteSpace(entry.Value), $"{at}.value", $"{at}.value is required for a static value.");
        check.That(entry.Source is null or VariableSource.Static or VariableSource.Tenant || !string.IsNullOrWhiteSpace(entry.Field), $"{at}.field", $"{at}.field is required.");
        check.That(entry.Source is not VariableSource.Collection || (entry.Collection is { } name && collections.IsTheirs(name)), $"{at}.collection", $"{at}.collection must be one of your own collections.");
        check.That(entry.MatchField is null || MappableCollections.IsField(entry.MatchField), $"{at}.matchField", $"{at}.matchField must be the name of a field, like phone or patient.phone.");
        check.That((entry.MatchWith?.Length ?? 0) <= 200, $"{at}.matchWith", $"{at}.matchWith may have at most 200 characters.");
        check.That((entry.Field?.Length ?? 0) <= 200 && (entry.Value?.Length ?? 0) <= 1024 && (entry.Fallback?.Length ?? 0) <= 1024, at, $"{at}: a text is too long.");
        return slot is null || entry.Source is null
            ? null
            : new VariableMapping
            {
                Slot = slot.Key,
                Source = entry.Source.Value,
                Field = entry.Field?.Trim(),
                Value = entry.Value,
                Fallback = string.IsNullOrWhiteSpace(entry.Fallback) ? null : entry.Fallback,
                Collection = entry.Collection,
                MatchField = entry.MatchField,
                MatchWith = entry.MatchWith,
            };
    }

    /// <summary>What values given outright must be, to go on from their field's name.</summary>
    public const string HowGiven = "must be a list of values, or an object of values by their names.";

    /// <summary>Whether values given outright can be read, or are not there.</summary>
    public static bool Reads(JsonElement? variables) => variables is not { ValueKind: JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False };

    /// <summary>Values given outright: a list for numbered variables, an object for named ones; anything else gives none.</summary>
    public static GivenValues? Given(JsonElement? variables) => variables switch
    {
        { ValueKind: JsonValueKind.Array } list => new GivenValues { Positional = [.. list.EnumerateArray().Select(Show)] },
        { ValueKind: JsonValueKind.Object } named => new GivenValues { Named = named.EnumerateObject().GroupBy(p => p.Name).ToDictionary(g => g.Key, g => Show(g.Last().Value)) },
        _ => null,
    };

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        _ => value.GetRawText(),
    };
}
