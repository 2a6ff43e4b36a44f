using SQLitePCL;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>One connection to the data file with its prepared statements. One thread uses it at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly sqlite3 _handle;
    private nint _mapped;
    private readonly Stack<Statement>?[] _idle = new Stack<Statement>?[64];

    static SqliteSession()
    {
        Batteries_V2.Init();
        // Nobody asks SQLite how much memory it uses, and keeping count takes a lock of the whole process for every piece. Refused, and
        // so without effect, where something else has begun to use SQLite before.
        _ = raw.sqlite3_config(WithoutMemoryCount, 0);
    }

    /// <summary>SQLITE_CONFIG_MEMSTATUS, https://www.sqlite.org/c3ref/c_config_covering_index_scan.html.</summary>
    private const int WithoutMemoryCount = 9;

    private SqliteSession(sqlite3 handle) => _handle = handle;

    /// <summary>Opens the file, making it if <paramref name="create"/> says so.</summary>
    public static SqliteSession Open(string path, bool create)
    {
        // NOMUTEX: a session is never used by two threads at once, so SQLite need not lock it on every call.
        int flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        int code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            handle?.Dispose();
            throw new SqliteFailure(code, $"cannot open {path}");
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        return new SqliteSession(handle);
    }

    /// <summary>Whether no transaction is open: SQLite ends one by itself after some failures.</summary>
    public bool IsIdle => raw.sqlite3_get_autocommit(_handle) != 0;

    /// <summary>Reads up to so many bytes of the file where the system keeps them, shared by all connections.</summary>
    public void Map(long bytes)
    {
        _mapped = KeptMapping.Of(_handle);
        Execute(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"PRAGMA mmap_size = {bytes}"));
    }

    /// <summary>Gives a prepared statement, to be disposed after use. The same text may be in use several times over.</summary>
    public Statement Use(SqlText text)
    {
        var idle = _idle[text.Number];
        return idle is { Count: > 0 } ? idle.Pop() : Prepare(text);
    }

    /// <summary>Runs a statement without parameters and results.</summary>
    public void Run(SqlText text) => Use(text).Run();

    /// <summary>Runs SQL that is not worth keeping prepared, such as the schema.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>The first column of the first row of SQL that is not worth keeping prepared.</summary>
    public string? Scalar(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var statement));
        using (statement)
        {
            int code = raw.sqlite3_step(statement);
            if (code == raw.SQLITE_ROW)
            {
                return raw.sqlite3_column_text(statement, 0).utf8_to_string();
            }

            Check(code);
            return null;
        }
    }

    /// <summary>Copies the whole database, consistent at one instant, into a new file.</summary>
    public void CopyTo(string path)
    {
        Check(raw.sqlite3_prepare_v2(_handle, "VACUUM INTO ?1", out var statement));
        using (statement)
        {
            Check(raw.sqlite3_bind_text(statement, 1, path));
            Check(raw.sqlite3_step(statement));
        }
    }

    public void Return(Statement statement) => (_idle[statement.Text.Number] ??= new Stack<Statement>(2)).Push(statement);

    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            throw new SqliteFailure(raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errmsg(_handle).utf8_to_string());
        }
    }

    public void Dispose()
    {
        foreach (var statement in _idle.OfType<Stack<Statement>>().SelectMany(stack => stack))
        {
            statement.Release();
        }

        _handle.Dispose();
        KeptMapping.Forget(_mapped);
    }

    private Statement Prepare(SqlText text)
    {
        Check(raw.sqlite3_prepare_v3(_handle, text.Text, PersistentStatement, out var handle));
        return new Statement(this, text, handle);
    }

    private const uint PersistentStatement = 1;
}
