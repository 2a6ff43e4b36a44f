using System.Security.Cryptography;
using System.Text;
using MongoDB.Bson;

namespace Ecodrix.Engine.Kernel;

/// <summary>Ids are ObjectIds inside and 24-hex strings outside; this is where one becomes the other.</summary>
public static class Ids
{
    /// <summary>Reads an id a caller sent.</summary>
    /// <exception cref="RefusedException">INVALID_ID.</exception>
    public static ObjectId Parse(string? value, string field) =>
        ObjectId.TryParse(value, out var id)
            ? id
            : throw new RefusedException(
                RefusalKind.Invalid, "INVALID_ID", $"{field} must be an id of 24 hexadecimal characters.", new[] { new Fault(field, "Not an id.") });

    /// <summary>Reads an id that may be absent.</summary>
    /// <exception cref="RefusedException">INVALID_ID.</exception>
    public static ObjectId? ParseOptional(string? value, string field) => string.IsNullOrEmpty(value) ? null : Parse(value, field);

    /// <summary>
    /// The id that always belongs to these parts: writing the same thing twice meets its own first writing, so every step that
    /// makes a document with such an id may safely be repeated.
    /// </summary>
    public static ObjectId From(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            BitConverter.TryWriteBytes(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return new ObjectId(hash.GetHashAndReset()[..12]);
    }
}
