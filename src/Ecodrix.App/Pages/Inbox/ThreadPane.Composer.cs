using Ecodrix.Engine.Media;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using MudBlazor;

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

    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);

    private IReadOnlyList<CannedReplyView> _canned = [];
    private MessageView? _reply;
    private UploadView? _attached;
    private ElementReference _box;
    private string _mode = Reply;
    private string _shown = "";
    private bool _busy;
    private bool _sending;
    private bool _sendsNext;
    private int _cannedAt;
    private bool _cannedShut;

    private string Text => _written.GetValueOrDefault(_mode, "");

    private IReadOnlyList<CannedReplyView> Canned => !_cannedShut && _mode == Reply && Text is ['/', .. var typed] && !typed.Contains(' ', StringComparison.Ordinal)
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
            // Somebody may have begun to write before it came, and even have sent that: the box is theirs then.
            if (kept.Length > 0 && !_touched.Contains(mode))
            {
                _written[mode] = kept;
                _shown = mode == _mode ? kept : _shown;
            }
        }
    }

    private async Task KeyAsync(KeyboardEventArgs key)
    {
        var canned = Canned;
        switch (key)
        {
            case { Key: "ArrowDown" or "ArrowUp" } when canned.Count > 0:
                _cannedAt = (_cannedAt + (key.Key == "ArrowDown" ? 1 : canned.Count - 1)) % canned.Count;
                break;
            case { Key: "Enter" or "Tab", ShiftKey: false } when canned.Count > 0:
                await UseAsync(canned[Math.Min(_cannedAt, canned.Count - 1)]);
                break;
            case { Key: "Escape" } when canned.Count > 0:
                _cannedShut = true;
                break;
            case { Key: "Enter", ShiftKey: false }:
                await SendAsync();
                break;
        }
    }

    private Task TypedAsync(ChangeEventArgs change)
    {
        _touched.Add(_mode);
        (_cannedAt, _cannedShut) = (0, false);
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
        // A note is only its text.
        var (mode, text) = (_mode, Text);
        var (answered, attached) = mode == Reply ? (_reply, _attached) : (null, null);
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
        (_sending, _written[mode]) = (true, "");
        (_reply, _attached) = mode == Reply ? (null, null) : (_reply, _attached);
        bool sent;
        try
        {
            await Js.InvokeVoidAsync("ecodrix.take", _box, text);
            if (attached?.MediaType == "audio" && !string.IsNullOrWhiteSpace(text) && await DeliverAsync(mode, "", answered, attached))
            {
                // A voice has no caption: what was written goes behind it.
                (answered, attached) = (null, null);
            }

            sent = (attached?.MediaType != "audio" || string.IsNullOrWhiteSpace(text)) && await DeliverAsync(mode, text.Trim(), answered, attached);
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
            Caption = attached is not null && text.Length > 0 ? text : null,
            ReplyTo = answered?.Id,
        }, ct));

    private async Task AttachAsync(InputFileChangeEventArgs chosen)
    {
        if (chosen.File.Size > LargestFile)
        {
            Snackbar.Add("The file is larger than 100 MB, more than WhatsApp takes. Send a link to it.", Severity.Error);
            return;
        }

        await KeepFileAsync(() => chosen.File.OpenReadStream(LargestFile, Gone), chosen.File.Name);
    }

    private Task RecordedAsync(Stream recording) => KeepFileAsync(() => recording, "voice note");

    private async Task KeepFileAsync(Func<Stream> open, string name)
    {
        _busy = true;
        try
        {
            await DoAsync(Permission.Work, async (scope, ct) =>
            {
                await using var content = open();
                _attached = await Upload.UploadAsync(scope, content, name, ct);
            });
        }
        catch (Exception e) when (e is IOException or JSException or OperationCanceledException)
        {
            Snackbar.Add("The file did not arrive whole. Attach it again.", Severity.Error);
        }
        finally
        {
            _busy = false;
        }
    }
}
