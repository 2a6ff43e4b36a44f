using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using Microsoft.Extensions.Options;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>
/// Says how long a message that was cut off while it was being sent waits for its status webhook. The time counts from when webhooks
/// could reach this node: what a node that was down sent before its fall must not go out again at its start, ahead of the webhooks
/// that Meta could not deliver meanwhile.
/// </summary>
internal sealed class Reconciliation(IOptions<WhatsAppOptions> options, TimeProvider clock)
{
    private readonly DateTime _since = clock.GetUtcNow().UtcDateTime;

    /// <summary>Until when a message must not be sent again; null when it may be.</summary>
    public DateTime? WaitsUntil(Message message)
    {
        return message is { Status: MessageStatus.Sending, SendingAt: { } sent } ? Until(sent) : null;
    }

    /// <summary>Until when a message that was given up may still turn out to have arrived; null when it has not, or the time for that is over.</summary>
    public DateTime? MayArriveUntil(Message message) =>
        message is { Status: MessageStatus.Failed, Wamid: null, Error.Code: MessageSending.GivenUpCode, SendingAt: { } sent } ? Until(sent) : null;

    private DateTime? Until(DateTime sent)
    {
        var until = (sent > _since ? sent : _since) + options.Value.ReconcileAfter;
        return until > clock.GetUtcNow().UtcDateTime ? until : null;
    }
}
