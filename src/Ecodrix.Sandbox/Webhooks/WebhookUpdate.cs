using Ecodrix.Sandbox.Graph.Numbers;

namespace Ecodrix.Sandbox.Webhooks;

/// <summary>One change that waits for its webhook.</summary>
/// <param name="Target">The receiver.</param>
/// <param name="WabaId">The account it belongs to.</param>
/// <param name="Change">The JSON of the change.</param>
/// <param name="Acknowledged">Called once the receiver has answered 200, or the update was given up (then with false).</param>
internal sealed record WebhookUpdate(WebhookSettings Target, string WabaId, byte[] Change, Action<bool>? Acknowledged);

/// <summary>One try to post a webhook.</summary>
/// <param name="At">When.</param>
/// <param name="Url">Where to.</param>
/// <param name="Attempt">1 for the first.</param>
/// <param name="Status">The receiver's answer; null if there was none.</param>
/// <param name="Error">Why there was no answer.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Body">What was posted.</param>
public sealed record WebhookAttempt(
    DateTimeOffset At, string Url, int Attempt, int? Status, string? Error, double Milliseconds, string Body);
