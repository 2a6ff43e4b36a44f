namespace Ecodrix.Tests.Reference;

/// <summary>A fact that reads Meta's published samples; it is skipped where they are not at hand.</summary>
public sealed class ReferenceFactAttribute : FactAttribute
{
    public ReferenceFactAttribute()
    {
        if (ReferenceFiles.Folder is null)
        {
            Skip = ReferenceFiles.Missing;
        }
    }
}

/// <summary>A theory that reads Meta's published samples; it is skipped where they are not at hand.</summary>
public sealed class ReferenceTheoryAttribute : TheoryAttribute
{
    public ReferenceTheoryAttribute()
    {
        if (ReferenceFiles.Folder is null)
        {
            Skip = ReferenceFiles.Missing;
        }
    }
}
