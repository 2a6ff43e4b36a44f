using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Leads;

/// <summary>
/// Makes rows of CSV into leads. A mapping says for each column the field it goes into: a core field, <c>refs.name</c>,
/// <c>extra.name</c>, or an empty text to leave it out.
/// </summary>
public static class ImportMapping
{
    private static readonly Dictionary<string, string> Guesses = new(StringComparer.Ordinal)
    {
        ["firstname"] = "firstName",
        ["name"] = "firstName",
        ["fullname"] = "firstName",
        ["first"] = "firstName",
        ["contactname"] = "firstName",
        ["lastname"] = "lastName",
        ["surname"] = "lastName",
        ["last"] = "lastName",
        ["phone"] = "phone",
        ["mobile"] = "phone",
        ["phonenumber"] = "phone",
        ["mobilenumber"] = "phone",
        ["whatsapp"] = "phone",
        ["whatsappnumber"] = "phone",
        ["contact"] = "phone",
        ["email"] = "email",
        ["emailaddress"] = "email",
        ["mail"] = "email",
        ["source"] = "source",
        ["leadsource"] = "source",
        ["dealvalue"] = "dealValue",
        ["value"] = "dealValue",
        ["amount"] = "dealValue",
        ["dealtitle"] = "dealTitle",
        ["deal"] = "dealTitle",
        ["title"] = "dealTitle",
        ["tags"] = "tags",
        ["labels"] = "tags",
        ["assignedto"] = "assignedTo",
        ["owner"] = "assignedTo",
    };

    private static readonly HashSet<string> Ignored =
        ["id", "status", "pipeline", "stage", "score", "lastcontactedat", "closedat", "closereason", "optedout", "createdat", "updatedat", "refs", "extra"];

    /// <summary>The fields a column can go into, beside <c>refs.*</c> and <c>extra.*</c>.</summary>
    public static IReadOnlyList<string> Targets { get; } = ["firstName", "lastName", "phone", "email", "source", "dealValue", "dealTitle", "tags", "assignedTo"];

    /// <summary>What a mapping would be by the names of the columns: known names, everything else as free data.</summary>
    public static IReadOnlyDictionary<string, string> Guess(IEnumerable<string> columns)
    {
        var mapping = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            var key = new string([.. column.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant)]);
            var guess = Guesses.TryGetValue(key, out var field) && !mapping.ContainsValue(field) ? field
                : Ignored.Contains(key) ? ""
                : $"extra.{column.Replace('.', '_').TrimStart('$')}";
            mapping[column] = guess;
        }

        return mapping;
    }

    /// <summary>The columns and the first rows of CSV, for a person to map.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR.</exception>
    public static (IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Sample, int Rows) Peek(string csv)
    {
        var rows = Parse(csv);
        return (rows[0], [.. rows.Skip(1).Take(5)], rows.Count - 1);
    }

    /// <summary>The rows as leads, and the mapping that was used.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, TOO_MANY_LEADS.</exception>
    internal static (IReadOnlyList<ImportSent> Rows, IReadOnlyDictionary<string, string> Mapping) Read(string csv, IReadOnlyDictionary<string, string>? mapping)
    {
        var rows = Parse(csv);
        var columns = rows[0];
        if (rows.Count - 1 > LeadImport.MostRows)
        {
            throw LeadRefusals.TooMany(rows.Count - 1, LeadImport.MostRows);
        }

        var used = mapping ?? Guess(columns);
        var check = new Check();
        foreach (var (column, target) in used)
        {
            var field = $"mapping.{column}";
            check.That(columns.Contains(column), field, $"There is no column \"{column}\". The columns are {string.Join(", ", columns)}.");
            var free = FreeName(target);
            check.That(target.Length == 0 || Targets.Contains(target) || free is not null,
                field, $"\"{target}\" is no field. Fields are {string.Join(", ", Targets)}, refs.… and extra.….");
            check.That(free is null || LeadFacts.IsName(free),
                field, $"The column \"{column}\" cannot go into \"{target}\": a name has 1 to 100 characters, no dot and no $ at its beginning. Name another field, or \"\" to leave the column out.");
        }

        check.That(used.Values.Contains("phone"), "mapping", "One column must go into phone.");
        check.Throw();
        return ([.. rows.Skip(1).Select(row => Lead(columns, row, used))], used);
    }

    private static string? FreeName(string target) => target.StartsWith("refs.", StringComparison.Ordinal) ? target[5..]
        : target.StartsWith("extra.", StringComparison.Ordinal) ? target[6..]
        : null;

    private static List<string[]> Parse(string csv)
    {
        try
        {
            var rows = Csv.Read(csv);
            new Check().That(rows.Count >= 2, "file", "The file needs a line of column names and at least one row.").Throw();
            rows[0] = Named(rows[0]);
            return rows;
        }
        catch (FormatException e)
        {
            throw RefusedException.Validation("file", e.Message);
        }
    }

    /// <summary>Columns are mapped by name: of equal ones the later are numbered, and those without a name are called by their place.</summary>
    private static string[] Named(string[] columns)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return [.. columns.Select((column, at) =>
        {
            var plain = column.Length > 0 ? column : $"Column {at + 1}";
            var name = plain;
            for (var n = 2; !taken.Add(name); n++)
            {
                name = $"{plain} ({n})";
            }

            return name;
        })];
    }

    private static ImportSent Lead(string[] columns, string[] row, IReadOnlyDictionary<string, string> mapping)
    {
        var lead = new NewLead();
        var faults = new List<Fault>();
        var (refs, extra) = (new JsonObject(), new JsonObject());
        foreach (var (at, column) in columns.Index())
        {
            var value = at < row.Length ? row[at] : "";
            if (value.Length > 0 && mapping.TryGetValue(column, out var target))
            {
                lead = Set(lead, target, value, refs, extra, faults);
            }
        }

        lead = refs.Count + extra.Count == 0 ? lead : lead with
        {
            Metadata = new NewLeadMetadata
            {
                Refs = refs.Count == 0 ? null : JsonSerializer.SerializeToElement(refs),
                Extra = extra.Count == 0 ? null : JsonSerializer.SerializeToElement(extra),
            },
        };
        return new ImportSent(lead, lead.Phone, faults);
    }

    private static NewLead Set(NewLead lead, string target, string value, JsonObject refs, JsonObject extra, List<Fault> faults)
    {
        switch (target)
        {
            case "firstName": return lead with { FirstName = value };
            case "lastName": return lead with { LastName = value };
            case "phone": return lead with { Phone = value };
            case "email": return lead with { Email = value };
            case "source": return lead with { Source = value };
            case "dealTitle": return lead with { DealTitle = value };
            case "assignedTo": return lead with { AssignedTo = value };
            case "tags": return lead with { Tags = value.Split([',', ';', '|'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) };
            case "dealValue":
                if (ImportAmount.Read(value) is { } amount)
                {
                    return lead with { DealValue = amount };
                }

                faults.Add(new Fault("dealValue", $"dealValue is not an amount: \"{Texts.Cut(value, ImportAmount.Longest)}\". Write it as 120000, 1,20,000 or 1200.50."));
                return lead;
            default:
                if (target.StartsWith("refs.", StringComparison.Ordinal))
                {
                    refs[target[5..]] = value;
                }
                else if (target.StartsWith("extra.", StringComparison.Ordinal))
                {
                    extra[target[6..]] = value;
                }

                return lead;
        }
    }
}
