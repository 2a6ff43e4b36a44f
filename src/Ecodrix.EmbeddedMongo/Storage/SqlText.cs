namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>A statement's text with a number, by which each connection keeps its prepared statements.</summary>
internal sealed class SqlText
{
    private static int _count;

    public SqlText(string text)
    {
        Text = text;
        Number = Interlocked.Increment(ref _count) - 1;
    }

    public static int Count => Volatile.Read(ref _count);

    public string Text { get; }

    public int Number { get; }
}
