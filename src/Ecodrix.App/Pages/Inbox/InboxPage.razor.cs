using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Ecodrix.App.Pages.Inbox;

/// <summary>The inbox: list, thread and lead side by side; on phones one at a time.</summary>
public sealed partial class InboxPage
{
    private const int Step = 30;

    private const string AnyStatus = "any";

    private static readonly string[] Keys = ["j", "k", "e", "E", "a", "r", "n", "/", "m", "Escape"];

    // By the lead's id. What may have changed stays in view until it is read anew.
    private readonly Dictionary<string, StageView?> _stages = new(StringComparer.Ordinal);
    private readonly HashSet<string> _current = new(StringComparer.Ordinal);
    private Task _loading = Task.CompletedTask;
    private Page<ConversationView>? _page;
    private InboxCounts _counts = new(0, 0, 0, 0);
    private IReadOnlyList<FoundMessage> _found = [];
    private bool _labelsCurrent;
    private int _doubted;
    private IReadOnlyList<string> _labels = [];
    private IReadOnlyList<PersonView> _people = [];
    private int _wanted = Step;
    private bool _canWork;
    private bool _panel;
    private string? _opened;
    private int _at = -1;
    private bool _hears;
    private string? _me;

    /// <summary>The conversation shown; null shows the list alone.</summary>
    [Parameter]
    public string? ConversationId { get; set; }

    /// <summary>mine, unassigned or all.</summary>
    [SupplyParameterFromQuery(Name = "tab")]
    public string? TabName { get; set; }

    /// <summary>One status.</summary>
    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    /// <summary>One label.</summary>
    [SupplyParameterFromQuery]
    public string? Label { get; set; }

    /// <summary>Only unread ones.</summary>
    [SupplyParameterFromQuery]
    public bool? Unread { get; set; }

    /// <summary>The message of the conversation to go to.</summary>
    [SupplyParameterFromQuery(Name = "message")]
    public string? MessageId { get; set; }

    /// <summary>What is searched for.</summary>
    [SupplyParameterFromQuery]
    public string? Search { get; set; }

    [Inject]
    private ConversationSearch Conversations { get; set; } = null!;

    [Inject]
    private LeadSearch Leads { get; set; } = null!;

    [Inject]
    private MessageSearch Messages { get; set; } = null!;

    [Inject]
    private Members Members { get; set; } = null!;

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    private string Tab => TabName is "mine" or "unassigned" ? TabName : "all";

    private bool Filtered => Status is not null || Label is not null || Unread is not null || !string.IsNullOrEmpty(Search) || Tab != "all";

    private (string Key, string Title, long Count)[] Tabs => [("mine", "Mine", _counts.Mine), ("unassigned", "Unassigned", _counts.Unassigned), ("all", "All", _counts.All)];

    /// <inheritdoc />
    protected override async Task OnInitializedAsync()
    {
        _ = RereadAsync(LoadAsync, Concerns, "conversation.updated", "message.received", "lead.updated", "pipeline.updated");
        _people = await TryReadAsync((scope, ct) => Members.ListAsync(scope, ct)) ?? [];
        var id = await Me.IdAsync();
        _me = _people.FirstOrDefault(p => p.Id == id)?.Email;
        _people = [.. _people.Where(p => p.Works)];
    }

    /// <inheritdoc />
    protected override Task OnParametersSetAsync()
    {
        // Another conversation opens as itself, not on its lead.
        _at = _opened == ConversationId ? _at : PlaceOf(_page);
        (_panel, _opened) = (_panel && _opened == ConversationId, ConversationId);
        Doubt([.. _current]);
        _labelsCurrent = false;
        return LoadAsync();
    }

    /// <summary>
    /// Whether something that changed is seen in the list. Of a lead that is its stage, which is read anew only then, as labels are: messages
    /// come often, and leads move seldom.
    /// </summary>
    private bool Concerns(LiveEvent live)
    {
        if (live.Name is not ("pipeline.updated" or "lead.updated"))
        {
            _labelsCurrent &= live.Name != "conversation.updated" || !live.Mentions("changed");
            return true;
        }

        List<string> changed = [.. live.Name == "pipeline.updated" ? _stages.Keys : live.Mentioned(_stages.Keys)];
        Doubt(changed);
        // A lead that is made, or comes of two, may be that of a conversation that had none.
        return changed.Count > 0 || live.Mentions("created", "merged");
    }

