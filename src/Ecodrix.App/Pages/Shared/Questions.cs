using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
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

        /// <summary>
        /// Asks why a lead is lost where it goes to a stage of lost deals: before it goes, so that whatever hears of it knows. Any other move needs no question.
        /// </summary>
        /// <param name="lead">The lead as it is.</param>
        /// <param name="to">Where it goes.</param>
        /// <returns>Whether it shall go, and why where somebody has said.</returns>
        public Task<(bool Goes, string? Reason)> BeforeMoveAsync(LeadView lead, StageView? to) =>
            to is { IsLost: true } && lead.Status != LeadStatus.Lost
                ? dialogs.WhyLostAsync($"Move {lead.FirstName} to {to.Name}", lead.FirstName)
                : Task.FromResult<(bool, string?)>((true, null));

        /// <summary>Asks why somebody is lost.</summary>
        /// <param name="title">What is about to happen.</param>
        /// <param name="name">Who is lost.</param>
        /// <param name="several">Whether the name stands for several.</param>
        /// <param name="text">What else comes of it.</param>
        /// <returns>Whether it shall happen, and why where somebody has said.</returns>
        public async Task<(bool Goes, string? Reason)> WhyLostAsync(string title, string name, bool several = false, string? text = null)
        {
            var parameters = new DialogParameters<LostDialog> { { d => d.Name, name }, { d => d.Several, several }, { d => d.Text, text } };
            var dialog = await dialogs.ShowAsync<LostDialog>(title, parameters);
            var answer = await dialog.Result;
            return (answer is { Canceled: false }, answer?.Data as string);
        }
    }
}
