using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Commands;

namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>Serves one client: reads a message, answers it, reads the next.</summary>
internal sealed class Connection(Socket socket, int id, Dispatcher dispatcher) : IDisposable
{
    private const int InitialBuffer = 4096;
    private const int KeptBuffer = 1 << 20;

    private readonly ByteBuffer _reply = new();
    private readonly ConnectionState _state = new(id);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialBuffer);
    private int _start;
    private int _end;
    private int _replies;

    /// <summary>Runs until the client leaves, sends what is not the protocol, or the server stops.</summary>
    public async Task ServeAsync(CancellationToken ct)
    {
        try
        {
            while (await ReceiveAsync(ct).ConfigureAwait(false) is { Length: > 0 } frame)
            {
                var request = FrameParser.Parse(frame);
                _start += frame.Length;
                await AnswerAsync(request, ct).ConfigureAwait(false);
                ShrinkBuffer();
            }
        }
        catch (Exception e) when (e is MalformedFrameException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is at its end either way.
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        _reply.Dispose();
        byte[] buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task AnswerAsync(Request request, CancellationToken ct)
    {
        _reply.Clear();
        StartReply(request);
        await dispatcher.AnswerAsync(request, _state, _reply, ct).ConfigureAwait(false);
        if (!request.ExpectsReply)
        {
            return;
        }

        _reply.PatchInt32(0, _reply.Length);
        for (var rest = _reply.Memory; !rest.IsEmpty;)
        {
            rest = rest[await socket.SendAsync(rest, SocketFlags.None, ct).ConfigureAwait(false)..];
        }
    }

    private void StartReply(Request request)
    {
        _reply.WriteInt32(0);
        _reply.WriteInt32(++_replies);
        _reply.WriteInt32(request.Id);
        if (request.IsLegacy)
        {
            _reply.WriteInt32(Opcode.Reply);
            // Flags, cursor, starting position; then one document.
            _reply.WriteInt32(0);
            _reply.WriteInt64(0);
            _reply.WriteInt32(0);
            _reply.WriteInt32(1);
        }
        else
        {
            _reply.WriteInt32(Opcode.Message);
            _reply.WriteInt32(0);
            _reply.WriteByte(0);
        }
    }

    /// <summary>The next whole message, in the buffer until the next call; empty when the client has left.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken ct)
    {
        if (!await FillAsync(Opcode.HeaderLength, ct).ConfigureAwait(false))
        {
            return default;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));
        if (length is < Opcode.HeaderLength + 5 or > Opcode.MaximumMessageLength)
        {
            throw new MalformedFrameException($"a message cannot be {length} bytes long");
        }

        return await FillAsync(length, ct).ConfigureAwait(false) ? _buffer.AsMemory(_start, length) : default(ReadOnlyMemory<byte>);
    }

    /// <summary>Reads until so many bytes are there; false if the client has left before.</summary>
    private async ValueTask<bool> FillAsync(int needed, CancellationToken ct)
    {
        MakeRoom(needed);
        while (_end - _start < needed)
        {
            // The length a client claims is not yet believed: the buffer grows with what has really come.
            if (_end == _buffer.Length)
            {
                MakeRoom(Math.Min(needed, (_end - _start) * 2));
            }

            int read = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, ct).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private void MakeRoom(int needed)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length - _start >= needed)
        {
            return;
        }

        int capacity = Math.Min(needed, Math.Max(_buffer.Length, (_end - _start) * 2));
        byte[] target = capacity > _buffer.Length ? ArrayPool<byte>.Shared.Rent(capacity) : _buffer;
        _buffer.AsSpan(_start, _end - _start).CopyTo(target);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        (_start, _end) = (0, _end - _start);
    }

    private void ShrinkBuffer()
    {
        if (_start == _end && _buffer.Length > KeptBuffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(InitialBuffer);
            _start = _end = 0;
        }
    }
}
