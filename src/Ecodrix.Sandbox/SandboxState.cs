using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Google;
using Ecodrix.Sandbox.Graph;
using Ecodrix.Sandbox.Mail;

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
        Google = new GoogleSandbox(Live);
        Mail = new MailSandbox(options, Live);
    }

    /// <summary>The options, live.</summary>
    public SandboxOptions Options { get; }

    /// <summary>The Graph API stand-in.</summary>
    public GraphSandbox Graph { get; }

    /// <summary>The callback catcher.</summary>
    public CallbackCatcher Callbacks { get; }

    /// <summary>The mail server and its mailbox.</summary>
    public MailSandbox Mail { get; }

    /// <summary>The stand-in for Google.</summary>
    public GoogleSandbox Google { get; }

    internal LiveFeed Live { get; } = new();

    /// <summary>Forgets messages, callbacks, mails and calendar events; settings stay.</summary>
    public void Clear()
    {
        Graph.Clear();
        Callbacks.Clear();
        Mail.Clear();
        Google.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Graph.DisposeAsync();
        await Mail.DisposeAsync();
    }
}
