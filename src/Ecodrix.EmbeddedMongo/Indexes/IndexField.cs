using System.Globalization;
using System.Text;

namespace Ecodrix.EmbeddedMongo.Indexes;

/// <summary>One field of an index's key pattern.</summary>
internal sealed class IndexField
{
    public IndexField(string path, bool descending)
    {
        Path = path;
        Descending = descending;
        Components = [.. path.Split('.').Select(Encoding.UTF8.GetBytes)];
        Positions = [.. path.Split('.').Select(PositionOf)];
    }

    public string Path { get; }

    public bool Descending { get; }

    /// <summary>The path's components as they stand in encoded documents.</summary>
    public byte[][] Components { get; }

    /// <summary>For each component the array position it may name, or −1.</summary>
    public int[] Positions { get; }

    private static int PositionOf(string component) =>
        int.TryParse(component, NumberStyles.None, CultureInfo.InvariantCulture, out int position) ? position : -1;
}
