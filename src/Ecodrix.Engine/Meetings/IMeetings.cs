using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Meetings;

/// <summary>A meeting to be made.</summary>
/// <param name="Id">What it is made from: asked for twice it is made once.</param>
/// <param name="Title">Its title.</param>
/// <param name="Start">When it begins.</param>
/// <param name="Minutes">How long it takes.</param>
/// <param name="Attendee">Who is invited; null for nobody.</param>
internal sealed record NewMeeting(string Id, string Title, DateTimeOffset Start, int Minutes, string? Attendee);

/// <summary>What came of a meeting.</summary>
/// <param name="Link">Where it is held.</param>
/// <param name="Warning">Why there is none.</param>
internal sealed record MeetingOutcome(string? Link, string? Warning)
{
    /// <summary>Whether there is surely none in the calendar: it was not asked for one, or said no.</summary>
    public bool NeverMade { get; init; }
}

/// <summary>The wire to a tenant's calendar.</summary>
internal interface IMeetings
{
    /// <summary>Makes a meeting, within ten seconds. Whatever goes wrong becomes the warning; nothing but cancellation is thrown.</summary>
    Task<MeetingOutcome> MakeAsync(TenantScope scope, NewMeeting meeting, CancellationToken ct);

    /// <summary>Why no meeting would be made as things stand; null when one would. Asks nobody.</summary>
    string? Fault(TenantScope scope);

    /// <summary>Takes a meeting out of the calendar and tells who was invited. One that is not there is done with; what may pass is thrown.</summary>
    /// <returns>Why it stays, where trying again would not help; null once it is gone.</returns>
    Task<string?> CancelAsync(TenantScope scope, string id, CancellationToken ct);
}
