using MudBlazor;

namespace Ecodrix.App.Pages.Shared;

/// <summary>Asks before what cannot be taken back: in a dialog, so that a double click is no answer.</summary>
internal static class Questions
{
    extension(IDialogService dialogs)
    {
        /// <summary>Asks, and answers whether it shall be done.</summary>
        /// <param name="title">The question.</param>
        /// <param name="text">What will happen.</param>
        /// <param name="yes">The button that does it.</param>
        public async Task<bool> SureAsync(string title, string text, string yes) =>
            await dialogs.ShowMessageBoxAsync(title, text, yesText: yes, cancelText: "Cancel") == true;
    }
}
