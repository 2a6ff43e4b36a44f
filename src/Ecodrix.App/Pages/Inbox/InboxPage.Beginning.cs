using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Ecodrix.App.Pages.Inbox;

/// <summary>Conversations that somebody here begins.</summary>
public sealed partial class InboxPage
{
    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    /// <summary>Asks whom to write to, and opens the conversation with them.</summary>
    private async Task BeginAsync()
    {
        var dialog = await Dialogs.ShowAsync<NewConversationDialog>("New conversation", new DialogParameters<NewConversationDialog> { { d => d.Code, Code } });
        if ((await dialog.Result)?.Data is string conversationId)
        {
            Navigation.NavigateTo(Link(conversationId));
        }
    }
}
