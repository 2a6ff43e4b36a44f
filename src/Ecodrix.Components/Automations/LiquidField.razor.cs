using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace Ecodrix.Components.Automations;

/// <summary>
/// A field for a text with Liquid: after <c>{{</c> it offers names, after <c>|</c> filters. Arrows, Enter, Tab and the mouse choose,
/// Escape closes the list; anything may be written all the same.
/// </summary>
public sealed partial class LiquidField
{
    private readonly string _own = $"liquid-{Guid.NewGuid():n}"[..15];
    private ElementReference _field;
    private IReadOnlyList<LiquidOffer> _offers = [];
    private string _written = "";
    private string? _shown;
    private string? _told;
    private int _at;
    private int _asked;

    /// <summary>The text.</summary>
    [Parameter, EditorRequired]
    public string? Value { get; set; }

    /// <summary>It was changed: when the field is left, and with every choice from the list.</summary>
    [Parameter]
    public EventCallback<string> OnValue { get; set; }

    /// <summary>The names to offer, dotted: <c>lead.firstName</c>. One that ends in a dot is offered as a beginning.</summary>
    [Parameter]
    public IReadOnlyList<string> Names { get; set; } = LiquidOffers.Common;

    /// <summary>What it is called for who cannot see it.</summary>
    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    /// <summary>What can be written.</summary>
    [Parameter]
    public string? Placeholder { get; set; }

    /// <summary>How many lines it has; 0 is a field of one line, in which Enter is no text.</summary>
    [Parameter]
    public int Lines { get; set; }

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    private bool IsOpen => _offers.Count > 0;

    private string ListId => $"{_own}-list";

    private string? ActiveId => IsOpen ? OptionId(_at) : null;

    /// <inheritdoc />
    protected override void OnParametersSet()
    {
        // What the field has told comes back to it: written into it again it would take away what has been typed since.
        if (Value != _told)
        {
            (_shown, _told) = (Value, Value);
        }
    }

    private string OptionId(int at) => $"{_own}-{at}";

    private Task ChangedAsync(ChangeEventArgs change) => TellAsync(change.Value?.ToString() ?? "");

    private Task TellAsync(string text)
    {
        _told = text;
        return OnValue.InvokeAsync(text);
    }

    private async Task<LiquidOffers> HereAsync() => LiquidOffers.At(await Js.InvokeAsync<string?>("ecodrix.beforeCaret", _field) ?? "", Names);

    private async Task OfferAsync()
    {
        var mine = ++_asked;
        var here = await HereAsync();
        if (mine == _asked)
        {
            (_offers, _written, _at) = (here.Items, here.Written, 0);
        }
    }

    private async Task PressedAsync(KeyboardEventArgs key)
    {
        switch (key.Key)
        {
            case "ArrowDown" when IsOpen:
                await GoAsync((_at + 1) % _offers.Count);
                break;
            case "ArrowUp" when IsOpen:
                await GoAsync((_at == 0 ? _offers.Count : _at) - 1);
                break;
            case "Enter" or "Tab" when IsOpen && !key.ShiftKey:
                await ChooseAsync(_offers[_at]);
                break;
            // The caret goes elsewhere with the others.
            case "Escape" or "Tab" or "ArrowLeft" or "ArrowRight" or "Home" or "End":
                Close();
                break;
        }
    }

    private async Task GoAsync(int at)
    {
        _at = at;
        await Js.InvokeVoidAsync("ecodrix.reveal", $"#{OptionId(at)}");
    }

    private Task PressedOnAsync(MouseEventArgs mouse, LiquidOffer offer) => mouse.Button == 0 ? ChooseAsync(offer) : Task.CompletedTask;

    private async Task ChooseAsync(LiquidOffer offer)
    {
        var written = _written;
        Close();
        var here = await HereAsync();
        // Who wrote on before the list was drawn means what fits now.
        offer = here.Written == written ? offer : here.Items is [var first, ..] ? first : offer;
        var text = (here.Gap ? " " : "") + offer.Text + (offer.Hint is null ? "" : ": ");
        if (here.Items.Contains(offer) && await Js.InvokeAsync<string?>("ecodrix.complete", _field, here.Written.Length, text, offer.Closes) is { } whole)
        {
            await TellAsync(whole);
        }
    }

    private void Close()
    {
        _asked++;
        (_offers, _written, _at) = ([], "", 0);
    }
}
