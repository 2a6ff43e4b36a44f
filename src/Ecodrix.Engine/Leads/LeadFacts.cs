using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using MongoDB.Bson;

namespace Ecodrix.Engine.Leads;

/// <summary>A lead as conditions and templates see it, and its free data as callers send it.</summary>
internal static class LeadFacts
{
    private const int MostNames = 200;
    private const int LongestRef = 500;

    /// <summary>The lead's fields by the names the API uses for them.</summary>
    public static BsonDocument Of(Lead lead, Pipeline? pipeline = null)
    {
        var stage = pipeline?.Stages.Find(s => s.Id == lead.StageId);
        return new BsonDocument
        {
            ["id"] = lead.Id.ToString(),
            ["firstName"] = lead.FirstName,
            ["lastName"] = Text(lead.LastName),
            ["name"] = lead.FullName,
            ["phone"] = Text(lead.Phone),
            ["email"] = Text(lead.Email),
            ["source"] = Text(lead.Source),
            ["status"] = lead.Status.Word(),
            ["pipelineId"] = lead.PipelineId.ToString(),
            ["stageId"] = lead.StageId.ToString(),
            ["pipeline"] = Text(pipeline?.Name),
            ["stage"] = Text(stage?.Name),
            ["dealValue"] = lead.DealValue,
            ["dealTitle"] = Text(lead.DealTitle),
            ["score"] = lead.Score,
            ["tags"] = new BsonArray(lead.Tags),
            ["assignedTo"] = Text(lead.AssignedTo),
            ["optedOut"] = lead.OptedOut,
            ["createdAt"] = lead.CreatedAt,
            ["updatedAt"] = lead.UpdatedAt,
            ["stageEnteredAt"] = lead.StageEnteredAt,
            ["lastContactedAt"] = Time(lead.LastContactedAt),
            ["closedAt"] = Time(lead.ClosedAt),
            ["closeReason"] = Text(lead.CloseReason),
            ["metadata"] = new BsonDocument { ["refs"] = lead.Metadata.Refs, ["extra"] = lead.Metadata.Extra },
        };
    }

    /// <summary>Reads the free data of a request.</summary>
    public static LeadMetadata ReadMetadata(Check check, NewLeadMetadata? input) => new()
    {
        Refs = ReadObject(check, input?.Refs, "metadata.refs", flat: true),
        Extra = ReadObject(check, input?.Extra, "metadata.extra", flat: false),
    };

    /// <summary>Reads one object of free data. Names may not hold dots or begin with a dollar sign: they could not be addressed later.</summary>
    public static BsonDocument ReadObject(Check check, JsonElement? element, string field, bool flat)
    {
        if (element is null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined })
        {
            return [];
        }

        if (element.Value.ValueKind != JsonValueKind.Object)
        {
            check.That(false, field, $"{field} must be an object.");
            return [];
        }

        var document = BsonJson.ToDocument(element);
        check.That(document.ElementCount <= MostNames, field, $"{field} may have at most {MostNames} names.");
        foreach (var entry in document)
        {
            check.That(IsName(entry.Name), field, $"{field}: the name \"{entry.Name}\" may not be empty, hold a dot or begin with $.");
            check.That(!flat || !(entry.Value.IsBsonDocument || entry.Value.IsBsonArray), $"{field}.{entry.Name}", $"{field}.{entry.Name} must be a text or a number.");
            check.That(!flat || entry.Value is not BsonString { Value.Length: > LongestRef }, $"{field}.{entry.Name}", $"{field}.{entry.Name} may have at most {LongestRef} characters.");
        }

        return document;
    }

    /// <summary>Whether free data may be kept by a name.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 100 && !name.Contains('.', StringComparison.Ordinal) && name[0] != '$' && !name.Contains('\0', StringComparison.Ordinal);

    /// <summary>Free data with changes merged in: a null removes a name.</summary>
    public static BsonDocument Merge(BsonDocument current, BsonDocument changes) =>
        new(((BsonDocument)current.DeepClone()).Merge(changes, overwriteExistingElements: true).Where(e => !e.Value.IsBsonNull));

    private static BsonValue Text(string? text) => text is null ? BsonNull.Value : text;

    private static BsonValue Time(DateTime? time) => time is null ? BsonNull.Value : time.Value;
}
