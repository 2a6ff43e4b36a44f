using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Ecodrix.Sandbox.Graph.Templates;

/// <summary>The templates of each WhatsApp Business Account. An account starts with the seeded ones when it is first asked for.</summary>
internal sealed class TemplateCatalogue
{
    private const int MostAccounts = 1_000;

    private static readonly Template[] Seed = ReadSeed();

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<(string Name, string Language), Template>> _accounts =
        new(StringComparer.Ordinal);

    /// <summary>
    /// The template of this name and language in an account; without an account, the first that any account (or the seed)
    /// has, so that a number nobody assigned can still send.
    /// </summary>
    public Template? Find(string? wabaId, string name, string language)
    {
        var key = (name, language);
        if (wabaId is not null)
        {
            return Account(wabaId).GetValueOrDefault(key);
        }

        foreach (var account in _accounts.Values)
        {
            if (account.TryGetValue(key, out var template))
            {
                return template;
            }
        }

        // Each account starts from the seed, so what none of them has was deleted on purpose.
        return _accounts.IsEmpty ? Seed.FirstOrDefault(t => t.Name == name && t.Language == language) : null;
    }

    /// <summary>An account's templates, newest last, in a stable order for paging.</summary>
    public IReadOnlyList<Template> Of(string wabaId) => [.. Account(wabaId).Values.OrderBy(t => t.Id, StringComparer.Ordinal)];

    /// <summary>Adds or replaces a template; false if one of this name and language is there and may not be replaced.</summary>
    public bool Put(string wabaId, Template template, bool replace)
    {
        var account = Account(wabaId);
        if (replace)
        {
            account[(template.Name, template.Language)] = template;
            return true;
        }

        return account.TryAdd((template.Name, template.Language), template);
    }

    /// <summary>Removes every language of a name, as Meta does; false if there was none.</summary>
    public bool Remove(string wabaId, string name)
    {
        var account = Account(wabaId);
        var removed = false;
        foreach (var key in account.Keys.Where(k => k.Name == name))
        {
            removed |= account.TryRemove(key, out _);
        }

        return removed;
    }

    public void Clear() => _accounts.Clear();

    private ConcurrentDictionary<(string Name, string Language), Template> Account(string wabaId)
    {
        if (_accounts.TryGetValue(wabaId, out var account))
        {
            return account;
        }

        var seeded = new ConcurrentDictionary<(string Name, string Language), Template>(
            Seed.Select(t => KeyValuePair.Create((t.Name, t.Language), t)));
        return _accounts.Count < MostAccounts ? _accounts.GetOrAdd(wabaId, seeded) : seeded;
    }

    private static Template[] ReadSeed()
    {
        var list = (JsonArray)JsonNode.Parse(Resources.Find("seed-templates.json"))!;
        return [.. list.OfType<JsonObject>().Select((t, i) => new Template
        {
            Id = (1_380_000_000_000_000L + (i * 7_919_001L)).ToString(System.Globalization.CultureInfo.InvariantCulture),
            Name = (string)t["name"]!,
            Language = (string)t["language"]!,
            Category = (string)t["category"]!,
            Status = (string)t["status"]!,
            Named = (bool?)t["named"] ?? false,
            Quality = (string?)t["quality"],
            RejectedReason = (string?)t["rejectedReason"] ?? "NONE",
            Components = (JsonArray)t["components"]!.DeepClone(),
        })];
    }
}
