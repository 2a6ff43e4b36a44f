using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ecodrix.Sandbox.Graph.Messages;
using Ecodrix.Sandbox.Graph.Numbers;

namespace Ecodrix.Sandbox.Graph;

/// <summary>One line of the journal: exactly one of its parts is there.</summary>
internal sealed record JournalLine
{
    public JournalMessage? Message { get; init; }

    public JournalStatus? Status { get; init; }

    public JournalInbound? Inbound { get; init; }

    public BusinessNumber? Number { get; init; }

    public bool? Clear { get; init; }
}

internal sealed record JournalMessage(
    string Id, string PhoneNumberId, string To, string? WaId, string? UserId, string Type, string? OpaqueData, string? ReplyTo,
    string Category, DateTimeOffset At, string Version, string Body);

internal sealed record JournalStatus(string Id, MessageStatus Happened);

internal sealed record JournalInbound(string PhoneNumberId, string Contact, DateTimeOffset At);

/// <summary>
/// Keeps what must survive a restart as JSON lines. Without a path it does nothing. Lines reach the operating system before
/// the call returns, so a killed process loses none; a half-written last line is skipped when the file is read.
/// </summary>
internal sealed class GraphJournal : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly Lock _gate = new();
    private readonly string? _path;
    private FileStream? _file;

    public GraphJournal(string? path)
    {
        _path = path is { Length: > 0 } ? Path.GetFullPath(path) : null;
        if (_path is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        }
    }

    public IReadOnlyList<JournalLine> Read()
    {
        if (_path is null || !File.Exists(_path))
        {
            return [];
        }

        var lines = new List<JournalLine>();
        foreach (var line in File.ReadLines(_path))
        {
            if (Parse(line) is not { } parsed)
            {
                continue;
            }

            if (parsed.Clear is true)
            {
                lines.Clear();
            }
            else
            {
                lines.Add(parsed);
            }
        }

        return lines;
    }

    /// <summary>Replaces the file by these lines: what a history limit has forgotten is not carried along for ever.</summary>
    public void Rewrite(IEnumerable<JournalLine> lines)
    {
        if (_path is null)
        {
            return;
        }

        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            var fresh = _path + ".new";
            File.WriteAllLines(fresh, lines.Select(l => JsonSerializer.Serialize(l, Json)));
            File.Move(fresh, _path, overwrite: true);
        }
    }

    public void Append(JournalLine line)
    {
        if (_path is null)
        {
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line, Json) + "\n");
        lock (_gate)
        {
            _file ??= new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            _file.Write(bytes);
        }
    }

    public static JournalLine Of(SentMessage message) => new()
    {
        Message = new JournalMessage(
            message.Id, message.PhoneNumberId, message.To, message.WaId, message.UserId, message.Type, message.OpaqueData,
            message.ReplyTo, message.Category, message.AcceptedAt, message.Version, message.Request),
    };

    public static SentMessage Back(JournalMessage m) => new()
    {
        Id = m.Id,
        PhoneNumberId = m.PhoneNumberId,
        To = m.To,
        WaId = m.WaId,
        UserId = m.UserId,
        Type = m.Type,
        OpaqueData = m.OpaqueData,
        ReplyTo = m.ReplyTo,
        Category = m.Category,
        AcceptedAt = m.At,
        Version = m.Version,
        Body = Encoding.UTF8.GetBytes(m.Body),
    };

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private static JournalLine? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<JournalLine>(line, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
