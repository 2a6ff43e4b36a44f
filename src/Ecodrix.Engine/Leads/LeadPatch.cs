using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>Checked changes of a lead's fields, and the update they are for a given lead.</summary>
internal sealed class LeadPatch
{
    private const decimal HighestValue = 1_000_000_000_000m;

    private readonly LeadChanges _sent;
    private readonly Dictionary<string, BsonValue> _fields = [];
    private List<string>? _tags;
    private BsonDocument? _refs;
    private BsonDocument? _extra;

    private LeadPatch(LeadChanges sent) => _sent = sent;

    /// <summary>The number as E.164, where it changes.</summary>
    public Kernel.Optional<string?> Phone { get; private set; }

    /// <summary>Checks what was sent, all at once.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static LeadPatch Read(TenantScope scope, LeadChanges sent)
    {
        var check = new Check();
        var patch = new LeadPatch(sent);
        patch.ReadNames(check, scope);
        patch.ReadRest(check);
        check.Throw();
        return patch;
    }

    /// <summary>The update for the lead as it is; null when nothing changes.</summary>
    public UpdateDefinition<Lead>? Decide(TenantScope scope, Lead lead, DateTime now)
    {
        CheckOwnRoutes(lead);
        var updates = new List<UpdateDefinition<Lead>>();
        var before = lead.ToBsonDocument();
        var changed = new BsonDocument();
        foreach (var (name, value) in _fields)
        {
            if (before.GetValue(name, BsonNull.Value) != value)
            {
                changed[name] = new BsonDocument { ["from"] = before.GetValue(name, BsonNull.Value), ["to"] = value };
                updates.Add(value.IsBsonNull ? Builders<Lead>.Update.Unset(name) : Builders<Lead>.Update.Set(name, value));
            }
        }

        AddMetadata(lead, updates, changed);
        if (changed.ElementCount > 0)
        {
            updates.Add(Pending.Add(Terms(lead, before, changed), Outbox.Change(
                scope, now, ActivityType.Custom, $"Changed {string.Join(", ", changed.Names)}", null, changed)));
        }

        if (_tags is not null && LeadTags.Change(scope, lead, _tags, now) is { } tagged)
        {
            updates.Add(tagged);
        }

        if (_sent.AssignedTo.IsPresent && Assign(scope, lead, Blank(_sent.AssignedTo.Value), now) is { } assigned)
        {
            updates.Add(assigned);
        }

        return updates.Count == 0 ? null : Pending.Join(updates);
    }

    /// <summary>The update that gives a lead to somebody; null when it is theirs.</summary>
    public static UpdateDefinition<Lead>? Assign(TenantScope scope, Lead lead, string? name, DateTime now) => lead.AssignedTo == name
        ? null
        : Pending.Add(
            name is null ? Builders<Lead>.Update.Unset(l => l.AssignedTo) : Builders<Lead>.Update.Set(l => l.AssignedTo, name),
            Outbox.Change(scope, now, ActivityType.Assigned, name is null ? "Assigned to nobody" : $"Assigned to {name}", null,
                new BsonDocument { ["from"] = lead.AssignedTo ?? "", ["to"] = name ?? "" }));

    private static UpdateDefinition<Lead> Terms(Lead lead, BsonDocument before, BsonDocument changed)
    {
        foreach (var field in changed)
        {
            before[field.Name] = field.Value["to"];
        }

        var after = new Lead
        {
            FirstName = Text(before, "firstName") ?? lead.FirstName,
            LastName = Text(before, "lastName"),
            Phone = Text(before, "phone"),
            Email = Text(before, "email"),
            DealTitle = Text(before, "dealTitle"),
            OtherPhones = lead.OtherPhones,
            Rank = lead.Rank,
        };
        return Builders<Lead>.Update.Set(l => l.SearchTerms, LeadTerms.Of(after));
    }

