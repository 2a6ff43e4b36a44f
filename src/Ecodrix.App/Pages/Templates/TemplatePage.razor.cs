using System.Text.Json;
using Ecodrix.App.Pages.Shared;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages.Templates;

/// <summary>One template: where its variables get their values, how it reads, and what sends it.</summary>
public sealed partial class TemplatePage
{
    private static readonly string[] LeadFieldNames =
        ["firstName", "lastName", "name", "phone", "email", "dealTitle", "dealValue", "stage", "pipeline", "source", "assignedTo", "metadata.extra."];

    private readonly List<Row> _rows = [];
    private TemplateView? _template;
    private PreviewView? _preview;
    private IReadOnlyList<TemplateUserView> _users = [];
    private IReadOnlyList<CollectionView> _collections = [];
    private EmptyVariable _policy;
    private LeadView? _lead;
    private string? _unready;
    private bool _dirty;
    private KeptDraft? _kept;
    private bool _mayDesign;

    /// <summary>The template's name.</summary>
    [Parameter]
    public string Name { get; set; } = "";

    /// <summary>Its language.</summary>
    [SupplyParameterFromQuery]
    public string? Language { get; set; }

    [Inject]
    private TemplateMappings Templates { get; set; } = null!;

    [Inject]
    private MappableCollections Collections { get; set; } = null!;

    /// <inheritdoc />
    protected override async Task OnParametersSetAsync()
    {
        _mayDesign = await MayAsync(Permission.Design);
        await LoadAsync();
        _collections = await TryReadAsync((scope, ct) => Collections.ListAsync(scope, ct)) ?? [];
        _users = _template is null ? [] : await TryReadAsync((scope, ct) => Templates.UsedByAsync(scope, Name, ct)) ?? [];
    }

    private async Task LoadAsync()
    {
        _template = await ReadAsync((scope, ct) => Templates.GetAsync(scope, Name, Language, ct));
        if (_template is not null)
        {
            _rows.Clear();
            _rows.AddRange(_template.Variables.Select(v => new Row(v)));
            _policy = _template.OnEmptyVariable;
            _dirty = false;
            await PreviewAsync(_lead);
        }
    }

    /// <summary>The mapping as it stands in the editor, saved or not.</summary>
    private TemplateMapping Draft => Mapping(_rows, _policy);

    private static TemplateMapping Mapping(IEnumerable<Row> rows, EmptyVariable policy) => new([.. rows.Where(r => r.Source is not null).Select(r => r.ToEntry())], policy);

    private Task SetAsync(Action change)
    {
        change();
        _dirty = true;
        return PreviewAsync(_lead);
    }

    private async Task SaveAsync()
    {
        var mapping = Draft;
        if (await DoAsync(Permission.Design, (scope, ct) => Templates.MapAsync(scope, Name, Language, mapping, ct), "Mapping saved"))
        {
            await LoadAsync();
            await _kept!.ForgetAsync();
        }
    }

    private string Written() => JsonSerializer.Serialize(Draft);

    private Task RestoreAsync(string written)
    {
        var mapping = JsonSerializer.Deserialize<TemplateMapping>(written)!;
        foreach (var row in _rows)
        {
            row.Take((mapping.Mappings ?? []).FirstOrDefault(row.IsOf));
        }

        _policy = mapping.OnEmptyVariable ?? _policy;
        // Given up, it is as it is saved.
        _dirty = written != JsonSerializer.Serialize(Mapping(_template!.Variables.Select(v => new Row(v)), _template.OnEmptyVariable));
        return PreviewAsync(_lead);
    }

    private async Task PreviewAsync(LeadView? lead)
    {
        _lead = lead;
        // Without a lead the examples stand in, so that the preview is never full of braces.
        var examples = _lead is null
            ? JsonSerializer.SerializeToElement(_template!.Variables.Where(v => v.Component == "body" && v.Example is not null).ToDictionary(v => v.Name ?? $"{v.Index}", v => v.Example))
            : (JsonElement?)null;
        var request = new PreviewRequest(null, _lead?.Id, examples, _dirty ? Draft : null);
        // What cannot be previewed, as a row is half filled in, is no fault of the page: the preview stays as it was until there is enough.
        var preview = await TryReadAsync((scope, ct) => Templates.PreviewAsync(scope, Name, Language, request, ct));
        (_preview, _unready) = (preview ?? _preview, preview is null ? "Shows the mapping as it was: a row is not filled in yet, or it could not be read." : null);
    }

    private sealed class Row(VariableView variable)
    {
        public string Label { get; } = $"{variable.Component}{(variable.ButtonIndex is { } button ? $" {button + 1}" : "")} {{{{{variable.Name ?? $"{variable.Index}"}}}}}";

        public string? Example { get; } = variable.Example;

        public VariableSource? Source { get; set; } = variable.Source;

        public string? Field { get; set; } = variable.Field;

        public string? Value { get; set; } = variable.Value;

        public string? Fallback { get; set; } = variable.Fallback;

        public string? Collection { get; set; } = variable.Collection;

        public bool IsOf(MappingEntry entry) =>
            (entry.Component, entry.ButtonIndex, entry.VariableIndex, entry.Name) == (variable.Component, variable.ButtonIndex, variable.Index, variable.Name);

        public void Take(MappingEntry? entry) =>
            (Source, Field, Value, Fallback, Collection) = (entry?.Source, entry?.Field, entry?.Value, entry?.Fallback, entry?.Collection);

        public MappingEntry ToEntry() => new()
        {
            Component = variable.Component,
            ButtonIndex = variable.ButtonIndex,
            VariableIndex = variable.Index,
            Name = variable.Name,
            Source = Source,
            Field = Field,
            Value = Value,
            Fallback = Fallback,
            Collection = Collection,
            MatchField = variable.MatchField,
            MatchWith = variable.MatchWith,
        };
    }
}
