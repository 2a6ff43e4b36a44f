namespace Ecodrix.Sandbox;

/// <summary>Reads the files that travel inside the assembly.</summary>
internal static class Resources
{
    /// <summary>The file's bytes, or null if there is none of this name.</summary>
    public static byte[]? Find(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream("sandbox/" + name);
        if (stream is null)
        {
            return null;
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
