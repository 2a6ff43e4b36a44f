using System.Buffers.Binary;
using System.Globalization;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>The data folder: its lock, its one data file, and whether that file is ours to open.</summary>
internal sealed class StoreFile : IDisposable
{
    private const int ApplicationId = 0x45434D44;
    private const int Version = 1;
    private const int HeaderLength = 100;

    // Pages are read where the system keeps them, shared by all connections, in place of a call and a copy per page and connection.
    private const long MappedBytes = 0x7FFF_0000;

    private const string Schema = """
        PRAGMA journal_mode = DELETE;
        PRAGMA page_size = 4096;
        BEGIN;
        CREATE TABLE collections (
            id INTEGER PRIMARY KEY AUTOINCREMENT, database TEXT NOT NULL, name TEXT NOT NULL, options BLOB NOT NULL,
            uuid BLOB NOT NULL, UNIQUE (database, name));
        CREATE TABLE indexes (
            id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, name TEXT NOT NULL, specification BLOB NOT NULL,
            multikey INTEGER NOT NULL DEFAULT 0, expires INTEGER, UNIQUE (collection, name));
        CREATE INDEX expiring ON indexes (id) WHERE expires IS NOT NULL;
        CREATE TABLE documents (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
        CREATE TABLE entries (key BLOB PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE purges (kind INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
        """;

    private readonly FileStream _lock;
    private readonly Durability _durability;

    private StoreFile(string path, FileStream @lock, Durability durability)
    {
        Path = path;
        _lock = @lock;
        _durability = durability;
    }

    public string Path { get; }

    /// <summary>Where a folder's data file is.</summary>
    public static string PathIn(string directory) => System.IO.Path.Combine(directory, "store.db");

    /// <summary>Locks the folder and makes or checks the data file.</summary>
    /// <exception cref="InvalidDataException">The data file is not one of this store, or is damaged.</exception>
    /// <exception cref="IOException">Another process has the folder open.</exception>
    public static StoreFile Open(string directory, Durability durability)
    {
        Directory.CreateDirectory(directory);
        var @lock = Lock(directory);
        try
        {
            string path = PathIn(directory);
            if (File.Exists(path))
            {
                Check(path);
            }
            else
            {
                Create(path);
            }

            return new StoreFile(path, @lock, durability);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Copies a data file, as of one instant, into another folder. The file may be in use, by this process or another: SQLite
    /// gives each reader a snapshot.
    /// </summary>
    /// <exception cref="IOException">There is nothing to copy, or a data file where the copy is to go.</exception>
    /// <exception cref="InvalidDataException">The file is not one of this store, or is damaged.</exception>
    public static void Copy(string path, string directory)
    {
        if (!File.Exists(path))
        {
            throw new IOException($"There is no data file {path}.");
        }

        Check(path);
        Directory.CreateDirectory(directory);
        string target = PathIn(directory);
        if (File.Exists(target))
        {
            throw new IOException($"{target} already exists; a backup never overwrites one.");
        }

        // Copied under another name: what is called a data file is whole.
        string draft = target + ".new";
        File.Delete(draft);
        using (var session = SqliteSession.Open(path, create: false))
        {
            session.Execute("PRAGMA busy_timeout = 10000");
            session.CopyTo(draft);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.Move(draft, target);
    }

    /// <summary>Opens a connection.</summary>
    /// <param name="cacheKilobytes">How much of the file the connection may keep in memory.</param>
    public SqliteSession Connect(int cacheKilobytes)
    {
        var session = SqliteSession.Open(Path, create: false);
        try
        {
            string synchronous = _durability == Durability.Power ? "FULL" : "NORMAL";
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = {synchronous};
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -{cacheKilobytes};
                PRAGMA busy_timeout = 10000;
                PRAGMA wal_autocheckpoint = 0;
                """));
            session.Map(MappedBytes);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string directory)
    {
        try
        {
            return new FileStream(
                System.IO.Path.Combine(directory, "store.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The data folder {directory} is in use by another process; a folder serves one at a time.", e);
        }
    }

    private static void Create(string path)
    {
        if (File.Exists(path + "-wal"))
        {
            throw new InvalidDataException(
                $"{path} is missing although its log {path}-wal is there. Restore the file or move the log away; nothing was changed.");
        }

        // Made under another name: a file called store.db is always whole.
        string draft = path + ".new";
        File.Delete(draft);
        using (var session = SqliteSession.Open(draft, create: true))
        {
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                {Schema}
                PRAGMA application_id = {ApplicationId};
                PRAGMA user_version = {Version};
                COMMIT;
                """));
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.Move(draft, path);
    }

    private static void Check(string path)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        long length;
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            length = file.Length;
            header = header[..file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false)];
        }

        if (header.Length < HeaderLength || !header.StartsWith("SQLite format 3\0"u8)
            || BinaryPrimitives.ReadInt32BigEndian(header[68..]) != ApplicationId)
        {
            throw new InvalidDataException($"{path} is not a data file of this store. It was left as it is.");
        }

        int version = BinaryPrimitives.ReadInt32BigEndian(header[60..]);
        if (version != Version)
        {
            throw new InvalidDataException(
                $"{path} was written in format {version}, and this version reads format {Version}. It was left as it is.");
        }

        // With a log beside it the file may rightly be behind; alone it must be as long as it says.
        long pages = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        if (!File.Exists(path + "-wal") && length < pages * 4096)
        {
            throw new InvalidDataException(
                $"{path} is cut short: it has {length} of {pages * 4096} bytes. It was left as it is; restore it from a backup.");
        }
    }
}
