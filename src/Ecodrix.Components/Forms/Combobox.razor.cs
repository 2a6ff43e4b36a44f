using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Ecodrix.Components.Forms;

/// <summary>
/// A field that finds records while somebody writes, and takes the one they choose by mouse, finger or keyboard. What was chosen
/// stays until they write something else: an answer that comes late, or the field losing the focus, takes nothing away.
/// </summary>
/// <typeparam name="TItem">What is found.</typeparam>
public sealed partial class Combobox<TItem> : IDisposable
    where TItem : class
{
    private readonly string _own = $"combobox-{Guid.NewGuid():n}"[..18];
    private ElementReference _input;
    private CancellationTokenSource? _search;
    private IReadOnlyList<TItem> _found = [];
    private string? _typed;
    private int _at = -1;
    private bool _open;
    private bool _searching;
    private bool _entered;

    /// <summary>What is chosen; null while nothing is.</summary>
    [Parameter]
    public TItem? Value { get; set; }

    /// <summary>Something is chosen, or (null) no longer.</summary>
    [Parameter]
    public EventCallback<TItem?> OnValue { get; set; }

    /// <summary>Finds what matches a text; the empty text finds what to begin with. Cancelled when more is written.</summary>
    [Parameter, EditorRequired]
    public required Func<string, CancellationToken, Task<IReadOnlyList<TItem>>> Find { get; set; }

    /// <summary>What stands in the field for an item.</summary>
    [Parameter, EditorRequired]
    public required Func<TItem, string> Show { get; set; }

    /// <summary>What tells items apart: an id.</summary>
    [Parameter, EditorRequired]
    public required Func<TItem, object> Key { get; set; }

    /// <summary>What it is called for who cannot see it; needless where a label names it by <see cref="Id"/>.</summary>
    [Parameter]
    public string? Label { get; set; }

    /// <summary>The field's id, for a label.</summary>
    [Parameter]
    public string? Id { get; set; }

    /// <summary>What the list is called.</summary>
    [Parameter]
    public string ListLabel { get; set; } = "Suggestions";

    /// <summary>What can be written.</summary>
    [Parameter]
    public string? Placeholder { get; set; }

    /// <summary>What is said when nothing is found.</summary>
    [Parameter]
    public string NothingText { get; set; } = "Nothing found.";

    /// <summary>An item as the list shows it; the text of <see cref="Show"/> when absent.</summary>
    [Parameter]
    public RenderFragment<TItem>? ItemContent { get; set; }

    /// <summary>Whether the list is always there, below the field, in place of floating over what follows.</summary>
    [Parameter]
    public bool Inline { get; set; }

    /// <summary>Whether what is chosen can be taken out again.</summary>
    [Parameter]
    public bool Clearable { get; set; } = true;

    /// <summary>Whether nothing can be chosen.</summary>
    [Parameter]
    public bool Disabled { get; set; }

    /// <summary>Whether it takes the focus when it comes.</summary>
    [Parameter]
    public bool AutoFocus { get; set; }

    /// <summary>How long it waits for the next letter before it searches, in milliseconds.</summary>
    [Parameter]
    public int DelayMilliseconds { get; set; } = 200;

    /// <summary>CSS classes of the whole.</summary>
    [Parameter]
    public string? Class { get; set; }

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    private string ListId => $"{_own}-list";

    private bool IsShown => Inline || _open;

    /// <summary>What is being written, else what is chosen.</summary>
    private string Text => _typed ?? (Value is null ? "" : Show(Value));

    /// <inheritdoc />
    public void Dispose()
    {
        _search?.Cancel();
        _search?.Dispose();
        _search = null;
    }

    /// <inheritdoc />
    protected override Task OnInitializedAsync() => Inline ? SearchAsync("", 0) : Task.CompletedTask;

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender && AutoFocus)
        {
            await _input.FocusAsync();
        }
    }

    private string OptionId(int at) => $"{_own}-{at}";

    private async Task TypedAsync(string? text)
    {
        _typed = text ?? "";
        (_open, _entered) = (true, false);
        if (Value is not null)
        {
            await OnValue.InvokeAsync(null);
        }

        await SearchAsync(_typed, DelayMilliseconds);
    }

    private async Task OpenAsync()
    {
        if (!_open && !Disabled && !Inline)
        {
            _open = true;
            // Who opens it with something chosen wants to see others.
            await SearchAsync(_typed ?? "", 0);
        }
    }

    private async Task SearchAsync(string text, int delay)
    {
        _search?.Cancel();
        _search?.Dispose();
        var mine = _search = new CancellationTokenSource();
        var token = mine.Token;
        _searching = true;
        try
        {
            if (delay > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(delay), Clock, token);
            }

            var found = await Find(text, token);
            // Only the answer to what stands there now counts: a slower, earlier one must not replace it.
            if (_search != mine)
            {
                return;
            }

            (_found, _at, _searching) = (found, found.Count > 0 ? 0 : -1, false);
            if (_entered && found.Count > 0)
            {
                await ChooseAsync(found[0]);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // More was written, or the field is gone.
        }
    }

    private async Task PressedAsync(KeyboardEventArgs key)
    {
        switch (key.Key)
        {
            case "ArrowDown" when !IsShown:
            case "ArrowUp" when !IsShown:
                await OpenAsync();
                break;
            case "ArrowDown" when _found.Count > 0:
                _at = (_at + 1) % _found.Count;
                break;
            case "ArrowUp" when _found.Count > 0:
                _at = (_at <= 0 ? _found.Count : _at) - 1;
                break;
            case "Enter" when IsShown && _searching:
                // Not what an earlier text has found: the first of what is still to come.
                _entered = true;
                break;
            case "Enter" when IsShown && _at >= 0 && _at < _found.Count:
                await ChooseAsync(_found[_at]);
                break;
            case "Escape":
                Close();
                break;
        }
    }

    private Task PressedOnAsync(MouseEventArgs mouse, TItem item) => mouse.Button == 0 ? ChooseAsync(item) : Task.CompletedTask;

    // A click without a press is one of a screen reader.
    private Task ClickedAsync(MouseEventArgs mouse, TItem item) => mouse.Detail == 0 ? ChooseAsync(item) : Task.CompletedTask;

    private async Task ChooseAsync(TItem item)
    {
        if (IsShown)
        {
            (_typed, _entered) = (null, false);
            Close();
            await OnValue.InvokeAsync(item);
        }
    }

    private async Task ClearAsync()
    {
        _typed = null;
        Close();
        await OnValue.InvokeAsync(null);
        await _input.FocusAsync();
    }

    private void Close()
    {
        _open = false;
        // Words that chose nothing stay while nothing is chosen; beside something that is chosen they would say the wrong thing.
        _typed = Value is null ? _typed : null;
        if (!Inline)
        {
            Dispose();
            (_found, _at, _searching) = ([], -1, false);
        }
    }
}
