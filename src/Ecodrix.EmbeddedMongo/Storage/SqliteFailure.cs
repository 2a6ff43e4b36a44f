namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>SQLite refused something: the disk is full, the file is damaged, a key is taken.</summary>
internal sealed class SqliteFailure(int code, string message) : IOException($"SQLite error {code}: {message}")
{
    private const int Constraint = 19;
    private const int Full = 13;

    /// <summary>SQLite's extended result code; its low byte is the primary one.</summary>
    public int Code { get; } = code;

    public bool IsConstraint => (Code & 0xFF) == Constraint;

    public bool IsDiskFull => (Code & 0xFF) == Full;
}
