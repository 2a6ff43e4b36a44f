using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.WhatsApp.Templates;

/// <summary>What a list of templates is narrowed by.</summary>
public sealed record TemplateFilter
{
    /// <summary>approved, rejected, pending, paused, disabled …</summary>
    public string? Status { get; init; }

    /// <summary>unmapped, partial or mapped.</summary>
    public string? MappingStatus { get; init; }

    /// <summary>Only <c>whatsapp</c> exists.</summary>
    public string? Channel { get; init; }

    /// <summary>marketing, utility or authentication.</summary>
    public string? Category { get; init; }

    /// <summary>One language, for example en_US.</summary>
    public string? Language { get; init; }

    /// <summary>Part of the name.</summary>
    public string? Search { get; init; }
}

/// <summary>One variable of a template and where its value comes from.</summary>
public sealed record VariableView
{
    /// <summary>header, body or button.</summary>
    public required string Component { get; init; }

    /// <summary>Which button, from 0.</summary>
    public int? ButtonIndex { get; init; }

    /// <summary>Its number, from 1.</summary>
    public int? Index { get; init; }

    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>text, image, video, document, location or coupon_code.</summary>
    public required string Type { get; init; }

    /// <summary>Meta's example.</summary>
    public string? Example { get; init; }

    /// <summary>Whether a mapping says where the value comes from.</summary>
    public required bool Mapped { get; init; }

    /// <summary>Where it comes from.</summary>
    public VariableSource? Source { get; init; }

    /// <summary>Which field there.</summary>
    public string? Field { get; init; }

    /// <summary>The text of a static one.</summary>
    public string? Value { get; init; }

    /// <summary>What stands in when it comes out empty.</summary>
    public string? Fallback { get; init; }

    /// <summary>For a collection: which.</summary>
    public string? Collection { get; init; }

    /// <summary>For a collection: the field compared.</summary>
    public string? MatchField { get; init; }

    /// <summary>For a collection: what it is compared with.</summary>
    public string? MatchWith { get; init; }

    internal static VariableView Of(TemplateSlot slot, VariableMapping? mapping) => new()
    {
        Component = slot.Key.Component,
        ButtonIndex = slot.Key.Button,
        Index = slot.Key.Index,
        Name = slot.Key.Name,
        Type = slot.Kind,
        Example = slot.Example,
        Mapped = mapping is not null,
        Source = mapping?.Source,
        Field = mapping?.Field,
        Value = mapping?.Value,
        Fallback = mapping?.Fallback,
        Collection = mapping?.Collection,
        MatchField = mapping?.MatchField,
        MatchWith = mapping?.MatchWith,
    };
}

/// <summary>A button of a template.</summary>
/// <param name="Type">quick_reply, url, phone_number, copy_code …</param>
/// <param name="Text">What it says.</param>
/// <param name="Url">Where a URL button leads.</param>
public sealed record TemplateButtonView(string Type, string Text, string? Url);

/// <summary>A template as it was last synced, with its mapping.</summary>
public sealed record TemplateView
{
    /// <summary>Its id here.</summary>
    public required string Id { get; init; }

    /// <summary>Its name; with the language, its key.</summary>
    public required string Name { get; init; }

    /// <summary>Its language, for example en_US.</summary>
    public required string Language { get; init; }

    /// <summary>Always whatsapp.</summary>
    public string Channel { get; init; } = "whatsapp";

    /// <summary>Meta's status; only approved ones can be sent.</summary>
    public required string Status { get; init; }

    /// <summary>marketing, utility or authentication.</summary>
    public required string Category { get; init; }

    /// <summary>green, yellow, red or unknown.</summary>
    public string? Quality { get; init; }

    /// <summary>Why Meta rejected it.</summary>
    public string? RejectedReason { get; init; }

    /// <summary>positional or named.</summary>
    public required string ParameterFormat { get; init; }

    /// <summary>The header's text.</summary>
    public string? Header { get; init; }

    /// <summary>text, image, video, document or location.</summary>
    public string? HeaderType { get; init; }

    /// <summary>The body with its variables.</summary>
    public required string Body { get; init; }

    /// <summary>The footer.</summary>
    public string? Footer { get; init; }

    /// <summary>The buttons.</summary>
    public required IReadOnlyList<TemplateButtonView> Buttons { get; init; }

    /// <summary>Its variables with their mapping.</summary>
    public required IReadOnlyList<VariableView> Variables { get; init; }

    /// <summary>How far they are mapped.</summary>
    public required MappingStatus MappingStatus { get; init; }

    /// <summary>What happens when one comes out empty.</summary>
    public required EmptyVariable OnEmptyVariable { get; init; }

    /// <summary>Meta's components as listed.</summary>
    public required JsonNode? Components { get; init; }

    /// <summary>When it was last in Meta's list.</summary>
    public required DateTime SyncedAt { get; init; }

    /// <summary>When it had vanished from it.</summary>
    public DateTime? RemovedAt { get; init; }

