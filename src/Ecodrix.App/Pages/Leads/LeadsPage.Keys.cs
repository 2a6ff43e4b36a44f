using Microsoft.JSInterop;

namespace Ecodrix.App.Pages.Leads;

/// <summary>The table by keyboard: a cursor that goes from row to row, opens and selects.</summary>
public sealed partial class LeadsPage
{
    private static readonly string[] Keys = ["j", "k", "x", "Enter"];

    private string? _cursor;

    private async Task PressedAsync(string key)
    {
        if (_leads is not { Items: { Count: > 0 } leads })
        {
            return;
        }

        var at = leads.ToList().FindIndex(l => l.Id == _cursor);
        switch (key)
        {
            case "j" or "k":
                _cursor = leads[Math.Clamp(at + (key == "j" ? 1 : -1), 0, leads.Count - 1)].Id;
                // The focus goes with it: Tab goes on from there, and who cannot see hears whose row it is.
                await Js.InvokeVoidAsync("ecodrix.focus", $"[data-lead=\"{_cursor}\"] a");
                break;
            case "x" when at >= 0 && _mayWork:
                Choose(_cursor!);
                break;
            case "Enter" when at >= 0:
                Navigation.NavigateTo(AppPaths.Lead(Code, _cursor!));
                break;
        }
    }
}
