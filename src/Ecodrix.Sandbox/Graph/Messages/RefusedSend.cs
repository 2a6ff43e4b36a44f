namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>A send that was refused, for people who wonder why.</summary>
/// <param name="Number">Counts up.</param>
/// <param name="At">When.</param>
/// <param name="PhoneNumberId">The phone number id of the path.</param>
/// <param name="Code">Meta's code.</param>
/// <param name="Message">The text of <c>error.message</c>.</param>
/// <param name="Details">The sentence of <c>error_data.details</c>.</param>
/// <param name="Body">The request body, cut off where it gets long.</param>
public sealed record RefusedSend(
    long Number, DateTimeOffset At, string PhoneNumberId, int Code, string Message, string? Details, string Body);
