using System.Globalization;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>How a tenant's chat behaves.</summary>
public sealed record ChatSettings
{
    /// <summary>What a contact writes, alone, to get no more messages; compared without case.</summary>
    public IReadOnlyList<string> OptOutKeywords { get; init; } = ["STOP", "UNSUBSCRIBE", "STOPALL", "OPTOUT", "OPT OUT"];

    /// <summary>What a contact writes, alone, to get them again.</summary>
    public IReadOnlyList<string> OptInKeywords { get; init; } = ["START", "UNSTOP", "SUBSCRIBE", "OPTIN", "OPT IN"];

    /// <summary>Whether reading a conversation tells the contact so.</summary>
    public bool SendReadReceipts { get; init; } = true;

    /// <summary>The template language taken when a name has several; null takes en_US, en, or the first.</summary>
    public string? DefaultTemplateLanguage { get; init; }

    /// <summary>Messages per second the number may send. Meta's standard is 80; it raises numbers to 1,000.</summary>
    public int MessagesPerSecond { get; init; } = 80;
}

/// <summary>Changes to the settings; absent fields stay, null goes back to the default.</summary>
public sealed record ChatSettingsChanges
{
    /// <summary>New opt-out words.</summary>
    public Kernel.Optional<IReadOnlyList<string>?> OptOutKeywords { get; init; }

    /// <summary>New opt-in words.</summary>
    public Kernel.Optional<IReadOnlyList<string>?> OptInKeywords { get; init; }

    /// <summary>Whether reading tells the contact.</summary>
    public Kernel.Optional<bool?> SendReadReceipts { get; init; }

    /// <summary>The template language taken when a name has several.</summary>
    public Kernel.Optional<string?> DefaultTemplateLanguage { get; init; }

    /// <summary>1 to 1,000.</summary>
    public Kernel.Optional<int?> MessagesPerSecond { get; init; }
}

/// <summary>Reads and changes a tenant's chat settings.</summary>
public sealed class ChatPreferences
{
    private static readonly ObjectId DocumentId = Ids.From("settings", "chat");

    private readonly TenantDirectory _directory;
    private readonly AuditLog _audit;

    internal ChatPreferences(TenantDirectory directory, AuditLog audit)
    {
        _directory = directory;
        _audit = audit;
    }

    /// <summary>The settings in force.</summary>
    public async Task<ChatSettings> GetAsync(TenantScope scope, CancellationToken ct)
    {
        var held = scope.Cached(() => new Held());
        return held.Settings ??= (await Documents(scope).FindByIdAsync(DocumentId, ct))?.Settings ?? new ChatSettings();
    }

    /// <summary>Changes the settings.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public async Task<ChatSettings> ChangeAsync(TenantScope scope, ChatSettingsChanges changes, CancellationToken ct)
    {
        var now = await GetAsync(scope, ct);
        var usual = new ChatSettings();
        var check = new Check();
        var settings = new ChatSettings
        {
            OptOutKeywords = Words(check, changes.OptOutKeywords, "optOutKeywords", now.OptOutKeywords, usual.OptOutKeywords),
            OptInKeywords = Words(check, changes.OptInKeywords, "optInKeywords", now.OptInKeywords, usual.OptInKeywords),
            SendReadReceipts = changes.SendReadReceipts.IsPresent ? changes.SendReadReceipts.Value ?? usual.SendReadReceipts : now.SendReadReceipts,
            DefaultTemplateLanguage = changes.DefaultTemplateLanguage.IsPresent
                ? check.Text(changes.DefaultTemplateLanguage.Value, "defaultTemplateLanguage", 20) : now.DefaultTemplateLanguage,
            MessagesPerSecond = changes.MessagesPerSecond.IsPresent ? changes.MessagesPerSecond.Value ?? usual.MessagesPerSecond : now.MessagesPerSecond,
        };
        check.Range(settings.MessagesPerSecond, "messagesPerSecond", 1, 1000);
        check.That(!settings.OptOutKeywords.Intersect(settings.OptInKeywords, StringComparer.OrdinalIgnoreCase).Any(), "optInKeywords", "A word cannot both opt out and opt in.");
        check.Throw();
        await Documents(scope).ReplaceOneAsync(d => d.Id == DocumentId, new Document { Id = DocumentId, Settings = settings }, new ReplaceOptions { IsUpsert = true }, ct);
        scope.Cached(() => new Held()).Settings = settings;
        _directory.Forget(scope.Code);
        if (Differences(now, settings) is { Count: > 0 } changed)
        {
            await _audit.NoteAsync(scope, "chat.settings_changed", null, changed, ct);
        }

        return settings;
    }

    private static List<AuditChange> Differences(ChatSettings before, ChatSettings after)
    {
        (string Field, string? Old, string? New)[] all =
        [
            ("optOutKeywords", string.Join(", ", before.OptOutKeywords), string.Join(", ", after.OptOutKeywords)),
            ("optInKeywords", string.Join(", ", before.OptInKeywords), string.Join(", ", after.OptInKeywords)),
            ("sendReadReceipts", before.SendReadReceipts ? "yes" : "no", after.SendReadReceipts ? "yes" : "no"),
            ("defaultTemplateLanguage", before.DefaultTemplateLanguage, after.DefaultTemplateLanguage),
            ("messagesPerSecond", before.MessagesPerSecond.ToString(CultureInfo.InvariantCulture), after.MessagesPerSecond.ToString(CultureInfo.InvariantCulture)),
        ];
        return [.. all.Where(c => c.Old != c.New).Select(c => new AuditChange(c.Field, c.Old, c.New))];
    }

    private static IReadOnlyList<string> Words(Check check, Kernel.Optional<IReadOnlyList<string>?> given, string field, IReadOnlyList<string> now, IReadOnlyList<string> usual)
    {
        if (!given.IsPresent)
        {
            return now;
        }

        var words = given.Value?.Select(w => w.Trim()).Where(w => w.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        check.That(words is null || (words.Count <= 50 && words.All(w => w.Length <= 40)), field, $"{field} may have at most 50 words of at most 40 characters.");
        return words ?? usual;
    }

    private static IMongoCollection<Document> Documents(TenantScope scope) => scope.Db.Collection<Document>("settings");

    private sealed class Document
    {
        public ObjectId Id { get; set; }

        public ChatSettings Settings { get; set; } = new();
    }

    private sealed class Held
    {
        public ChatSettings? Settings { get; set; }
    }
}
