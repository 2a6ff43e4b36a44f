namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// A part of a transaction that is kept whole or not at all. One statement that fails halfway through its entries must leave
/// the other writes of the shared transaction alone.
/// </summary>
internal struct Savepoint : IDisposable
{
    private static readonly SqlText Start = new("SAVEPOINT part");
    private static readonly SqlText Release = new("RELEASE part");
    private static readonly SqlText RollBack = new("ROLLBACK TO part");

    private readonly SqliteSession _session;
    private bool _kept;

    public Savepoint(SqliteSession session)
    {
        _session = session;
        session.Run(Start);
    }

    /// <summary>Keeps what was done since the start.</summary>
    public void Keep()
    {
        _session.Run(Release);
        _kept = true;
    }

    /// <summary>Undoes what was done since the start, unless it was kept.</summary>
    public readonly void Dispose()
    {
        // After a failure that ended the whole transaction there is nothing left to undo.
        if (!_kept && !_session.IsIdle)
        {
            _session.Run(RollBack);
            _session.Run(Release);
        }
    }
}
