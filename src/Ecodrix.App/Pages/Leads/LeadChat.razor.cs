using Ecodrix.App.Pages.Shared;
using Ecodrix.Components.Chat;
using Ecodrix.Components.Formats;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages.Leads;

/// <summary>The conversation with a lead: begun where there is none, and chosen where there are several.</summary>
public sealed partial class LeadChat
{
    private IReadOnlyList<ConversationView>? _chats;
    private IReadOnlyList<PersonView> _people = [];
    private string? _chosen;

    /// <summary>The lead.</summary>
    [Parameter, EditorRequired]
    public LeadView Lead { get; set; } = null!;

    /// <summary>Whether the person may write.</summary>
    [Parameter]
    public bool CanWork { get; set; }

    /// <summary>Whether it is what one looks at.</summary>
    [Parameter]
    public bool Shown { get; set; }

    /// <summary>The contact has written while one looks at something else.</summary>
    [Parameter]
    public EventCallback OnNews { get; set; }

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    [Inject]
    private ConversationSearch Conversations { get; set; } = null!;

    [Inject]
    private ConversationEdits Edits { get; set; } = null!;

    [Inject]
    private Members Members { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <summary>The one that is shown: it stays when another gets the newer message.</summary>
    private ConversationView? Chosen => _chats?.FirstOrDefault(c => c.Id == _chosen) ?? (_chats is [var newest, ..] ? newest : null);

    private string? WhyNot => FirstMessage.WhyNot(Lead);

    /// <summary>Whether none of the conversations is with the number the lead has now.</summary>
    private bool HasNewNumber => CanWork && WhyNot is null && _chats!.All(c => c.Phone != Lead.Phone);

    /// <inheritdoc />
    protected override async Task OnInitializedAsync()
    {
        _ = RereadAsync(LoadAsync, Concerns, "lead.updated", "conversation.updated");
        _ = ListenAsync(HeardAsync, "message.received");
        await LoadAsync();
        _people = [.. (await TryReadAsync((scope, ct) => Members.ListAsync(scope, ct)) ?? []).Where(p => p.Works)];
    }

    // One that is made says not whose it is.
    private bool Concerns(LiveEvent live) =>
        live.Name == "lead.updated" ? live.Mentions(Lead.Id) : live.Mentions("created") || live.Mentions((_chats ?? []).Select(c => c.Id));

    private Task HeardAsync(LiveEvent live) =>
        !Shown && live.Mentions((_chats ?? []).Select(c => c.Id)) ? OnNews.InvokeAsync() : Task.CompletedTask;

    private async Task LoadAsync()
    {
        _chats = await ReadAsync((scope, ct) => Conversations.OfLeadAsync(scope, Lead.Id, ct)) ?? _chats;
        _chosen = Chosen?.Id;
        StateHasChanged();
    }

    private Task BeginAsync() => OnceAsync(async () =>
    {
        ConversationView? begun = null;
        if (await DoAsync(Permission.Work, async (scope, ct) => begun = await Edits.CreateAsync(scope, new NewConversation(Lead.Phone), ct)))
        {
            // It is shown as the engine has it, also where it was known by another writing of the number.
            (_chats, _chosen) = ([begun!, .. (_chats ?? []).Where(c => c.Id != begun!.Id)], begun!.Id);
            await LoadAsync();
        }
    });

    private string Words(ConversationView chat)
    {
        var with = chat.Phone ?? chat.Title();
        var last = $"{with} · {Format.When(chat.LastMessageAt, Clock.GetUtcNow().UtcDateTime)}";
        return chat.UnreadCount > 0 ? $"{last} · {chat.UnreadCount} unread" : last;
    }
}
