using Ecodrix.App.Pages.Shared;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Board;

/// <summary>Cards that go from column to column, by mouse, finger and keyboard, and columns that are folded.</summary>
public sealed partial class BoardPage
{
    /// <summary>Where the browser keeps which columns somebody has folded and unfolded.</summary>
    private const string FoldsKey = "folds";

    /// <summary>What the person has folded (true) and unfolded (false); null until the browser has told.</summary>
    private Dictionary<string, bool>? _folds;
    private LeadView? _dragged;
    private string? _over;

    // Whether something changed while a card was being dragged.
    private bool _missed;

    [Inject]
    private ConversationEdits Begins { get; set; } = null!;

    /// <summary>Drops the dragged card above another, below another, or where neither is given on top of a column.</summary>
    private async Task DropAsync(string stageId, string? beforeId, string? afterId = null)
    {
        if (LetGo() is { } lead)
        {
            if (lead.Id != (beforeId ?? afterId))
            {
                await MoveAsync(lead, stageId, beforeId, afterId);
            }

            await CatchUpAsync();
        }
    }

    /// <summary>Whether no card is being dragged, so that cards may change places; what is heard meanwhile is read when it is over.</summary>
    private bool StandsStill()
    {
        _missed |= _dragged is not null;
        return _dragged is null;
    }

    private Task EndDragAsync()
    {
        LetGo();
        return CatchUpAsync();
    }

    private LeadView? LetGo()
    {
        var held = _dragged;
        (_dragged, _over) = (null, null);
        return held;
    }

    private async Task CatchUpAsync()
    {
        if (_missed)
        {
            _missed = false;
            await LoadAsync();
        }
    }

    private async Task StepAsync(LeadView lead, int by)
    {
        var stages = _pipeline!.Stages.ToList();
        var to = stages.FindIndex(s => s.Id == lead.StageId) + by;
        if (to >= 0 && to < stages.Count && _mayWork)
        {
            await MoveAsync(lead, stages[to].Id, null);
            StateHasChanged();
            await FocusOnAsync(lead.Id, stages[to].Id);
        }
    }

    /// <summary>Moves a card up or down in its column, past one other.</summary>
    private async Task ShiftAsync(LeadView lead, int by)
    {
        var cards = _columns.GetValueOrDefault(lead.StageId)?.Leads ?? [];
        if (_mayWork && cards.ElementAtOrDefault(cards.FindIndex(l => l.Id == lead.Id) + by) is { } other && other.Id != lead.Id)
        {
            await MoveAsync(lead, lead.StageId, by < 0 ? other.Id : null, by > 0 ? other.Id : null);
            StateHasChanged();
            await FocusOnAsync(lead.Id, lead.StageId);
        }
    }

    /// <summary>To a lead's card. One that went into a folded column is not to be seen: the column has it.</summary>
    private ValueTask FocusOnAsync(string leadId, string stageId) => Js.InvokeVoidAsync("ecodrix.focusAfterDialog", $"[data-card=\"{leadId}\"], [data-fold=\"{stageId}\"][aria-expanded=false]");

    /// <summary>Shows the move at once, makes it, and takes it back where it is refused. Before a deal is lost it is asked why, and the card stays.</summary>
    private async Task MoveAsync(LeadView lead, string stageId, string? beforeId, string? afterId = null)
    {
        var stage = _pipeline!.Stages.FirstOrDefault(s => s.Id == stageId);
        var (goes, reason) = await Dialogs.BeforeMoveAsync(lead, stage);
        // While it was asked the board may have been read anew.
        if (goes && _columns.GetValueOrDefault(lead.StageId) is { } from)
        {
            var next = from.Leads.ElementAtOrDefault(from.Leads.FindIndex(l => l.Id == lead.Id) + 1)?.Id;
            _moves++;
            Place(lead, stageId, beforeId, afterId);
            StateHasChanged();
            var moved = await DoAsync(Permission.Work, (scope, ct) => Moves.MoveAsync(scope, lead.Id, new MoveLead(stageId, beforeId, afterId, reason), ct));
            _moves++;
            await LoadAsync();
            if (moved && stageId != lead.StageId)
            {
                OfferUndo(lead, stageId, next);
                StateHasChanged();
            }
        }

        if (stage?.IsLost == true)
        {
            // From the dialog back to where the card is.
            await FocusOnAsync(lead.Id, goes ? stageId : lead.StageId);
        }
    }

    private async Task AssignAsync(LeadView lead, string? owner)
    {
        if (await DoAsync(Permission.Work, (scope, ct) => Edits.AssignAsync(scope, lead.Id, owner, ct), $"{lead.FirstName} is given to {Names.Of(owner) ?? "nobody"}"))
        {
            await LoadAsync();
        }
    }

