using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Ecodrix.Sandbox.Graph.Media;
using Ecodrix.Sandbox.Graph.Messages;
using Ecodrix.Sandbox.Graph.Numbers;
using Ecodrix.Sandbox.Graph.Templates;
using Ecodrix.Sandbox.Webhooks;

namespace Ecodrix.Sandbox.Graph;

/// <summary>The state behind the Graph API stand-in: what was sent, and the means to act as Meta or as a customer.</summary>
public sealed class GraphSandbox : IAsyncDisposable
{
    private const int InboundKept = 2_000;

    private readonly SandboxOptions _options;
    private readonly GraphJournal _journal;
    private readonly ConcurrentQueue<ReceivedMessage> _inbound = new();
    private readonly WebhookPayloads _payloads;
    private readonly LiveFeed _live;
    private readonly ConcurrentDictionary<string, int> _refusing = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _unanswered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _knownAs = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _reads = new();
    private int _uploads;

    internal GraphSandbox(SandboxOptions options, LiveFeed live)
    {
        _options = options;
        _live = live;
        _journal = new GraphJournal(options.DataPath);
        _payloads = new WebhookPayloads(options);
        Directory = new NumberDirectory(options);
        Templates = new TemplateCatalogue();
        Media = new MediaShelf(options);
        Log = new MessageLog(options);
        Windows = new ConversationWindows(options.TimeProvider);
        Poster = new WebhookPoster(options) { Tried = () => live.Hint("webhook") };
        Player = new StatusPlayer(options, Directory, _payloads, Poster) { Changed = OnStatus };
        Restore();
    }

    /// <summary>The accepted messages, oldest first, as far as the history reaches.</summary>
    public IReadOnlyList<SentMessage> Messages => [.. Log.All];

    /// <summary>The customers' messages, oldest first, as far as the history reaches.</summary>
    public IReadOnlyList<ReceivedMessage> Inbound => [.. _inbound];

    /// <summary>How many messages were accepted since the last clearing.</summary>
    public long Accepted => Log.Accepted;

    /// <summary>How often each <c>biz_opaque_callback_data</c> was accepted. All 1 means that everything was sent exactly once.</summary>
    public IReadOnlyDictionary<string, int> AcceptedByOpaqueData => Log.References;

    /// <summary>How many sends were refused, by Meta's code.</summary>
    public IReadOnlyDictionary<int, long> RefusedByCode => Log.Refusals;

    /// <summary>The latest refused sends.</summary>
    public IReadOnlyList<RefusedSend> Refused => [.. Log.Refused];

    /// <summary>The marks of being read, and of typing, as they were asked for, oldest first.</summary>
    public IReadOnlyList<string> Reads => [.. _reads];

    /// <summary>The latest tries to post a webhook.</summary>
    public IReadOnlyList<WebhookAttempt> WebhookAttempts => [.. Poster.Attempts];

    /// <summary>Refuses every upload of media with a code; null takes them.</summary>
    public int? RefuseUploads { get; set; }

    /// <summary>How many of the next downloads of media come with a wrong byte.</summary>
    public int BreakDownloads { get; set; }

    /// <summary>How many uploads of media were tried.</summary>
    public int Uploads => _uploads;

    internal string AppSecret => _options.AppSecret;

    internal NumberDirectory Directory { get; }

    internal TemplateCatalogue Templates { get; }

    internal MediaShelf Media { get; }

    internal MessageLog Log { get; }

    internal ConversationWindows Windows { get; }

    internal WebhookPoster Poster { get; }

    internal StatusPlayer Player { get; }

    internal MagicCounts Magic { get; } = new();

    /// <summary>Sets up a business number: its account, name, token and webhook address.</summary>
    public void Configure(BusinessNumber number)
    {
        Directory.Set(number);
        _journal.Append(new JournalLine { Number = number });
        _live.Hint("settings");
    }

    /// <summary>Sends the webhooks of one number to an address.</summary>
    public void ConfigureWebhook(string phoneNumberId, WebhookSettings webhook) =>
        Configure(Directory.Get(phoneNumberId) with { Webhook = webhook });

