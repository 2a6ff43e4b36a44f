using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Timeline;

internal static class TimelineRefusals
{
    public static RefusedException NoteNotFound(string noteId) =>
        new(RefusalKind.NotFound, "NOTE_NOT_FOUND", $"There is no note {noteId}.");

    public static RefusedException EntryNotFound(string entryId) =>
        new(RefusalKind.NotFound, "ACTIVITY_NOT_FOUND", $"There is no entry {entryId} on this timeline.");
}
