using Ecodrix.Components.Chat;
using Ecodrix.Components.Formats;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Inbox;

/// <summary>One conversation: its messages and notes, and the box to answer in.</summary>
public sealed partial class ThreadPane
{
    private ConversationView? _conversation;
    private IReadOnlyList<NoteView> _notes = [];

    /// <summary>The conversation.</summary>
    [Parameter, EditorRequired]
    public string ConversationId { get; set; } = "";

    /// <summary>A message to go to.</summary>
    [Parameter]
    public string? MessageId { get; set; }

    /// <summary>Who may be assigned.</summary>
    [Parameter]
    public IReadOnlyList<PersonView> People { get; set; } = [];

    /// <summary>Whether the person may answer.</summary>
    [Parameter]
    public bool CanWork { get; set; }

    /// <summary>Where the list is.</summary>
    [Parameter]
    public string BackHref { get; set; } = "";

    /// <summary>The lead's panel is wanted.</summary>
    [Parameter]
    public EventCallback OnPanel { get; set; }

    /// <summary>It was resolved, and the next one shall be opened. Without a handler the button for it is not there.</summary>
    [Parameter]
    public EventCallback OnResolved { get; set; }

    /// <summary>Something changed here.</summary>
    [Parameter]
    public EventCallback OnChanged { get; set; }

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    [Inject]
    private ConversationSearch Conversations { get; set; } = null!;

    [Inject]
    private ConversationEdits Edits { get; set; } = null!;

    [Inject]
    private MessageSearch Messages { get; set; } = null!;

    [Inject]
    private MessageMarks Marks { get; set; } = null!;

    [Inject]
    private ChatSending Sending { get; set; } = null!;

    [Inject]
    private CannedReplies CannedReplies { get; set; } = null!;

    [Inject]
    private MediaUpload Upload { get; set; } = null!;

    [Inject]
    private Notes Notes { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <inheritdoc />
    protected override async Task OnInitializedAsync()
    {
        _ = RereadAsync(
            LoadAsync,
            live => live.Mentions(ConversationId) || (live.Name == "lead.updated" && _conversation?.LeadId is { } lead && live.Mentions(lead)),
            "message.received", "message.status", "conversation.updated", "lead.updated");
        await LoadAsync();
        await GoToWantedAsync();
        _ = BePresentAsync();
        _canned = await TryReadAsync((scope, ct) => CannedReplies.ListAsync(scope, null, ct)) ?? [];
        await RestoreAsync();
    }

    /// <inheritdoc />
    protected override Task OnParametersSetAsync()
    {
        // Whether they may work here may be known only after the thread is there.
        _ = MarkReadAsync();
        return GoToWantedAsync();
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Leave();
        }

        base.Dispose(disposing);
    }

    private async Task FixAsync(MessageView message)
    {
        if (message.Error is { } error && MessageBubble.WantsTemplate(error.Code))
        {
            Turn(Template);
            return;
        }

        if (message.Error is { } wrong && MessageBubble.WantsNumber(wrong.Code))
        {
            await FixNumberAsync(message);
            return;
        }

        await DoAsync(Permission.Work, (scope, ct) => Sending.RetryAsync(scope, message.Id, ct), "Sending again");
        await LoadAsync();
    }

    private async Task FixNumberAsync(MessageView message)
    {
        var dialog = await Dialogs.ShowAsync<FixNumberDialog>("Fix the number", new DialogParameters<FixNumberDialog>
        {
            { d => d.Code, Code }, { d => d.Message, message }, { d => d.Conversation, _conversation! },
        });
        if ((await dialog.Result)?.Data is string conversationId && conversationId != ConversationId)
        {
            Navigation.NavigateTo(AppPaths.Conversation(Code, conversationId));
        }
        else
        {
            await LoadAsync();
        }
    }

    private async Task StarAsync(MessageView message)
    {
        await DoAsync(Permission.Work, async (scope, ct) => Replace(await Marks.StarAsync(scope, message.Id, ct)));
        await LoadAsync();
    }

    private async Task ReactAsync((MessageView Message, string Emoji) wish)
    {
        await DoAsync(Permission.Work, async (scope, ct) => Replace(await Marks.ReactAsync(scope, wish.Message.Id, new ReactInput(wish.Emoji), ct)));
        await LoadAsync();
    }

    private async Task ChangeAsync(ConversationChanges changes, string done)
    {
        await DoAsync(Permission.Work, (scope, ct) => Edits.ChangeAsync(scope, ConversationId, changes, ct), done);
        await LoadAsync();
        await OnChanged.InvokeAsync();
    }

    private Task ResolveAsync() => _conversation!.Status == ConversationStatus.Resolved
        ? ChangeAsync(new ConversationChanges { Status = ConversationStatus.Open }, "Open again")
        : ChangeAsync(new ConversationChanges { Status = ConversationStatus.Resolved }, "Resolved");

    private async Task ResolveAndNextAsync()
    {
        if (await DoAsync(Permission.Work, (scope, ct) => Edits.ChangeAsync(scope, ConversationId, new ConversationChanges { Status = ConversationStatus.Resolved }, ct), "Resolved"))
        {
            await OnResolved.InvokeAsync();
        }
    }

    private Task SnoozeAsync(DateTimeOffset until) =>
        ChangeAsync(new ConversationChanges { SnoozedUntil = new(until) }, $"Snoozed until {Format.When(until.UtcDateTime, Clock.GetUtcNow().UtcDateTime)}");

    /// <summary>Nine in the morning of the tenant, so many days from now.</summary>
    private DateTimeOffset Morning(int days) => new(Format.ToUtc(Format.Local(Clock.GetUtcNow().UtcDateTime).Date.AddDays(days).AddHours(9)));

    private async Task LabelAsync()
    {
        var dialog = await Dialogs.ShowAsync<LabelDialog>("Labels", new DialogParameters<LabelDialog> { { d => d.Labels, string.Join(", ", _conversation!.Labels) } });
        if ((await dialog.Result)?.Data is string text)
        {
            await ChangeAsync(new ConversationChanges { Labels = new(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) }, "Labels saved");
        }
    }
}
