using System.Globalization;
using System.Text.Json.Nodes;

namespace Ecodrix.Components.Automations;

/// <summary>A condition while it is edited: a leaf, or a group of all or any.</summary>
public sealed class ConditionForm
{
    /// <summary>The operators, with the words people read.</summary>
    public static IReadOnlyList<(string Operator, string Words)> Operators { get; } =
    [
        ("eq", "is"), ("neq", "is not"), ("gt", "is more than"), ("gte", "is at least"), ("lt", "is less than"), ("lte", "is at most"), ("contains", "contains"),
        ("not_contains", "does not contain"), ("in", "is one of"), ("not_in", "is none of"), ("exists", "is there"), ("not_exists", "is not there"), ("starts_with", "begins with"),
    ];

    /// <summary><c>all</c>, <c>any</c>, or null for a leaf.</summary>
    public string? Group { get; set; }

    /// <summary>The members of a group.</summary>
    public List<ConditionForm> Members { get; } = [];

    /// <summary>A leaf's field.</summary>
    public string Field { get; set; } = "";

    /// <summary>A leaf's operator.</summary>
    public string Operator { get; set; } = "eq";

    /// <summary>A leaf's value, as typed; a list is separated by commas.</summary>
    public string Value { get; set; } = "";

    /// <summary>Whether the operator looks at a value.</summary>
    public bool HasValue => Operator is not ("exists" or "not_exists");

    /// <summary>A condition as the API writes it, for editing; an empty group where there is none.</summary>
    public static ConditionForm From(JsonObject? json)
    {
        foreach (var group in (ReadOnlySpan<string>)["all", "any"])
        {
            if (json?[group] is JsonArray members)
            {
                var form = new ConditionForm { Group = group };
                form.Members.AddRange(members.OfType<JsonObject>().Select(From));
                return form;
            }
        }

        if (json is null)
        {
            return new ConditionForm { Group = "all" };
        }

        return new ConditionForm
        {
            Field = json["field"]?.ToString() ?? "",
            Operator = json["operator"]?.ToString() ?? "eq",
            Value = json["value"] is JsonArray list ? string.Join(", ", list.Select(v => v?.ToString())) : json["value"]?.ToString() ?? "",
        };
    }

    /// <summary>As the API takes it; null for a group without members.</summary>
    public JsonObject? ToJson()
    {
        if (Group is { } group)
        {
            var members = Members.Select(m => m.ToJson()).Where(m => m is not null).ToArray<JsonNode?>();
            return members.Length == 0 ? null : new JsonObject { [group] = new JsonArray(members) };
        }

        var json = new JsonObject { ["field"] = Field.Trim(), ["operator"] = Operator };
        if (HasValue)
        {
            json["value"] = Operator is "in" or "not_in"
                ? new JsonArray([.. Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(v => Typed(v, Operator))])
                : Typed(Value.Trim(), Operator);
        }

        return json;
    }

    /// <summary>
    /// A value as it is compared. What looks like a number or a truth value is one: a deal value is compared as a number, not as text. What
    /// part of a text is looked for by is text, and +91 is how a phone number begins.
    /// </summary>
    /// <param name="text">As it was typed.</param>
    /// <param name="comparison">The operator.</param>
    public static JsonNode? Typed(string text, string comparison) =>
        comparison is "contains" or "not_contains" or "starts_with" || text.StartsWith('+') ? JsonValue.Create(text)
        : text is "true" or "false" ? JsonValue.Create(text == "true")
        : decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && !(text.Length > 1 && text[0] == '0' && text[1] != '.')
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
}