    private void Doubt(List<string> leads)
    {
        _doubted++;
        _current.ExceptWith(leads);
    }

    private async Task PressedAsync(string key)
    {
        switch (key)
        {
            case "j" or "k" when _page is { Items.Count: > 0 } page:
                await GoAsync(page, key == "j" ? 1 : -1);
                break;
            case "e" when ConversationId is not null && _canWork:
                await Js.InvokeVoidAsync("ecodrix.press", "[data-key=resolve]");
                break;
            case "E" when ConversationId is not null && _canWork:
                await Js.InvokeVoidAsync("ecodrix.press", "[data-key=resolve-next]");
                break;
            case "a" when ConversationId is not null && _canWork:
                await Js.InvokeVoidAsync("ecodrix.focus", "[data-key=assign]");
                break;
            case "r" or "/" when ConversationId is not null:
                await Js.InvokeVoidAsync("ecodrix.focus", ".composer textarea");
                break;
            case "m" when ConversationId is not null && _canWork:
                if (!await Js.InvokeAsync<bool>("ecodrix.isShown", ".lead-pane"))
                {
                    // Folded, or not beside the thread on this width.
                    _panel = !_panel;
                    StateHasChanged();
                }

                await Js.InvokeVoidAsync("ecodrix.focus", ".lead-pane [aria-current=step]");
                break;
            case "Escape" when _panel:
                _panel = false;
                break;
            case "Escape" when ConversationId is not null:
                Navigation.NavigateTo(Link(null));
                break;
            case "n" when ConversationId is not null:
                await Js.InvokeVoidAsync("ecodrix.press", "[data-key=note]");
                break;
        }
    }

    private Task LoadAsync() => _loading = LoadListAsync();

    /// <summary>Reads the list, and comes back when what is shown holds what was wanted: a change may have it read once more meanwhile, and then that answer is the one that counts.</summary>
    private async Task SettleAsync()
    {
        await LoadAsync();
        while (!_loading.IsCompleted)
        {
            await _loading;
        }
    }

    private async Task LoadListAsync()
    {
        var since = Since;
        var filter = new ConversationFilter
        {
            // Whoever is looked for may be anywhere.
            Status = Status == AnyStatus ? null : Status ?? (string.IsNullOrEmpty(Search) ? ConversationSearch.ActiveWord : null),
            Label = Label,
            Unread = Unread == true ? true : null,
            Search = Search,
            AssignedTo = Tab switch { "mine" => _me ?? "-", "unassigned" => LeadFilter.Nobody, _ => null },
        };
        var wanted = _wanted;
        var words = Search is { Length: >= 3 } search && search.Any(char.IsLetter) ? search : null;
        var read = await LatestAsync(async (scope, ct) => new Read(
            await SharedAsync(scope, $"inbox {wanted} {JsonSerializer.Serialize(filter)}", since, shared => RowsAsync(scope, filter, wanted, shared)),
            await SharedAsync(scope, "inbox counts", since, shared => Conversations.CountAsync(scope, null, shared)) with
            {
                Mine = _me is null ? 0 : await Conversations.CountMineAsync(scope, _me, ct),
            },
            words is null ? [] : await Messages.SearchAsync(scope, words, ct)));
        (_page, _counts, _found) = read is null ? (_page, _counts, _found) : (read.Rows, read.Counts, read.Found);
        _at = PlaceOf(_page) is >= 0 and var at ? at : _at;
        _canWork = _canWork || (read is not null && await MayAsync(Permission.Work));
        // Shown before what stands beside it is read.
        StateHasChanged();
        await ReadStagesAsync();
        if (!_labelsCurrent)
        {
            _labelsCurrent = true;
            _labels = await TryReadAsync(Conversations.LabelsAsync) ?? _labels;
        }

        StateHasChanged();
    }

