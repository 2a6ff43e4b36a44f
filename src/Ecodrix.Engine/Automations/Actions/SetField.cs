using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary><c>set_field</c>: <c>{field, value}</c>; a text is a template, null or an empty text clears the field.</summary>
internal sealed class SetField(LeadEdits edits) : LeadAction
{
    private static readonly string[] Plain = ["firstName", "lastName", "email", "source", "dealTitle", "dealValue", "assignedTo", "optedOut"];

    public override string Type => "set_field";

    public override void Check(Check check, BsonDocument config, string at)
    {
        var field = config.GetValue("field", BsonNull.Value) is BsonString { Value: var name } ? name : "";
        check.That(Plain.Contains(field) || Metadata(field) is not null, $"{at}field",
            $"{at}field must be one of {string.Join(", ", Plain)}, metadata.refs.<name> or metadata.extra.<name>. Stage and tags have actions of their own.");
        var value = config.GetValue("value", BsonNull.Value);
        check.That(config.Contains("value"), $"{at}value", $"{at}value is required; null clears the field.");
        check.That(value is not BsonString { Value: var text } || (text.Length <= 4096 && LiquidText.Fault(text) is null), $"{at}value", $"{at}value must be a template that can be read, of at most 4,096 characters.");
    }

    protected override async Task<ActionOutcome> ChangeAsync(ActionRun run, CancellationToken ct)
    {
        var field = run.Action.Config["field"].AsString;
        var value = run.Action.Config.GetValue("value", BsonNull.Value) is BsonString ? (await run.RenderAsync("value", ct)).Trim() : BsonJson.ToJson(run.Action.Config.GetValue("value", BsonNull.Value));
        var changes = Changes(field, value).Deserialize<LeadChanges>(EcodrixJson.Options)!;
        await edits.UpdateAsync(run.Scope, run.LeadId, changes, ct);
        return ActionOutcome.Done(new BsonDocument { ["field"] = field, ["value"] = value is null ? BsonNull.Value : (BsonValue)value.ToString() });
    }

    /// <summary>The change as the API would be asked for it.</summary>
    private static JsonObject Changes(string field, JsonNode? value)
    {
        var text = value is JsonValue v && v.TryGetValue<string>(out var said) ? said : null;
        if (Metadata(field) is { } path)
        {
            return new JsonObject { ["metadata"] = new JsonObject { [path.Part] = new JsonObject { [path.Name] = text?.Length == 0 ? null : value } } };
        }

        return new JsonObject
        {
            [field] = (field, text) switch
            {
                (_, "") => null,
                ("dealValue", not null) => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number)
                    ? JsonValue.Create(number)
                    : throw RefusedException.Validation("value", $"dealValue must be a number; the template gave \"{text}\"."),
                ("optedOut", not null) => bool.TryParse(text, out var flag)
                    ? JsonValue.Create(flag)
                    : throw RefusedException.Validation("value", $"optedOut must be true or false; the template gave \"{text}\"."),
                _ => value,
            },
        };
    }

    private static (string Part, string Name)? Metadata(string field) =>
        field.Split('.') is ["metadata", "refs" or "extra", { Length: > 0 and <= 100 } name] parts && name[0] != '$' ? (parts[1], name) : null;
}
