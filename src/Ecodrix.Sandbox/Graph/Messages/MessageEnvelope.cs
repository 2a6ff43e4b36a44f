using System.Text.Json;
using Ecodrix.Sandbox.Graph.Numbers;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>What a checked send says about itself, besides its content.</summary>
/// <param name="To">The recipient as the sender wrote it.</param>
/// <param name="WaId">The recipient's number, or null for one known only by user id.</param>
/// <param name="UserId">The recipient's business-scoped user id, if it was addressed by it.</param>
/// <param name="Group">Whether the recipient is a group.</param>
/// <param name="Type">The message type.</param>
/// <param name="ReplyTo">The message it replies to.</param>
/// <param name="OpaqueData">The sender's own reference, echoed in statuses.</param>
internal sealed record MessageEnvelope(
    string To, string? WaId, string? UserId, bool Group, string Type, string? ReplyTo, string? OpaqueData)
{
    private const int OpaqueDataLimit = 512;

    /// <summary>The one name under which the recipient's window, failures and conversation are kept.</summary>
    public string Recipient => WaId ?? UserId ?? To;

    public static MessageEnvelope Read(JsonElement body, BusinessNumber number)
    {
        var root = new Param(body, "");
        var individual = !root.Has("recipient_type") || root.OneOf("recipient_type", "individual", "group") == "individual";
        var type = root.OptionalText("type", 64) ?? "text";
        if (root.Has("context"))
        {
            root.Object("context").Only("message_id").Text("message_id", 512);
        }

        var replyTo = root.Has("context") ? root.Object("context").Text("message_id", 512) : null;
        var opaque = root.OptionalText("biz_opaque_callback_data", OpaqueDataLimit);

        // Meta lets "to" win when both are there.
        if (root.Has("to"))
        {
            var to = root.Text("to", 256);
            return individual
                ? new MessageEnvelope(to, PhoneNumbers.WaId(to, number.CallingCode), null, false, type, replyTo, opaque)
                : new MessageEnvelope(to, null, null, true, type, replyTo, opaque);
        }

        var recipient = root.Has("recipient") ? root.Text("recipient", 256) : throw GraphErrors.Missing("to");
        return PhoneNumbers.IsUserId(recipient)
            ? new MessageEnvelope(recipient, null, recipient, false, type, replyTo, opaque)
            : throw GraphErrors.Value($"Recipient {recipient} is not a valid business-scoped user ID.");
    }
}
