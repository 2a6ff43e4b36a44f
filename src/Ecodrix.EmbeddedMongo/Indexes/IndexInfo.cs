namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>An index as it stands: its number in the file, and what its entries have shown so far.</summary>
/// <param name="Id">The number its entries start with. Never used again after it is dropped.</param>
/// <param name="Definition">What it was asked to be.</param>
/// <param name="Multikey">The fields, as bits, that are or were an array in some document.</param>
internal sealed record IndexInfo(int Id, IndexDefinition Definition, ulong Multikey)
{
    public string Name => Definition.Name;

    public bool IsMultikeyAt(int field) => (Multikey >> field & 1) != 0;
}
