using System.Text.Json;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Leads;

/// <summary>A row as it was sent, read as far as it can be.</summary>
/// <param name="Lead">What it says; null where it cannot be read.</param>
/// <param name="Phone">Its number as it was sent, where it has one.</param>
/// <param name="Faults">What is wrong with how it is written.</param>
internal sealed record ImportSent(NewLead? Lead, string? Phone, params IReadOnlyList<Fault> Faults)
{
    /// <summary>Reads a row by itself, so that one of the wrong types is a fault of that row and of no other.</summary>
    public static ImportSent Read(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
        {
            return new ImportSent(null, null, new Fault("lead", "A row must be an object with phone, firstName and so on."));
        }

        try
        {
            var lead = row.Deserialize<NewLead>(EcodrixJson.Options)!;
            return new ImportSent(lead, lead.Phone);
        }
        catch (JsonException e)
        {
            return new ImportSent(null, PhoneOf(row), JsonFaults.Of(e) ?? new Fault("lead", "The row cannot be read."));
        }
    }

    private static string? PhoneOf(JsonElement row)
    {
        var phone = row.EnumerateObject().LastOrDefault(p => p.NameEquals("phone")).Value;
        return phone.ValueKind switch
        {
            JsonValueKind.String => phone.GetString(),
            JsonValueKind.Number => phone.GetRawText(),
            _ => null,
        };
    }
}
