using System.Security.Cryptography;

namespace Ecodrix.Sandbox.Graph.Media;

/// <summary>A file that was uploaded, or that a customer sent.</summary>
internal sealed record MediaFile(string Id, string MimeType, byte[] Bytes, string? FileName)
{
    /// <summary>In Base64, as Meta tells it.</summary>
    public string Sha256 { get; } = Convert.ToBase64String(SHA256.HashData(Bytes));
}

/// <summary>Keeps media up to a number of bytes; the oldest make room for the newest.</summary>
internal sealed class MediaShelf(SandboxOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MediaFile> _files = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private long _bytes;

    public MediaFile Add(string mimeType, byte[] bytes, string? fileName)
    {
        var file = new MediaFile(GraphIds.Numeric(), mimeType, bytes, fileName);
        lock (_gate)
        {
            _files[file.Id] = file;
            _order.Enqueue(file.Id);
            _bytes += bytes.Length;
            while (_bytes > options.MediaBytes && _order.Count > 1)
            {
                Drop(_order.Dequeue());
            }
        }

        return file;
    }

    public bool Has(string id) => Find(id) is not null;

    public MediaFile? Find(string id)
    {
        lock (_gate)
        {
            return _files.GetValueOrDefault(id);
        }
    }

    public bool Remove(string id)
    {
        lock (_gate)
        {
            return Drop(id);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _files.Clear();
            _order.Clear();
            _bytes = 0;
        }
    }

    private bool Drop(string id)
    {
        if (!_files.Remove(id, out var file))
        {
            return false;
        }

        _bytes -= file.Bytes.Length;
        return true;
    }
}