    /// <summary>Goes to the conversation with a lead; begins one where there is none and somebody may.</summary>
    private async Task OpenChat(LeadView lead)
    {
        if (_chats.GetValueOrDefault(lead.Id) is { } chat)
        {
            Navigation.NavigateTo(AppPaths.Conversation(Code, chat.Id));
        }
        else if (!_mayWork || FirstMessage.WhyNot(lead) is not null)
        {
            Snackbar.Add($"There is no conversation with {lead.FirstName} yet. {(_mayWork ? FirstMessage.WhyNot(lead) : null)}".TrimEnd(), Severity.Info);
        }
        else
        {
            await OnceAsync(async () =>
            {
                ConversationView? begun = null;
                if (await DoAsync(Permission.Work, async (scope, ct) => begun = await Begins.CreateAsync(scope, new NewConversation(lead.Phone), ct)))
                {
                    Navigation.NavigateTo(AppPaths.Conversation(Code, begun!.Id));
                }
            });
        }
    }

    private void OfferUndo(LeadView lead, string stageId, string? nextId) =>
        Snackbar.OfferUndo($"{lead.FirstName} moved to {_pipeline!.Stages.First(s => s.Id == stageId).Name}", () => InvokeAsync(async () =>
        {
            await DoAsync(Permission.Work, (scope, ct) => Moves.MoveAsync(scope, lead.Id, new MoveLead(lead.StageId, nextId), ct), "Moved back");
            await LoadAsync();
        }));

    private void Place(LeadView lead, string stageId, string? beforeId, string? afterId)
    {
        var from = _columns[lead.StageId];
        from.Total -= from.Leads.RemoveAll(l => l.Id == lead.Id);
        // A folded column has no cards, only a count.
        if (_columns.GetValueOrDefault(stageId) is { } to)
        {
            var at = to.Leads.FindIndex(l => l.Id == (beforeId ?? afterId)) + (afterId is null ? 0 : 1);
            to.Leads.Insert(Math.Max(at, 0), lead with { StageId = stageId, StageEnteredAt = stageId == lead.StageId ? lead.StageEnteredAt : Clock.GetUtcNow().UtcDateTime });
            to.Total++;
        }

        _board = _board is null ? null : _board with
        {
            Stages = [.. _board.Stages.Select(s => s.StageId == stageId && stageId != lead.StageId ? Add(s, 1, lead.DealValue) : s.StageId == lead.StageId && stageId != lead.StageId ? Add(s, -1, -lead.DealValue) : s)],
        };
    }

    private static BoardColumn Add(BoardColumn column, int count, decimal value) => column with
    {
        Count = column.Count + count,
        TotalValue = column.TotalValue + value,
        WeightedValue = (column.TotalValue + value) * column.Probability / 100,
    };

    /// <summary>The rules that would hear of the dragged card entering a stage, or leaving the one it is in.</summary>
    private List<string> Fires(string stageId) =>
        stageId == _dragged!.StageId ? [] : [.. MoveEffects.Of(_rules, _pipeline!.Id, _pipeline.Stages.First(s => s.Id == stageId), _dragged.StageId).Take(4)];

    private async Task FocusAsync(LeadView lead, string key)
    {
        var stages = _pipeline!.Stages.Select(s => s.Id).ToList();
        var (column, row) = (stages.IndexOf(lead.StageId), _columns[lead.StageId].Leads.FindIndex(l => l.Id == lead.Id));
        column += key == "ArrowRight" ? 1 : key == "ArrowLeft" ? -1 : 0;
        row += key == "ArrowDown" ? 1 : key == "ArrowUp" ? -1 : 0;
        // Over empty and folded columns, to the next that has a card.
        while (column >= 0 && column < stages.Count && _columns.GetValueOrDefault(stages[column]) is not { Leads.Count: > 0 })
        {
            column += key == "ArrowLeft" ? -1 : 1;
        }

        if (column >= 0 && column < stages.Count && row >= 0)
        {
            var cards = _columns[stages[column]].Leads;
            await Js.InvokeVoidAsync("ecodrix.focus", $"[data-card=\"{cards[Math.Min(row, cards.Count - 1)].Id}\"]");
        }
    }

    /// <summary>Whether a column shows no cards: as the person left it, and at first where deals have ended.</summary>
    private bool IsFolded(StageView stage) => _folds is not null && _folds.TryGetValue(stage.Id, out var folded) ? folded : stage.IsWon || stage.IsLost;

    private async Task FoldAsync(StageView stage)
    {
        var folded = _folds![stage.Id] = !IsFolded(stage);
        await Js.KeepAsync(FoldsKey, _folds);
        if (folded)
        {
            _columns.Remove(stage.Id);
        }
        else
        {
            await LoadAsync();
        }
    }
}