    internal static TemplateView Of(Template template)
    {
        var shape = TemplateShape.Of(template);
        return new TemplateView
        {
            Id = template.Id.ToString(),
            Name = template.Name,
            Language = template.Language,
            Status = template.Status,
            Category = template.Category,
            Quality = template.Quality,
            RejectedReason = template.RejectedReason,
            ParameterFormat = template.Named ? "named" : "positional",
            Header = shape.Header,
            HeaderType = shape.HeaderKind,
            Body = shape.Body ?? "",
            Footer = shape.Footer,
            Buttons = [.. shape.Buttons.Select(b => new TemplateButtonView(b.Kind, b.Text, b.Url))],
            Variables = [.. shape.Slots.Select(s => VariableView.Of(s, template.Mappings.Find(m => m.Slot == s.Key)))],
            MappingStatus = template.MappingStatus,
            OnEmptyVariable = template.OnEmptyVariable,
            Components = BsonJson.ToJson(template.Components),
            SyncedAt = template.SyncedAt,
            RemovedAt = template.RemovedAt,
        };
    }
}

/// <summary>Where the variables of a template shall get their values.</summary>
/// <param name="Mappings">One entry for each variable; those not named become unmapped.</param>
/// <param name="OnEmptyVariable">skip (the default), fallback or fail.</param>
public sealed record TemplateMapping(IReadOnlyList<MappingEntry>? Mappings, EmptyVariable? OnEmptyVariable = null);

/// <summary>Where one variable gets its value.</summary>
public sealed record MappingEntry
{
    /// <summary>Its number, from 1.</summary>
    public int? VariableIndex { get; init; }

    /// <summary>Its name, for named variables.</summary>
    public string? Name { get; init; }

    /// <summary>header, body (the default) or button.</summary>
    public string? Component { get; init; }

    /// <summary>Which button, from 0; the only one with a variable when absent.</summary>
    public int? ButtonIndex { get; init; }

    /// <summary>lead, event, static, collection or tenant.</summary>
    public VariableSource? Source { get; init; }

    /// <summary>Which field of the source, dotted where nested.</summary>
    public string? Field { get; init; }

    /// <summary>The text of a static one.</summary>
    public string? Value { get; init; }

    /// <summary>What stands in when it comes out empty and onEmptyVariable is fallback.</summary>
    public string? Fallback { get; init; }

    /// <summary>For a collection: which.</summary>
    public string? Collection { get; init; }

    /// <summary>For a collection: the field compared; phone when absent.</summary>
    public string? MatchField { get; init; }

    /// <summary>For a collection: what it is compared with; lead.phone when absent.</summary>
    public string? MatchWith { get; init; }
}

/// <summary>What a sync did.</summary>
/// <param name="Added">Templates new here.</param>
/// <param name="Updated">Templates that differ from before.</param>
/// <param name="Removed">Templates that have vanished from Meta's list.</param>
/// <param name="Total">Templates in Meta's list.</param>
/// <param name="SyncedAt">When.</param>
/// <param name="Changes">Which they were, up to 100.</param>
public sealed record SyncView(int Added, int Updated, int Removed, int Total, DateTime SyncedAt, IReadOnlyList<SyncChange> Changes);

/// <summary>What a sync found other than before.</summary>
/// <param name="Name">The template.</param>
/// <param name="Language">Its language.</param>
/// <param name="What">What is new about it, in words.</param>
public sealed record SyncChange(string Name, string Language, string What);

/// <summary>Whether every variable has a mapping.</summary>
/// <param name="Valid">Whether all have.</param>
/// <param name="Variables">Each with its mapping.</param>
public sealed record ValidationView(bool Valid, IReadOnlyList<VariableView> Variables);

/// <summary>What to preview a template with.</summary>
/// <param name="Context"><c>{lead, event}</c> with any fields.</param>
/// <param name="LeadId">Or a real lead.</param>
/// <param name="Variables">Values given outright: a list or an object.</param>
/// <param name="Mapping">A mapping to try instead of the one that is kept; nothing of it is saved.</param>
public sealed record PreviewRequest(JsonElement? Context = null, string? LeadId = null, JsonElement? Variables = null, TemplateMapping? Mapping = null);

/// <summary>How a template reads with real data.</summary>
/// <param name="Header">The header's text, or the kind of its media.</param>
/// <param name="Body">The body.</param>
/// <param name="Footer">The footer.</param>
/// <param name="Buttons">The buttons, URLs filled in.</param>
/// <param name="Text">All parts as one text.</param>
/// <param name="Missing">What is still empty; null when it could be sent.</param>
/// <param name="Components">Meta's components as they would be sent.</param>
public sealed record PreviewView(
    string? Header, string Body, string? Footer, IReadOnlyList<TemplateButtonView> Buttons, string Text, string? Missing, JsonNode? Components);

/// <summary>What uses a template.</summary>
/// <param name="Kind">automation or broadcast.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Active">Whether it is enabled, or still to run.</param>
public sealed record TemplateUserView(string Kind, string Id, string Name, bool Active);
