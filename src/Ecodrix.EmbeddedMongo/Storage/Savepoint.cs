namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// A part of a transaction that is kept whole or not at all. One statement that fails halfway through its entries must leave
/// the other writes of the shared transaction alone. The default value is no part of its own: it belongs to the one around it.
/// </summary>
internal struct Savepoint : IDisposable
{
    private static readonly SqlText Start = new("SAVEPOINT part");
    private static readonly SqlText Release = new("RELEASE part");
    private static readonly SqlText RollBack = new("ROLLBACK TO part");

    private readonly SqliteSession? _session;
    private readonly RangeCounts? _counts;
    private bool _kept;

    /// <param name="session">The writer's connection.</param>
    /// <param name="counts">The counts that the part changes, if any.</param>
    public Savepoint(SqliteSession session, RangeCounts? counts = null)
    {
        _session = session;
        _counts = counts;
        counts?.BeginDocument();
        session.Run(Start);
    }

    /// <summary>Whether what was done since the start stays.</summary>
    public readonly bool IsKept => _kept;

    /// <summary>Keeps what was done since the start.</summary>
    public void Keep()
    {
        _session?.Run(Release);
        _kept = true;
    }

    /// <summary>Undoes what was done since the start, unless it was kept.</summary>
    public readonly void Dispose()
    {
        // After a failure that ended the whole transaction there is nothing left to undo.
        if (!_kept && _session?.IsIdle == false)
        {
            _counts?.UndoDocument();
            _session.Run(RollBack);
            _session.Run(Release);
        }
    }
}
