using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.App.Pages.Shared;
using Ecodrix.Components.Automations;
using Ecodrix.Engine.Automations;
using Ecodrix.Engine.Email;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Ecodrix.App.Pages.Automations;

/// <summary>Edits one rule, or makes one.</summary>
public sealed partial class RulePage
{
    private static readonly string[] KnownFields =
    [
        "firstName", "lastName", "phone", "email", "source", "status", "stage", "pipeline", "stageId", "dealValue", "dealTitle", "score", "tags", "assignedTo", "optedOut",
        "metadata.refs.", "metadata.extra.", "variables.", "data.",
    ];

    private readonly Dictionary<string, string> _config = [];
    private readonly Dictionary<ActionForm, EmailPreviewView> _previews = [];
    private readonly List<string> _faults = [];
    private List<ActionForm> _actions = [new()];
    private ConditionForm _condition = ConditionForm.From(null);
    private IReadOnlyList<(string Id, string Name)> _stages = [];
    private IReadOnlyList<(string Id, string Name)> _pipelines = [];
    private IReadOnlyList<string> _templates = [];
    private RuleView? _rule;
    private KeptDraft? _draft;
    private IReadOnlyList<string> _names = [.. LeadFields.Core.Select(f => $"lead.{f.Field}"), .. LiquidOffers.Common];
    private string _name = "";
    private string _trigger = Trigger.AppointmentConfirmed;
    private bool _enabled = true;
    private bool _stopOnError;
    private bool _oncePerLead;
    private int? _perLeadPerDay;
    private bool _ready;
    private bool _mayDesign;
    private string _saved = "";

    /// <summary>The rule's id, or <c>new</c>.</summary>
    [Parameter]
    public string RuleId { get; set; } = "";

    [Inject]
    private RuleDesign Rules { get; set; } = null!;

    [Inject]
    private PipelineDesign Pipelines { get; set; } = null!;

    [Inject]
    private TemplateMappings Templates { get; set; } = null!;

    [Inject]
    private EmailPreview Emails { get; set; } = null!;

    [Inject]
    private LeadFields Fields { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private EventSearch Events { get; set; } = null!;

    private bool IsNew => RuleId == "new";

    private IReadOnlyList<ActionField> ConfigFields => _trigger switch
    {
        Trigger.StageEnter or Trigger.StageExit => [new("stageId", "Stage", "stage"), new("pipelineId", "Pipeline", "pipeline")],
        Trigger.TagAdded or Trigger.TagRemoved => [new("tag", "Tag", Hint: "any tag")],
        Trigger.ScoreAbove or Trigger.ScoreBelow => [new("scoreThreshold", "Threshold", "number", "the tenant's")],
        Trigger.NoContact => [new("days", "Days of silence", "number", "7")],
        _ => [],
    };

    /// <inheritdoc />
    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        var read = await ReadAsync(async (scope, ct) => new Read(
            await Pipelines.ListAsync(scope, ct),
            await Templates.ApprovedAsync(scope, ct),
            IsNew ? null : await Rules.GetAsync(scope, RuleId, ct)));
        if (read is null)
        {
            return;
        }

        _stages = [.. read.Pipelines.SelectMany(p => p.Stages.Select(s => (s.Id, $"{p.Name}: {s.Name}")))];
        _pipelines = [.. read.Pipelines.Select(p => (p.Id, p.Name))];
        _templates = [.. read.Templates.Select(t => t.Name).Distinct()];
        _rule = read.Rule;
        if (_rule is not null)
        {
            Show(Written.Of(_rule));
        }

        _mayDesign = await MayAsync(Permission.Design);
        (_saved, _ready) = (Everything(), true);
        StateHasChanged();
        await NameAsync();
    }

