using System.Buffers.Binary;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// Clears away what dropped collections and indexes leave behind, a little at a time while nobody writes: a drop is quick
/// however much it drops, and what a crash interrupts goes on at the next start.
/// </summary>
internal sealed class Purge
{
    private const int RowsPerStep = 2000;
    private const int Collection = 0;
    private const int Index = 1;

    private static readonly SqlText Next = new("SELECT kind, id FROM purges LIMIT 1");
    private static readonly SqlText Add = new("INSERT INTO purges (kind, id) VALUES (?1, ?2)");
    private static readonly SqlText Remove = new("DELETE FROM purges WHERE kind = ?1 AND id = ?2");
    private static readonly SqlText Changes = new("SELECT changes()");

    private static readonly SqlText ClearDocuments = new($"""
        DELETE FROM documents WHERE id >= ?1 AND id <=
            (SELECT max(id) FROM (SELECT id FROM documents WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT {RowsPerStep}))
        """);

    private static readonly SqlText ClearEntries = new($"""
        DELETE FROM entries WHERE key >= ?1 AND key <=
            (SELECT max(key) FROM (SELECT key FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT {RowsPerStep}))
        """);

    private readonly SqliteSession _session;

    public Purge(SqliteSession session)
    {
        _session = session;
        Refresh();
    }

    public bool IsDue { get; private set; }

    /// <summary>Looks in the file whether there is anything to clear.</summary>
    public void Refresh()
    {
        using var next = _session.Use(Next);
        IsDue = next.Step();
    }

    public void AddCollection(int id) => AddRow(Collection, id);

    public void AddIndex(int id) => AddRow(Index, id);

    /// <summary>Clears some rows of one dropped thing, and strikes it off the list when none is left.</summary>
    public void Step()
    {
        long kind, id;
        using (var next = _session.Use(Next))
        {
            if (!next.Step())
            {
                IsDue = false;
                return;
            }

            (kind, id) = (next.Integer(0), next.Integer(1));
        }

        if (kind == Collection)
        {
            _session.Use(ClearDocuments).Bind(1, id << 40).Bind(2, (id + 1) << 40).Run();
        }
        else
        {
            Span<byte> bounds = stackalloc byte[8];
            BinaryPrimitives.WriteInt32BigEndian(bounds, (int)id);
            BinaryPrimitives.WriteInt32BigEndian(bounds[4..], (int)id + 1);
            _session.Use(ClearEntries).Bind(1, bounds[..4]).Bind(2, bounds[4..]).Run();
        }

        using var changes = _session.Use(Changes);
        if (changes.Step() && changes.Integer(0) == 0)
        {
            _session.Use(Remove).Bind(1, kind).Bind(2, id).Run();
        }
    }

    private void AddRow(int kind, int id)
    {
        _session.Use(Add).Bind(1, kind).Bind(2, id).Run();
        IsDue = true;
    }
}
