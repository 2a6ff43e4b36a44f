using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Ecodrix.EmbeddedMongo.Storage;

/// <summary>
/// Keeps a connection's mapping of the data file from one transaction to the next. SQLite gives it up whenever another connection has
/// committed, in case somebody has cut the file and lengthened it again: between writes, every reader would unmap gigabytes and fault their
/// pages in anew. This store never cuts its file, holds the folder's lock, and a shared mapping shows what is written to the file.
/// </summary>
/// <remarks>
/// The file's methods (https://www.sqlite.org/c3ref/io_methods.html) are replaced by the same with another <c>xUnfetch</c>. It gives the
/// mapping up only once the file has grown by so much that a longer one is worth it; pages beyond the end are read until then. Not on
/// Windows, where a mapped file could not grow.
/// </remarks>
internal static unsafe partial class KeptMapping
{
    private const int FilePointer = 7;
    private const int WithFetch = 3;
    private const int Methods = 19;
    private const int FileSizeAt = 6;
    private const int UnfetchAt = 18;
    private const long LeastGrowth = 1024 * 1024;

    private static readonly Lock Making = new();
    private static readonly ConcurrentDictionary<nint, long> MappedAt = new();
    private static nint* _original;
    private static nint* _replaced;

    /// <summary>Has a connection keep its mapping; without effect where that is not possible.</summary>
    /// <returns>What to give back with <see cref="Forget"/> before the connection is closed.</returns>
    public static nint Of(sqlite3 connection)
    {
        nint file = 0;
        if (OperatingSystem.IsWindows() || FileControl(connection, "main", FilePointer, &file) != raw.SQLITE_OK || file == 0)
        {
            return 0;
        }

        nint** methods = (nint**)file;
        lock (Making)
        {
            if (_original == null && (int)**methods >= WithFetch)
            {
                var copy = (nint*)NativeMemory.Alloc(Methods, (nuint)sizeof(nint));
                new ReadOnlySpan<nint>(*methods, Methods).CopyTo(new Span<nint>(copy, Methods));
                copy[UnfetchAt] = (nint)(delegate* unmanaged[Cdecl]<nint, long, nint, int>)&Unfetch;
                _original = *methods;
                _replaced = copy;
            }
        }

        if (*methods != _original)
        {
            return 0;
        }

        *methods = _replaced;
        return file;
    }

    public static void Forget(nint file) => MappedAt.TryRemove(file, out _);

    /// <param name="file">The file.</param>
    /// <param name="offset">Where in it the page is.</param>
    /// <param name="page">A page that is done with; 0 when the whole mapping is to be given up.</param>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Unfetch(nint file, long offset, nint page)
    {
        if (page == 0)
        {
            long size = 0;
            if (((delegate* unmanaged[Cdecl]<nint, long*, int>)_original[FileSizeAt])(file, &size) != raw.SQLITE_OK)
            {
                size = -1;
            }

            if (MappedAt.TryGetValue(file, out long mapped) && size >= mapped && size - mapped < LeastGrowth + (mapped / 256))
            {
                return raw.SQLITE_OK;
            }

            MappedAt[file] = size;
        }

        return ((delegate* unmanaged[Cdecl]<nint, long, nint, int>)_original[UnfetchAt])(file, offset, page);
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int FileControl(sqlite3 connection, string database, int operation, void* argument);
}
