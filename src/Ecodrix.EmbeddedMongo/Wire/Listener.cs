using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Ecodrix.EmbeddedMongo.Commands;

namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>Accepts clients on the loopback address, and on no other.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private const int Backlog = 512;

    private readonly Socket _socket;
    private readonly Dispatcher _dispatcher;
    private readonly int _limit;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<int, Task> _connections = new();
    private readonly Task _accepting;
    private int _lastId;

    /// <exception cref="SocketException">The port is taken.</exception>
    public Listener(int port, int limit, Dispatcher dispatcher)
    {
        _dispatcher = dispatcher;
        _limit = limit;
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            _socket.Listen(Backlog);
            Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        _socket.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var client = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                Start(client);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // That client has gone already; the next one may be well.
            }
        }
    }

    private void Start(Socket client)
    {
        if (_connections.Count >= _limit)
        {
            client.Dispose();
            return;
        }

        client.NoDelay = true;
        int id = ++_lastId;
        // Registered before it can end, so that its end always finds it.
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[id] = registered.Task;
        _ = Task.Run(() => ServeAsync(client, id, registered));
    }

    private async Task ServeAsync(Socket client, int id, TaskCompletionSource registered)
    {
        try
        {
            using var connection = new Connection(client, id, _dispatcher);
            await connection.ServeAsync(_stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            _connections.TryRemove(id, out _);
            registered.SetResult();
        }
    }
}
