using System.Runtime.CompilerServices;

namespace Ecodrix.Tests.Architecture;

/// <summary>The project's own source files, for rules that only their text shows.</summary>
internal static class Sources
{
    /// <summary>C# and Razor files below a folder of the project, without what a build makes.</summary>
    public static IReadOnlyList<string> All(string folder)
    {
        var made = $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}";
        return [.. Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f) is ".cs" or ".razor" && !f.Contains(made, StringComparison.Ordinal))];
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
