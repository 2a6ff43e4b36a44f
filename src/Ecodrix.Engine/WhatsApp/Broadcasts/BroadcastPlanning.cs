using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Broadcasts;

/// <summary>Why somebody is left out.</summary>
internal enum SkipReason
{
    None,
    Invalid,
    Duplicate,
    OptedOut,
    Blocked,
    MissingVariables,
}

/// <summary>One recipient as planned: what would be sent, or why nothing.</summary>
internal sealed record PlannedRecipient(string Phone, BsonValue? Variables)
{
    public SkipReason Skip { get; init; }

    public string? Why { get; init; }

    public Lead? Lead { get; init; }

    public Conversation? Conversation { get; init; }

    public FilledTemplate? Filled { get; init; }
}

/// <summary>Works out, some hundreds at a time, who of a broadcast's recipients gets what. Sending and the report before it ask here alike.</summary>
internal sealed class BroadcastPlanning(TemplateFilling filling, TimeProvider clock)
{
    public const int Chunk = 500;

    /// <summary>Reads recipients as given: impossible numbers and repeats are marked.</summary>
    public static IEnumerable<PlannedRecipient> Read(TenantScope scope, IEnumerable<(string? Phone, BsonValue? Variables)> given)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (raw, variables) in given)
        {
            var phone = string.IsNullOrWhiteSpace(raw) ? null : Kernel.PhoneNumbers.Normalise(raw, scope.Settings.Country);
            yield return phone is null ? new PlannedRecipient(raw ?? "", variables) { Skip = SkipReason.Invalid, Why = "Not a possible phone number." }
                : !seen.Add(ContactNumbers.Variants(phone).Min(StringComparer.Ordinal)!) ? new PlannedRecipient(phone, variables) { Skip = SkipReason.Duplicate, Why = "Given more than once." }
                : new PlannedRecipient(phone, variables);
        }
    }

    /// <summary>Decides for a few hundred recipients at once, with two look-ups for all of them.</summary>
    public async Task<IReadOnlyList<PlannedRecipient>> DecideAsync(TenantScope scope, Template template, IReadOnlyList<PlannedRecipient> recipients, CancellationToken ct)
    {
        var phones = ContactNumbers.AllVariants(recipients.Where(r => r.Skip == SkipReason.None).Select(r => r.Phone));
        var leads = (await scope.Db.Leads.Find(Builders<Lead>.Filter.In(l => l.Phone, phones)).ToListAsync(ct)).ToDictionary(l => l.Phone!);
        var conversations = new Dictionary<string, Conversation>(StringComparer.Ordinal);
        // Whose first number it is before those whose other number it is.
        foreach (var (phone, conversation) in (await scope.Db.Conversations.Find(Threads.WithPhone(phones)).ToListAsync(ct)).SelectMany(c => c.Phones.Select(p => (p, c))).OrderBy(p => p.p != p.c.Phone))
        {
            conversations.TryAdd(phone, conversation);
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var decided = new List<PlannedRecipient>(recipients.Count);
        foreach (var recipient in recipients)
        {
            decided.Add(recipient.Skip != SkipReason.None
                ? recipient
                : await DecideAsync(scope, template, recipient with
                {
                    Lead = ContactNumbers.Among(leads, recipient.Phone).FirstOrDefault(),
                    // Where a number has two in different writings, the one that allows less.
                    Conversation = ContactNumbers.Among(conversations, recipient.Phone).MaxBy(c => (c.Blocked, c.OptOut)),
                }, now, ct));
        }

        return decided;
    }

    private async Task<PlannedRecipient> DecideAsync(TenantScope scope, Template template, PlannedRecipient recipient, DateTime now, CancellationToken ct)
    {
        var ban = OutgoingGate.Decide(recipient.Conversation, recipient.Lead?.OptedOut == true, template.Category, now);
        if (ban != SendBan.None)
        {
            return recipient with { Skip = ban == SendBan.Blocked ? SkipReason.Blocked : SkipReason.OptedOut, Why = ban.Words() };
        }

        var facts = recipient.Lead is { } lead ? new TemplateFacts(LeadFacts.Of(lead), []) : TemplateFacts.None;
        var filled = await filling.FillAsync(scope, template, facts, Given(recipient.Variables), ct);
        return filled.Missing is { } missing
            ? recipient with { Skip = SkipReason.MissingVariables, Why = $"Missing variables: {missing}." }
            : recipient with { Filled = filled };
    }

    private static GivenValues? Given(BsonValue? variables) => variables switch
    {
        BsonArray list => new GivenValues { Positional = [.. list.Select(Show)] },
        // A line of CSV: its values in order, and by the names of their columns.
        BsonDocument named => new GivenValues { Named = named.ToDictionary(e => e.Name, e => Show(e.Value)), Positional = named.Contains(CsvMark) ? [.. named.Where(e => e.Name != CsvMark).Select(e => Show(e.Value))] : null },
        _ => null,
    };

    /// <summary>Marks variables that came from columns.</summary>
    public const string CsvMark = "csv:";

    private static string Show(BsonValue value) => value.IsBsonNull ? "" : value is BsonDocument or BsonArray ? "" : BsonJson.ToJson(value)?.ToString() ?? "";
}