    /// <summary>Opens the 24-hour window for a contact (digits only, or a user id) as if it had just written, without a webhook.</summary>
    public void OpenWindow(string phoneNumberId, string contact) => Windows.Open(phoneNumberId, contact);

    /// <summary>Refuses every message to a contact (digits only, or a user id) with a code; null takes them again.</summary>
    public void RefuseSends(string contact, int? code)
    {
        if (code is { } number)
        {
            _refusing[contact] = number;
        }
        else
        {
            _refusing.TryRemove(contact, out _);
        }
    }

    /// <summary>Takes messages to a contact (digits only, or a user id) and hangs up before answering, or answers again.</summary>
    public void LoseAnswers(string contact, bool lose) => _unanswered[contact] = lose;

    /// <summary>Answers that messages to a contact (digits only) go to another number of WhatsApp's own; null answers with the contact's again.</summary>
    public void KnowAs(string contact, string? waId)
    {
        if (waId is null)
        {
            _knownAs.TryRemove(contact, out _);
        }
        else
        {
            _knownAs[contact] = waId;
        }
    }

    /// <summary>Waits until a message that matches has been accepted, at once if it already was.</summary>
    public async Task<SentMessage> WaitForMessageAsync(Func<SentMessage, bool> matches, CancellationToken ct)
    {
        while (true)
        {
            var next = Log.NextArrival;
            if (Log.All.FirstOrDefault(matches) is { } found)
            {
                return found;
            }

            await next.WaitAsync(ct);
        }
    }

    /// <summary>Posts a customer's message to the business and opens the window. Returns what was posted.</summary>
    /// <exception cref="ArgumentException">The sender is neither a number nor a user id.</exception>
    public ReceivedMessage Receive(InboundMessage message)
    {
        var number = Directory.Get(message.PhoneNumberId ?? NumberDirectory.DefaultNumber);
        var (waId, userId) = Sender(message, number);
        var from = waId ?? userId!;
        var id = message.Id ?? GraphIds.Wamid(from, inbound: true);
        var content = message.Content ?? InboundContent.Of(message, Media);
        var at = _options.TimeProvider.GetUtcNow();
        var shown = new ReceivedMessage(id, number.Id, from, message.Name, message.Type, content, message.ReplyTo, at);
        Windows.Open(number.Id, from);
        if (message.HidePhone && userId is not null)
        {
            Windows.Open(number.Id, userId);
        }

        _journal.Append(new JournalLine { Inbound = new JournalInbound(number.Id, from, at) });
        _inbound.Enqueue(shown);
        while (_inbound.Count > InboundKept)
        {
            _inbound.TryDequeue(out _);
        }

        var change = _payloads.Inbound(message, id, message.HidePhone ? null : waId, userId, content, number, at);
        PostChange(number, change);
        _live.Hint("inbound");
        return shown;
    }

    /// <summary>Posts a webhook of any other field (template status, number quality, preferences …) with the given value.</summary>
    public void PostEvent(string phoneNumberId, string field, JsonElement value) =>
        PostChange(Directory.Get(phoneNumberId), WebhookPayloads.Change(field, value));

    /// <summary>Sets a status by hand and posts its webhook. An error code makes it a failure with Meta's words.</summary>
    public bool SetStatus(string messageId, string status, int? errorCode = null)
    {
        if (Log.Find(messageId) is not { } message)
        {
            return false;
        }

        var error = status == "failed" ? GraphErrors.Of(errorCode ?? GraphErrors.Undeliverable.Code) : null;
        Player.Post(message, new StatusStep(status, TimeSpan.Zero, error));
        return true;
    }

    /// <summary>Forgets messages, counters, windows, templates, media and waiting webhooks. Numbers and their addresses stay.</summary>
    public void Clear()
    {
        Player.Clear();
        Poster.Clear();
        Log.Clear();
        Windows.Clear();
        Magic.Clear();
        Templates.Clear();
        Media.Clear();
        _inbound.Clear();
        _journal.Append(new JournalLine { Clear = true });
        foreach (var number in Directory.All)
        {
            _journal.Append(new JournalLine { Number = number });
        }

        _live.Hint("cleared");
    }

