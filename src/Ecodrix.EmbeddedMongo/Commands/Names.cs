using System.Buffers;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>MongoDB's rules for names.</summary>
/// <remarks>https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions</remarks>
internal static class Names
{
    private const int LongestDatabase = 63;
    private const int LongestNamespace = 255;

    private static readonly SearchValues<char> ForbiddenInDatabase = SearchValues.Create("/\\. \"$\0");

    /// <exception cref="MongoError">73.</exception>
    public static string CheckDatabase(string name)
    {
        if (name.Length is 0 or > LongestDatabase || name.AsSpan().IndexOfAny(ForbiddenInDatabase) >= 0)
        {
            throw Invalid($"Invalid database name: '{name}'");
        }

        return name;
    }

    /// <exception cref="MongoError">73.</exception>
    public static string CheckCollection(string database, string name)
    {
        if (name.Contains('\0') || name.Contains('$') || name[0] == '.' || name[^1] == '.')
        {
            throw Invalid($"Invalid collection name: {name}");
        }

        if (System.Text.Encoding.UTF8.GetByteCount(name) + database.Length + 1 > LongestNamespace)
        {
            throw Invalid($"Fully qualified namespace is too long. Namespace: {database}.{name} Max: {LongestNamespace}");
        }

        return name;
    }

    private static MongoError Invalid(string message) => new(73, "InvalidNamespace", message);
}
