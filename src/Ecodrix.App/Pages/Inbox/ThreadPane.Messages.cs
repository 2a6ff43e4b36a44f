using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Inbox;

/// <summary>Which messages the thread shows, and where in them one is.</summary>
public sealed partial class ThreadPane
{
    private const int Step = 40;

    /// <summary>How far back the thread is read for a message that is wanted.</summary>
    private const int Furthest = 2_000;

    private IReadOnlyList<MessageView> _messages = [];
    private ElementReference _scroll;
    private string? _newest;
    private string? _firstUnread;
    private string? _asked;
    private string? _found;
    private string? _goTo;
    private bool _opened;
    private bool _below;
    private bool _toRead;
    private bool _reading;
    private bool _starred;
    private long _total;

    private bool? StarredOnly => _starred ? true : null;

    private IEnumerable<(DateTime At, MessageView? Message, NoteView? Note)> Items
    {
        get
        {
            var oldest = _messages.Count < _total ? (_messages.Count > 0 ? _messages[^1].CreatedAt : default) : default;
            return _messages.Select(m => (m.CreatedAt, (MessageView?)m, (NoteView?)null))
                .Concat(_notes.Where(n => !_starred && n.CreatedAt >= oldest).Select(n => (n.CreatedAt, (MessageView?)null, (NoteView?)n)))
                .OrderBy(i => i.Item1);
        }
    }

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_goTo is { } wanted)
        {
            _newest = _messages is [var last, ..] ? last.Id : null;
            // What was drawn before may lack it yet: then the next drawing has it.
            if (await Js.InvokeAsync<bool>("ecodrix.toFirst", $"m-{wanted}") && _goTo == wanted)
            {
                _goTo = null;
            }

            return;
        }

        if (_starred || _messages is not [{ Id: var newest }, ..] || newest == _newest)
        {
            return;
        }

        // It opens at its end by itself, and stays there while one is there; who reads further up is told, not moved.
        var opens = _newest is null;
        _newest = newest;
        if (opens && _firstUnread is not null)
        {
            await Js.InvokeVoidAsync("ecodrix.toFirst", "first-unread");
        }
        else if (!opens && !await Js.InvokeAsync<bool>("ecodrix.isAtEnd", _scroll))
        {
            _below = true;
            StateHasChanged();
        }
    }

    private async Task LoadAsync()
    {
        var shown = Math.Clamp(_messages.Count, Step, Paging.MaxLimit);
        var read = await LatestAsync(async (scope, ct) => new Read(
            await Conversations.GetAsync(scope, ConversationId, ct), await Messages.ListAsync(scope, ConversationId, null, StarredOnly, Paging.From(1, shown), ct)));
        if (read is null)
        {
            // What is shown stays over a moment without the database, with what is being written in it; what may no longer be seen goes.
            if (Fault is { Kind: not RefusalKind.Unavailable })
            {
                (_conversation, _shown) = (null, Text);
            }

            StateHasChanged();
            return;
        }

        (_conversation, _messages, _total) = (read.Conversation, [.. read.Messages.Items, .. OlderThan(read.Messages.Items)], read.Messages.Total);
        if (!_opened)
        {
            // As they were when the thread was opened, and before anything is waited for: from now on they are read.
            _opened = true;
            _firstUnread = _conversation.UnreadCount == 0 ? null : _messages.Where(m => m.Direction == MessageDirection.In).Take(_conversation.UnreadCount).LastOrDefault()?.Id;
        }

        _notes = _conversation.LeadId is { } lead ? (await TryReadAsync((scope, ct) => Notes.ListAsync(scope, lead, Paging.From(1, Paging.MaxLimit), ct)))?.Items ?? _notes : [];
        _ = MarkReadAsync();
        StateHasChanged();
    }

    /// <summary>Marks the thread as read once somebody looks at it: the contact is told so. While its tab is behind another it waits, and nothing else waits for it.</summary>
    private async Task MarkReadAsync()
    {
        if (_conversation is not { UnreadCount: > 0 } || !CanWork)
        {
            return;
        }

        _toRead = true;
        if (_reading)
        {
            return;
        }

        _reading = true;
        try
        {
            while (_toRead)
            {
                await Js.InvokeVoidAsync("ecodrix.whenLooked", Gone, _scroll);
                _toRead = false;
                if (await DoAsync(Permission.Work, (scope, ct) => Edits.ReadAsync(scope, ConversationId, ct)))
                {
                    _conversation = _conversation with { UnreadCount = 0 };
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or JSDisconnectedException or ObjectDisposedException)
        {
            // It was left before anybody looked.
        }
        finally
        {
            _reading = false;
        }
    }

    /// <summary>Those of the messages there are that come below a page just read. Were so many new that the page does not reach them, they would leave a gap.</summary>
    private IEnumerable<MessageView> OlderThan(IReadOnlyList<MessageView> page) =>
        page is [.., var last] ? _messages.SkipWhile(m => m.Id != last.Id).Skip(1) : [];

    /// <summary>Shows a message as it is now: one further up than is read anew would stay as it was.</summary>
    private void Replace(MessageView message) => _messages = [.. _messages.Select(m => m.Id == message.Id ? message : m)];

    private Task OlderAsync() => AddOlderAsync(Step);

    /// <summary>Adds older messages to those there are.</summary>
    /// <returns>Whether there were any.</returns>
    private async Task<bool> AddOlderAsync(int count)
    {
        if (_messages is not [.., { Id: var last }])
        {
            return false;
        }

        var older = await TryReadAsync((scope, ct) => Messages.ListAsync(scope, ConversationId, last, StarredOnly, Paging.From(1, count), ct));
        // Only below the one they were asked for: the list may be another by now, or have them already.
        if (older is not null && _messages is [.., { Id: var end }] && end == last)
        {
            _messages = [.. _messages, .. older.Items];
        }

        return older is { Items.Count: > 0 };
    }

    /// <summary>Goes to the message of the address, once for each that is asked for.</summary>
    private async Task GoToWantedAsync()
    {
        if (MessageId is { } wanted && wanted != _asked && _opened)
        {
            _asked = wanted;
            await GoToAsync(wanted);
        }
    }

    private async Task GoToAsync(string messageId)
    {
        if (_starred)
        {
            await ShowStarredAsync(false);
        }

        // Read on until it is there.
        bool more;
        do
        {
            more = _messages.All(m => m.Id != messageId) && _messages.Count < Furthest && await AddOlderAsync(Paging.MaxLimit);
        }
        while (more);

        if (_messages.Any(m => m.Id == messageId))
        {
            (_goTo, _found) = (messageId, messageId);
            StateHasChanged();
        }
        else
        {
            Snackbar.Add("That message lies too far back to go to. Scroll up to read on from here.", Severity.Info);
        }
    }

    /// <summary>Shows the starred messages alone, or all again.</summary>
    private async Task ShowStarredAsync(bool starred)
    {
        (_starred, _messages, _total, _newest, _below) = (starred, [], 0, null, false);
        await LoadAsync();
    }

    private async Task ToEndAsync()
    {
        _below = false;
        await Js.InvokeVoidAsync("ecodrix.toEnd", _scroll);
    }

    private sealed record Read(ConversationView Conversation, Page<MessageView> Messages);
}
