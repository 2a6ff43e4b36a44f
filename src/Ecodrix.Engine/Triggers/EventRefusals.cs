using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Triggers;

internal static class EventRefusals
{
    public static RefusedException NotFound(string eventId) => new(RefusalKind.NotFound, "EVENT_NOT_FOUND", $"There is no event {eventId}.");

    public static RefusedException NotYetRun(string eventId) => new(
        RefusalKind.Conflict, "EVENT_PENDING", $"The event {eventId} has not run yet: it can be replayed once its rules have been matched. Call it off first if it shall not run.");

    public static RefusedException DoneElsewhere(string words) => new(
        RefusalKind.Conflict, "ALREADY_DONE", $"What this action does is {words}: trying it again would do it twice. A forced replay of the event does.");

    public static RefusedException Replayed(string replayId) => new(
        RefusalKind.Conflict, "ALREADY_DONE", $"This event has been replayed since, as {replayId}: trying it again would do everything twice. Replay it once more instead.", new { eventLogId = replayId });

    public static RefusedException ReplayPending(string replayId) => new(
        RefusalKind.Conflict, "REPLAY_PENDING", $"An earlier replay of this event, {replayId}, has not begun yet. Wait for it or call it off.", new { eventLogId = replayId });
}
