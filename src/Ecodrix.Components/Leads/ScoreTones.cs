namespace Ecodrix.Components.Leads;

/// <summary>From which scores on leads count as hot and as cold; pages cascade the tenant's to every component.</summary>
/// <param name="Hot">Hot from this score on, 0–100.</param>
/// <param name="Cold">Cold below this score, 0–100.</param>
public sealed record ScoreTones(int Hot, int Cold)
{
    /// <summary>Those of a tenant that has set none.</summary>
    public static ScoreTones Default { get; } = new(70, 20);
}
