using SQLitePCL;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// A prepared statement in use. Disposing resets it and hands it back to its connection, so that the next use costs no
/// preparation. The SQLite API is used directly: a row is read as spans over SQLite's own page, without a copy.
/// </summary>
internal sealed class Statement(SqliteSession owner, SqlText text, sqlite3_stmt handle) : IDisposable
{
    public SqlText Text { get; } = text;

    public Statement Bind(int parameter, long value)
    {
        owner.Check(raw.sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, which SQLite would take for NULL.
        owner.Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(handle, parameter, 0)
            : raw.sqlite3_bind_blob(handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, string value)
    {
        owner.Check(raw.sqlite3_bind_text(handle, parameter, value));
        return this;
    }

    public Statement BindNull(int parameter)
    {
        owner.Check(raw.sqlite3_bind_null(handle, parameter));
        return this;
    }

    /// <summary>Moves to the next row; false when there is none.</summary>
    public bool Step()
    {
        int code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code != raw.SQLITE_DONE)
        {
            owner.Check(code);
        }

        return false;
    }

    public long Integer(int column) => raw.sqlite3_column_int64(handle, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public string String(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string();

    /// <summary>The bytes of a column, valid until the next <see cref="Step"/>.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(handle, column);

    /// <summary>Makes the statement ready to run again with other parameters.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

    /// <summary>Runs a statement that returns no rows, then gives it back.</summary>
    public void Run()
    {
        using (this)
        {
            Step();
        }
    }

    public void Dispose()
    {
        raw.sqlite3_reset(handle);
        owner.Return(this);
    }

    public void Release() => raw.sqlite3_finalize(handle);
}