    /// <summary>Gathers the names that texts may refer to: the fields of leads, and what the newest event of the trigger has brought.</summary>
    private async Task NameAsync()
    {
        var trigger = _trigger;
        var fields = await TryReadAsync(Fields.ListAsync) ?? LeadFields.Core;
        var newest = await TryReadAsync((scope, ct) => Events.ListAsync(scope, new EventFilter { Trigger = trigger }, Paging.From(1, 1), ct));
        var brought = newest?.Items is [var one] ? (await TryReadAsync((scope, ct) => Events.GetAsync(scope, one.Id, ct)))?.Request : null;
        if (trigger == _trigger)
        {
            _names = [.. fields.Select(f => $"lead.{f.Field}").Concat(Brought("variables")).Concat(Brought("data")).Concat(LiquidOffers.Common).Distinct(StringComparer.Ordinal)];
        }

        IEnumerable<string> Brought(string part) =>
            (brought?[part] as JsonObject ?? []).Where(e => e.Key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')).Select(e => $"{part}.{e.Key}");
    }

    private string Everything() => JsonSerializer.Serialize(Input(), EcodrixJson.Options);

    private bool IsDirty() => _ready && _mayDesign && Everything() != _saved;

    /// <summary>The rule as it stands, for the browser to keep: without what may hold secrets.</summary>
    private string Draft() => JsonSerializer.Serialize(new Written(
        _name, _trigger, Config(), _condition.ToJson(), [.. _actions.Select(a => new RuleActionView(a.Type, a.DelayMinutes, Without(a)))], _enabled, _stopOnError, _oncePerLead, _perLeadPerDay));

    private void Restore(string draft)
    {
        var written = JsonSerializer.Deserialize<Written>(draft)!;
        Show(written with { Actions = [.. written.Actions.Select(WithSaved)] });
    }

    private static JsonObject Without(ActionForm action)
    {
        var config = JsonSerializer.SerializeToNode(action.ToConfig())!.AsObject();
        foreach (var name in Secret(action.Type))
        {
            config.Remove(name);
        }

        return config;
    }

    /// <summary>An action with what was not kept of it, as it is saved. Only where it is sent to the same address: what was meant for one must not go to another.</summary>
    private RuleActionView WithSaved(RuleActionView action)
    {
        var saved = _rule?.Actions.FirstOrDefault(a => a.Type == action.Type && a.Config["url"]?.ToString() == action.Config["url"]?.ToString());
        foreach (var name in Secret(action.Type))
        {
            if (saved?.Config[name] is { } value)
            {
                action.Config[name] = value.DeepClone();
            }
        }

        return action;
    }

    private string? NotKept => _actions.Exists(a => Secret(a.Type).Length > 0) ? "Headers and bodies of HTTP requests may hold secrets and are not kept: look at them before you save." : null;

    private static string[] Secret(string type) => type == "http_request" ? ["headers", "body"] : [];

    private void Show(Written rule)
    {
        (_name, _trigger, _enabled, _stopOnError) = (rule.Name, rule.Trigger, rule.Enabled, rule.StopOnError);
        (_oncePerLead, _perLeadPerDay) = (rule.OncePerLead, rule.PerLeadPerDay);
        _condition = ConditionForm.From(rule.Condition);
        if (_condition.Group is null)
        {
            // One leaf alone is shown as a group of one, so that another can be added.
            var leaf = _condition;
            _condition = new ConditionForm { Group = "all" };
            _condition.Members.Add(leaf);
        }

        _actions = [.. rule.Actions.Select(a => ActionForm.From(a.Type, a.DelayMinutes, a.Config))];
        _config.Clear();
        foreach (var (name, value) in rule.TriggerConfig)
        {
            _config[name] = value?.ToString() ?? "";
        }
    }

    private RuleInput Input() => new()
    {
        Name = _name,
        Trigger = _trigger,
        TriggerConfig = new(JsonSerializer.SerializeToElement(Config())),
        Condition = new(_condition.ToJson() is { } condition ? JsonSerializer.SerializeToElement(condition) : null),
        Actions = new([.. _actions.Select(a => new RuleActionInput { Type = a.Type, DelayMinutes = a.DelayMinutes, Config = a.ToConfig() })]),
        Enabled = _enabled,
        StopOnError = _stopOnError,
        Limits = new RuleLimitsInput(_oncePerLead, _perLeadPerDay),
    };

    private Task SaveAsync() => OnceAsync(async () =>
    {
        var input = Input();
        _faults.Clear();
        var saved = await DoAsync(Permission.Design, async (scope, ct) =>
        {
            try
            {
                _ = IsNew ? await Rules.CreateAsync(scope, input, ct) : await Rules.ChangeAsync(scope, RuleId, input with { Version = _rule?.Version }, ct);
            }
            catch (RefusedException refused) when (refused.Details is IReadOnlyList<Fault> faults)
            {
                _faults.AddRange(faults.Select(f => f.Message));
                throw;
            }
        }, "Rule saved");
        if (saved)
        {
            await LeaveAsync();
        }
    });

    /// <summary>To the rules: there is nothing here any more that could be lost.</summary>
    private async Task LeaveAsync()
    {
        _saved = Everything();
        await _draft!.ForgetAsync();
        Navigation.NavigateTo(AppPaths.Automations(Code));
    }

    private JsonObject Config()
    {
        // What the API has set and this page has no field for stays, as long as the trigger does.
        var shown = ConfigFields.Select(f => f.Name).Append("cancelPending").ToHashSet(StringComparer.Ordinal);
        var config = new JsonObject(_rule?.Trigger == _trigger ? _rule.TriggerConfig.Where(c => !shown.Contains(c.Key)).Select(c => KeyValuePair.Create(c.Key, c.Value?.DeepClone())) : []);
        foreach (var field in ConfigFields)
        {
            if (_config.GetValueOrDefault(field.Name) is { Length: > 0 } text)
            {
                config[field.Name] = field.Kind == "number" && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : JsonValue.Create(text);
            }
        }

        if (_config.GetValueOrDefault("cancelPending") == "true")
        {
            config["cancelPending"] = true;
        }

        return config;
    }

    private void Swap(int from, int to) => (_actions[from], _actions[to]) = (_actions[to], _actions[from]);

    private Task PreviewAsync(ActionForm action) => DoAsync(Permission.Design, async (scope, ct) => _previews[action] = await Emails.RenderAsync(
        scope, action.Values.GetValueOrDefault("subject"), action.Values.GetValueOrDefault("htmlBody"), action.Values.GetValueOrDefault("to"), ct));

    private async Task DeleteAsync()
    {
        if (await Dialogs.SureAsync($"Delete {_name}?", "What it has begun goes on; nothing new is begun by it. It cannot be brought back.", "Delete the rule") && await DoAsync(Permission.Design, (scope, ct) => Rules.DeleteAsync(scope, RuleId, ct), "Rule deleted"))
        {
            await LeaveAsync();
        }
    }

    /// <summary>A rule as it is written here.</summary>
    private sealed record Written(
        string Name, string Trigger, JsonObject TriggerConfig, JsonObject? Condition, IReadOnlyList<RuleActionView> Actions, bool Enabled, bool StopOnError, bool OncePerLead, int? PerLeadPerDay)
    {
        public static Written Of(RuleView rule) => new(
            rule.Name, rule.Trigger, rule.TriggerConfig, rule.Condition, rule.Actions, rule.Enabled, rule.StopOnError, rule.Limits?.OncePerLead == true, rule.Limits?.PerLeadPerDay);
    }

    private sealed record Read(IReadOnlyList<PipelineView> Pipelines, IReadOnlyList<TemplateView> Templates, RuleView? Rule);
}
