using MudBlazor;

namespace Ecodrix.App.Pages.Shared;

/// <summary>A change that was made, with the way back.</summary>
internal static class UndoOffer
{
    extension(ISnackbar snackbar)
    {
        /// <summary>Says what was done and offers for ten seconds to take it back.</summary>
        public void OfferUndo(string done, Func<Task> undo) => snackbar.Add(
            done,
            Severity.Normal,
            options =>
            {
                options.VisibleStateDuration = 10_000;
                options.RequireInteraction = false;
                options.Action = "Undo";
                options.OnClick = _ => undo();
            });
    }
}
