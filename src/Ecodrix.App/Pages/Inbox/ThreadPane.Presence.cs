using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages.Inbox;

/// <summary>Who else has the conversation open, and telling them that this person has.</summary>
public sealed partial class ThreadPane
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(4);

    private IReadOnlyList<PresentColleague> _present = [];
    private PresenceRoll? _roll;
    private TenantScope? _asWhom;
    private DateTimeOffset _saidAt;
    private DateTimeOffset _wroteAt;

    [Inject]
    private ConversationPresence Presence { get; set; } = null!;

    /// <summary>Tells that this person is here, as long as they are, and drops colleagues who have fallen silent. Do not await it.</summary>
    private async Task BePresentAsync()
    {
        try
        {
            _asWhom = (await Me.OpenAsync(Code, Gone)).Scope;
            _roll = new PresenceRoll(_asWhom.Actor.Id ?? "");
            _ = ListenAsync(HearAsync, () => Say(PresenceState.Here, asks: true), ConversationPresence.EventName);
            using var timer = new PeriodicTimer(Look, Clock);
            while (await timer.WaitForNextTickAsync(Gone))
            {
                if (Clock.GetUtcNow() - _saidAt >= ConversationPresence.Pulse)
                {
                    Say(PresenceState.Here);
                }

                await InvokeAsync(ShowPresent);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or Engine.Kernel.RefusedException)
        {
            // The thread was left, or the person no longer belongs here.
        }
    }

    /// <summary>Tells that this person writes an answer, every few seconds while they do; and that they no longer do when the box is empty.</summary>
    private void ShowWriting()
    {
        var now = Clock.GetUtcNow();
        if (_written[Reply].Length > 0 && now - _wroteAt >= ConversationPresence.ReplyingLasts / 2)
        {
            _wroteAt = now;
            Say(PresenceState.Replying);
        }
        else if (_written[Reply].Length == 0 && _wroteAt != default)
        {
            _wroteAt = default;
            Say(PresenceState.Here);
        }
    }

    private void Leave() => Say(PresenceState.Gone);

    private void Say(PresenceState state, bool asks = false)
    {
        if (_asWhom is not null && _conversation is not null)
        {
            _saidAt = Clock.GetUtcNow();
            Presence.Tell(_asWhom, _conversation, state, asks);
        }
    }

    private Task HearAsync(LiveEvent live)
    {
        if (ConversationPresence.Read(live) is { } signal && signal.ConversationId == ConversationId && _roll is { } roll)
        {
            roll.Hear(signal, Clock.GetUtcNow());
            if (signal.Asks && signal.PersonId != _asWhom?.Actor.Id)
            {
                Say(_wroteAt == default ? PresenceState.Here : PresenceState.Replying);
            }

            ShowPresent();
        }

        return Task.CompletedTask;
    }

    private void ShowPresent()
    {
        var present = _roll?.At(Clock.GetUtcNow()) ?? [];
        if (!present.SequenceEqual(_present))
        {
            _present = present;
            StateHasChanged();
        }
    }
}
