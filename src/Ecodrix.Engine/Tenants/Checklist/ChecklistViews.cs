namespace Ecodrix.Engine.Tenants.Checklist;

/// <summary>Where a step of the onboarding stands.</summary>
public enum CheckState
{
    /// <summary>Tried, and it works.</summary>
    Done,

    /// <summary>Set up, and it does not work.</summary>
    Failing,

    /// <summary>Not set up yet.</summary>
    Todo,
}

/// <summary>One thing that was tried.</summary>
/// <param name="Name">Its stable name, for example <c>email</c>.</param>
/// <param name="Title">What people read.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Cause">What was found.</param>
/// <param name="Remedy">What to do; null when nothing is to be done.</param>
/// <param name="Optional">Whether its step may be done without it.</param>
public sealed record CheckView(string Name, string Title, CheckState State, string Cause, string? Remedy, bool Optional = false);

/// <summary>One of the eight steps of onboarding.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Key">Its stable name, for example <c>secrets</c>.</param>
/// <param name="Title">What people read.</param>
/// <param name="State">Done when all that it needs is; failing when anything fails.</param>
/// <param name="Optional">Whether a client may do without it.</param>
/// <param name="Checks">What was tried.</param>
public sealed record ChecklistStep(int Number, string Key, string Title, CheckState State, bool Optional, IReadOnlyList<CheckView> Checks);

/// <summary>The onboarding of a tenant.</summary>
/// <param name="ClientCode">The client code.</param>
/// <param name="Ready">Whether every step that is not optional is done.</param>
/// <param name="Steps">The eight steps, in order.</param>
/// <param name="CheckedAt">When it was tried.</param>
public sealed record ChecklistView(string ClientCode, bool Ready, IReadOnlyList<ChecklistStep> Steps, DateTime CheckedAt);
