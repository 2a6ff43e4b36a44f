using Ecodrix.Engine.Media;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace Ecodrix.App.Pages.Inbox;

/// <summary>
/// The box one answers in. What stands in it is the browser's: who types faster than the server answers loses nothing, and the page
/// only takes out what it sends and puts in what it is asked to.
/// </summary>
public sealed partial class ThreadPane
{
    private const string Reply = "reply";
    private const string Note = "note";
    private const string Template = "template";
    private const long LargestFile = 100L * 1024 * 1024;

    // An answer and a note are two texts: half a note must not stand where Enter sends it to the contact.
    private readonly Dictionary<string, string> _written = new(StringComparer.Ordinal) { [Reply] = "", [Note] = "" };

    private IReadOnlyList<CannedReplyView> _canned = [];
    private MessageView? _reply;
    private UploadView? _attached;
    private ElementReference _box;
    private string _mode = Reply;
    private string _shown = "";
    private bool _busy;
    private bool _sending;
    private bool _sendsNext;

    private string Text => _written.GetValueOrDefault(_mode, "");

    private IReadOnlyList<CannedReplyView> Canned => _mode == Reply && Text is ['/', .. var typed] && !typed.Contains(' ', StringComparison.Ordinal)
        ? [.. _canned.Where(c => c.Shortcut.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).Take(6)] : [];

    private string DraftKey(string mode) => mode == Note ? $"draft:{Code}:{ConversationId}:note" : $"draft:{Code}:{ConversationId}";

    /// <summary>Another mode; its box comes with what was written in it.</summary>
    private void Turn(string mode)
    {
        _mode = mode;
        _shown = Text;
    }

    private async Task RestoreAsync()
    {
        foreach (var mode in (string[])[Reply, Note])
        {
            var kept = await Js.InvokeAsync<string?>("ecodrix.kept", DraftKey(mode)) ?? "";
            // Somebody may have begun to write before it came.
            _written[mode] = _written[mode].Length == 0 ? kept : _written[mode];
        }

        _shown = Text;
    }

    private async Task KeyAsync(KeyboardEventArgs key)
    {
        if (key is not { Key: "Enter", ShiftKey: false })
        {
            return;
        }

        if (Canned.Count > 0)
        {
            await UseAsync(Canned[0]);
        }
        else
        {
            await SendAsync();
        }
    }

    private Task TypedAsync(ChangeEventArgs change)
    {
        _written[_mode] = change.Value as string ?? "";
        return KeepAsync(_mode);
    }

    /// <summary>Puts another text into the box.</summary>
    private async Task WriteAsync(string mode, string text)
    {
        _written[mode] = text;
        if (mode == _mode)
        {
            await Js.InvokeVoidAsync("ecodrix.write", _box, text);
        }

        await KeepAsync(mode);
    }

    /// <summary>Keeps what is written in the browser, however it got there: typed, pasted or picked.</summary>
    private async Task KeepAsync(string mode)
    {
        ShowWriting();
        await Js.InvokeVoidAsync("ecodrix.keep", DraftKey(mode), _written[mode]);
    }

    private async Task UseAsync(CannedReplyView reply) =>
        await WriteAsync(Reply, (await TryReadAsync((scope, ct) => CannedReplies.RenderAsync(scope, reply.Id, ConversationId, ct)))?.Text ?? reply.Text);

    /// <summary>Puts an emoji behind what is written.</summary>
    private async Task PutAsync(string emoji)
    {
        await WriteAsync(_mode, Text + emoji);
        await Js.InvokeVoidAsync("ecodrix.focus", ".composer textarea");
    }

    private async Task SendAsync()
    {
        var (mode, text, answered, attached) = (_mode, Text, _reply, _attached);
        if (_busy || (string.IsNullOrWhiteSpace(text) && attached is null))
        {
            return;
        }

        if (_sending)
        {
            // It goes when the one before it has gone: the order is kept.
            _sendsNext = true;
            return;
        }

        // Out of the box at once: a second Enter sends nothing twice, and what is typed meanwhile is the next message.
        (_sending, _reply, _attached, _written[mode]) = (true, null, null, "");
        bool sent;
        try
        {
            await Js.InvokeVoidAsync("ecodrix.take", _box, text);
            sent = await DeliverAsync(mode, text.Trim(), answered, attached);
        }
        finally
        {
            _sending = false;
        }

        if (sent)
        {
            await KeepAsync(mode);
            await ToEndAsync();
            await LoadAsync();
            await OnChanged.InvokeAsync();
        }
        else
        {
            (_reply, _attached, _sendsNext) = (_reply ?? answered, _attached ?? attached, false);
            await WriteAsync(mode, text + _written[mode]);
        }

        if (_sendsNext)
        {
            _sendsNext = false;
            await SendAsync();
        }
    }

    private Task<bool> DeliverAsync(string mode, string text, MessageView? answered, UploadView? attached) => mode == Note
        ? DoAsync(Permission.Work, (scope, ct) => Notes.CreateAsync(scope, _conversation!.LeadId!, new NewNote { Content = text }, ct), "Note saved")
        : DoAsync(Permission.Work, (scope, ct) => Sending.SendAsync(scope, new SendMessage
        {
            ConversationId = ConversationId,
            Text = attached is null ? text : null,
            MediaUrl = attached?.Url,
            MediaType = attached?.MediaType,
            FileName = attached?.FileName,
            Caption = attached is not null && text.Length > 0 && attached.MediaType != "audio" ? text : null,
            ReplyTo = answered?.Id,
        }, ct));

    private async Task AttachAsync(InputFileChangeEventArgs chosen)
    {
        _busy = true;
        await DoAsync(Permission.Work, async (scope, ct) =>
        {
            await using var content = chosen.File.OpenReadStream(LargestFile, ct);
            _attached = await Upload.UploadAsync(scope, content, chosen.File.Name, ct);
        });
        _busy = false;
    }

    private async Task RecordedAsync(Stream recording)
    {
        _busy = true;
        await DoAsync(Permission.Work, async (scope, ct) => _attached = await Upload.UploadAsync(scope, recording, "voice note", ct));
        _busy = false;
    }
}