    /// <summary>Stops posting. What was accepted is in the journal, if there is one.</summary>
    public async ValueTask DisposeAsync()
    {
        Player.Dispose();
        await Poster.DisposeAsync();
        _journal.Dispose();
    }

    internal void NoteRead(ReadOnlySpan<byte> body)
    {
        _reads.Enqueue(Encoding.UTF8.GetString(body));
        if (_reads.Count > InboundKept)
        {
            _reads.TryDequeue(out _);
        }
    }

    /// <exception cref="GraphRefusal">Uploads are being refused.</exception>
    internal void CountUpload()
    {
        Interlocked.Increment(ref _uploads);
        if (RefuseUploads is { } code)
        {
            throw new GraphRefusal(GraphErrors.Of(code));
        }
    }

    /// <exception cref="GraphRefusal">Messages to this contact are being refused.</exception>
    internal void Admit(string contact)
    {
        if (_refusing.TryGetValue(contact, out var code))
        {
            throw new GraphRefusal(GraphErrors.Of(code));
        }
    }

    internal string WaIdOf(string contact) => _knownAs.GetValueOrDefault(contact, contact);

    internal bool Loses(string contact) => _unanswered.GetValueOrDefault(contact);

    internal void Accept(SentMessage message)
    {
        _journal.Append(GraphJournal.Of(message));
        Log.Add(message);
        _live.Hint("message");
    }

    internal void Refuse(string phoneNumberId, GraphError error, ReadOnlySpan<byte> body)
    {
        Log.Refuse(phoneNumberId, error, body);
        _live.Hint("refused");
    }

    internal IReadOnlyList<StatusStep> Plan(SentMessage message)
    {
        if (message.Type == "reaction")
        {
            return [new StatusStep("sent", _options.SentAfter)];
        }

        var magic = _options.MagicNumbers ? MagicNumbers.Of(message.Recipient) : null;
        return magic?.Statuses?.Invoke(_options) ?? MagicNumbers.Usual(_options);
    }

    private static (string? WaId, string? UserId) Sender(InboundMessage message, BusinessNumber number)
    {
        if (PhoneNumbers.IsUserId(message.From))
        {
            return (null, message.From);
        }

        try
        {
            var waId = PhoneNumbers.WaId(message.From, number.CallingCode);
            return (waId, GraphIds.UserId(waId));
        }
        catch (GraphRefusal refusal)
        {
            throw new ArgumentException(refusal.Error.Details, nameof(message), refusal);
        }
    }

    private void PostChange(BusinessNumber number, byte[] change)
    {
        if (Directory.WebhookFor(number) is { } target)
        {
            Poster.Post(new WebhookUpdate(target, number.WabaId ?? NumberDirectory.DefaultWaba, change, null));
        }
    }

    private void OnStatus(SentMessage message, MessageStatus status, bool acknowledged)
    {
        // Only an acknowledged status is over; one that the receiver never saw is played again after a restart.
        if (acknowledged)
        {
            _journal.Append(new JournalLine { Status = new JournalStatus(message.Id, status) });
        }

        _live.Hint("status");
    }

    private void Restore()
    {
        var lines = _journal.Read();
        foreach (var line in lines)
        {
            if (line.Message is { } message)
            {
                Log.Add(GraphJournal.Back(message));
            }
            else if (line.Status is { } status)
            {
                Log.Find(status.Id)?.Record(status.Happened);
            }
            else if (line.Inbound is { } inbound)
            {
                Windows.Open(inbound.PhoneNumberId, inbound.Contact, inbound.At);
            }
            else if (line.Number is { } number)
            {
                Directory.Set(number);
            }
        }

        _journal.Rewrite(lines.Where(l => (l.Message is null || Log.Find(l.Message.Id) is not null)
            && (l.Status is null || Log.Find(l.Status.Id) is not null)));
        foreach (var message in Log.All)
        {
            Player.Start(message, Plan(message), message.Statuses.Count);
        }
    }
}