    private void ReadNames(Check check, TenantScope scope)
    {
        if (_sent.FirstName.IsPresent)
        {
            _fields["firstName"] = check.Required(_sent.FirstName.Value, "firstName", 100);
        }

        if (_sent.Phone.IsPresent)
        {
            check.That(!string.IsNullOrWhiteSpace(_sent.Phone.Value), "phone", "phone cannot be cleared.");
            Phone = check.Phone(_sent.Phone.Value, "phone", scope.Settings.Country);
            _fields["phone"] = (BsonValue?)Phone.Value ?? BsonNull.Value;
        }

        if (_sent.Email.IsPresent)
        {
            _fields["email"] = (BsonValue?)check.Email(_sent.Email.Value, "email") ?? BsonNull.Value;
        }

        ReadText(check, _sent.LastName, "lastName", 100);
        ReadText(check, _sent.Source, "source", 100);
        ReadText(check, _sent.DealTitle, "dealTitle", 200);
        check.Text(_sent.AssignedTo.Value, "assignedTo", 100);
    }

    private void ReadRest(Check check)
    {
        if (_sent.DealValue.IsPresent)
        {
            check.Range(_sent.DealValue.Value, "dealValue", 0, HighestValue);
            _fields["dealValue"] = new BsonDecimal128(Math.Clamp(_sent.DealValue.Value ?? 0, 0, HighestValue));
        }

        if (_sent.OptedOut.IsPresent)
        {
            _fields["optedOut"] = _sent.OptedOut.Value == true;
        }

        if (_sent.Tags.IsPresent)
        {
            _tags = LeadTags.Read(check, _sent.Tags.Value ?? [], "tags");
        }

        if (_sent.Metadata is { IsPresent: true, Value: { } metadata })
        {
            _refs = Part(check, metadata.Refs, "metadata.refs", flat: true);
            _extra = Part(check, metadata.Extra, "metadata.extra", flat: false);
        }
    }

    private void ReadText(Check check, Kernel.Optional<string?> sent, string field, int max)
    {
        if (sent.IsPresent)
        {
            _fields[field] = (BsonValue?)check.Text(sent.Value, field, max) ?? BsonNull.Value;
        }
    }

    private void AddMetadata(Lead lead, List<UpdateDefinition<Lead>> updates, BsonDocument changed)
    {
        if (_refs is not null && LeadFacts.Merge(lead.Metadata.Refs, _refs) is { } refs && refs != lead.Metadata.Refs)
        {
            updates.Add(Builders<Lead>.Update.Set(l => l.RefKeys, LeadTerms.RefKeys(refs)));
            lead.Metadata.Refs = refs;
            changed["refs"] = new BsonDocument("to", refs);
        }

        if (_extra is not null && LeadFacts.Merge(lead.Metadata.Extra, _extra) is { } extra && extra != lead.Metadata.Extra)
        {
            lead.Metadata.Extra = extra;
            changed["extra"] = new BsonDocument("to", extra);
        }

        if (changed.Contains("refs") || changed.Contains("extra"))
        {
            updates.Add(Builders<Lead>.Update.Set(l => l.Metadata, lead.Metadata));
        }
    }

    /// <summary>A whole lead may be sent back as it was read; to change what has a route of its own, that route is named.</summary>
    private void CheckOwnRoutes(Lead lead)
    {
        var check = new Check();
        check.That(!_sent.StageId.IsPresent || _sent.StageId.Value == lead.StageId.ToString(), "stageId", "stageId changes by PATCH …/move.");
        check.That(!_sent.PipelineId.IsPresent || _sent.PipelineId.Value == lead.PipelineId.ToString(), "pipelineId", "pipelineId changes by PATCH …/move.");
        check.That(!_sent.Status.IsPresent || _sent.Status.Value == lead.Status.Word(), "status", "status changes by PATCH …/convert, …/archive and …/unarchive.");
        check.That(!_sent.Score.IsPresent || _sent.Score.Value == lead.Score, "score", "The score follows from the scoring rules.");
        check.Throw();
    }

    private static BsonDocument? Part(Check check, JsonElement? sent, string field, bool flat) =>
        sent is null or { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } ? null : LeadFacts.ReadObject(check, sent, field, flat);

    private static string? Text(BsonDocument document, string name) => document.GetValue(name, BsonNull.Value) is BsonString text ? text.Value : null;

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