    /// <summary>The stages that are not known, or may have changed.</summary>
    private async Task ReadStagesAsync()
    {
        var doubted = _doubted;
        var leads = _page?.Items.Select(c => c.LeadId).OfType<string>().Where(id => !_current.Contains(id)).ToHashSet(StringComparer.Ordinal) ?? [];
        var read = leads.Count == 0 ? null : await TryReadAsync((scope, ct) => Leads.StagesOfAsync(scope, leads, ct));
        // One that has changed while it was read is read once more, with the change.
        if (read is not null && doubted == _doubted)
        {
            foreach (var id in leads)
            {
                _stages[id] = read.GetValueOrDefault(id);
            }

            _current.UnionWith(leads);
        }
    }

    /// <summary>Opens the next open conversation of the list: the first below the one that was open, else the first of all; the list where there is none.</summary>
    private async Task NextOpenAsync()
    {
        // As the list stood: under a filter the one just resolved may be gone from it afterwards.
        var below = _page?.Items.SkipWhile(c => c.Id != ConversationId).Select(c => c.Id).ToHashSet(StringComparer.Ordinal) ?? [];
        await SettleAsync();
        var open = _page?.Items.Where(c => c.Status == ConversationStatus.Open && c.Id != ConversationId).ToList() ?? [];
        Navigation.NavigateTo(Link((open.Find(c => below.Contains(c.Id)) ?? open.FirstOrDefault())?.Id));
    }

    /// <summary>The first conversations, as many as are wanted where there are as many: read on page by page, each once wherever it has moved meanwhile.</summary>
    private async Task<Page<ConversationView>> RowsAsync(TenantScope scope, ConversationFilter filter, int wanted, CancellationToken ct)
    {
        var page = await Conversations.ListAsync(scope, filter, Paging.From(1, Math.Min(wanted, Paging.MaxLimit)), ct);
        List<ConversationView> rows = [.. page.Items];
        while (rows.Count < wanted && page.Paging.Number < page.TotalPages)
        {
            page = await Conversations.ListAsync(scope, filter, Paging.From(page.Paging.Number + 1, page.Paging.Limit), ct);
            rows.AddRange(page.Items);
        }

        return page with { Items = [.. rows.DistinctBy(c => c.Id)] };
    }

    private Task MoreAsync()
    {
        _wanted = Math.Max(_wanted, _page?.Items.Count ?? 0) + Step;
        return SettleAsync();
    }

    /// <summary>Opens the conversation above or below; below the last one shown the list goes on.</summary>
    private async Task GoAsync(Page<ConversationView> page, int by)
    {
        var at = PlaceOf(page);
        if (at < 0)
        {
            // Resolved meanwhile, and gone: the one below it has moved to its place.
            at = by > 0 ? _at - 1 : _at;
        }

        if (at + by == page.Items.Count && page.Items.Count < page.Total)
        {
            await MoreAsync();
            page = _page ?? page;
        }

        var to = page.Items[Math.Clamp(at + by, 0, page.Items.Count - 1)].Id;
        Navigation.NavigateTo(Link(to));
        await Js.InvokeVoidAsync("ecodrix.reveal", $"[data-conversation=\"{to}\"]");
    }

    private int PlaceOf(Page<ConversationView>? page) => page?.Items.Select(c => c.Id).ToList().IndexOf(ConversationId ?? "") ?? -1;

    private void Go(string name, string? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = string.IsNullOrWhiteSpace(value) ? null : value }));

    /// <summary>Another conversation under the same filters, at its end or at one of its messages.</summary>
    private string Link(string? conversationId, string? messageId = null)
    {
        var query = new Uri(Navigation.GetUriWithQueryParameter("message", messageId)).Query;
        return (conversationId is null ? AppPaths.Inbox(Code) : AppPaths.Conversation(Code, conversationId)) + query;
    }

    private sealed record Read(Page<ConversationView> Rows, InboxCounts Counts, IReadOnlyList<FoundMessage> Found);
}
