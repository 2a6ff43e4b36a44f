using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Graph;

namespace Ecodrix.Sandbox;

/// <summary>Everything that one sandbox remembers. A singleton of its host.</summary>
public sealed class SandboxState : IAsyncDisposable
{
    /// <summary>Makes a sandbox, and restores what its data file holds.</summary>
    public SandboxState(SandboxOptions options)
    {
        Options = options;
        Graph = new GraphSandbox(options, Live);
        Callbacks = new CallbackCatcher(options, Live);
    }

    /// <summary>The options, live.</summary>
    public SandboxOptions Options { get; }

    /// <summary>The Graph API stand-in.</summary>
    public GraphSandbox Graph { get; }

    /// <summary>The callback catcher.</summary>
    public CallbackCatcher Callbacks { get; }

    internal LiveFeed Live { get; } = new();

    /// <summary>Forgets messages and callbacks; settings stay.</summary>
    public void Clear()
    {
        Graph.Clear();
        Callbacks.Clear();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Graph.DisposeAsync();
}
