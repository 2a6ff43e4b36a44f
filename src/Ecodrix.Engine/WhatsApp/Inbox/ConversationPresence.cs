using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.WhatsApp.Inbox;

/// <summary>What a colleague does in a conversation.</summary>
public enum PresenceState
{
    /// <summary>Has left it.</summary>
    Gone,

    /// <summary>Has it open.</summary>
    Here,

    /// <summary>Is writing in it.</summary>
    Replying,
}

/// <summary>What a colleague says of being in a conversation.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="PersonId">Who.</param>
/// <param name="Name">How they are called.</param>
/// <param name="State">What they do.</param>
/// <param name="Asks">They have just come, and want to know who else is there.</param>
public sealed record PresenceSignal(string ConversationId, string PersonId, string Name, PresenceState State, bool Asks);

/// <summary>
/// Tells colleagues who have the same conversation open of each other, so that two do not answer it at once. Nothing is stored: who is
/// there says so every <see cref="Pulse"/>, and who has not for <see cref="Lasts"/> is gone.
/// </summary>
public sealed class ConversationPresence
{
    /// <summary>The name of the live event; pages hear it, clients of the hub do not.</summary>
    public const string EventName = "conversation.presence";

    /// <summary>How often somebody who is there says so.</summary>
    public static readonly TimeSpan Pulse = TimeSpan.FromSeconds(20);

    /// <summary>How long it holds that somebody is there.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(45);

    /// <summary>How long it holds that somebody is writing.</summary>
    public static readonly TimeSpan ReplyingLasts = TimeSpan.FromSeconds(8);

    private readonly ILiveBus _live;

    internal ConversationPresence(ILiveBus live) => _live = live;

    /// <summary>Tells colleagues who may see the conversation what the person of the scope does in it.</summary>
    /// <param name="scope">The tenant, on behalf of the person.</param>
    /// <param name="conversation">The conversation.</param>
    /// <param name="state">What they do.</param>
    /// <param name="asks">Whether those who are there shall say so.</param>
    public void Tell(TenantScope scope, ConversationView conversation, PresenceState state, bool asks = false)
    {
        if (scope.Actor.Id is { } person)
        {
            _live.Pass(scope.Code, EventName, new PresenceSignal(conversation.Id, person, scope.Actor.Name, state, asks), conversation.AssignedTo);
        }
    }

    /// <summary>What a live event of this name says, whether it comes from this node or from another; null for any other event.</summary>
    public static PresenceSignal? Read(LiveEvent live) => live.Name != EventName ? null : live.Data switch
    {
        PresenceSignal signal => signal,
        JsonElement json => json.Deserialize<PresenceSignal>(EcodrixJson.Options),
        _ => null,
    };
}

/// <summary>A colleague who has a conversation open.</summary>
/// <param name="PersonId">Who.</param>
/// <param name="Name">How they are called.</param>
/// <param name="Replying">Whether they are writing.</param>
public sealed record PresentColleague(string PersonId, string Name, bool Replying);

/// <summary>Who else has one conversation open, as they have said. For one page; not thread-safe.</summary>
/// <param name="me">The person of the page, who is not listed.</param>
public sealed class PresenceRoll(string me)
{
    private readonly Dictionary<string, (string Name, DateTimeOffset Until, DateTimeOffset ReplyingUntil)> _known = [];

    /// <summary>Takes in what somebody said.</summary>
    /// <returns>Whether they were not known to be there before.</returns>
    public bool Hear(PresenceSignal signal, DateTimeOffset now)
    {
        if (signal.PersonId == me)
        {
            return false;
        }

        if (signal.State == PresenceState.Gone)
        {
            _known.Remove(signal.PersonId);
            return false;
        }

        var isNew = !_known.TryGetValue(signal.PersonId, out var before) || before.Until <= now;
        _known[signal.PersonId] = (signal.Name, now + ConversationPresence.Lasts, signal.State == PresenceState.Replying ? now + ConversationPresence.ReplyingLasts : default);
        return isNew;
    }

    /// <summary>Who is there now: who writes first, then by name.</summary>
    public IReadOnlyList<PresentColleague> At(DateTimeOffset now) =>
    [
        .. _known.Where(k => k.Value.Until > now)
            .Select(k => new PresentColleague(k.Key, k.Value.Name, k.Value.ReplyingUntil > now))
            .OrderByDescending(c => c.Replying).ThenBy(c => c.Name, StringComparer.CurrentCultureIgnoreCase),
    ];
}
