using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Ecodrix.EmbeddedMongo.Bson;

/// <summary>A few top-level field names, to be recognised among encoded elements.</summary>
internal sealed class FieldNames
{
    private readonly (byte[] Bytes, string Text)[] _names;

    private FieldNames(IEnumerable<string> names) =>
        _names = [.. names.Distinct(StringComparer.Ordinal).Select(name => (Encoding.UTF8.GetBytes(name), name))];

    public int Count => _names.Length;

    /// <summary>The names, or null ("all of them") for null.</summary>
    public static FieldNames? Of(IEnumerable<string>? names) => names is null ? null : new FieldNames(names);

    public bool TryGet(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        foreach (var (candidate, name) in _names)
        {
            if (bytes.SequenceEqual(candidate))
            {
                text = name;
                return true;
            }
        }

        text = null;
        return false;
    }
}
