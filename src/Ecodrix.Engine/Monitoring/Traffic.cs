using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Driver;

namespace Ecodrix.Engine.Monitoring;

/// <summary>How the last send went.</summary>
/// <param name="Error">Why it failed in a way that concerns the whole number; null when it was taken.</param>
internal sealed record LastSend(string? Error);

/// <summary>Reads from recent traffic whether a service works.</summary>
internal sealed class Traffic
{
    /// <summary>Errors of the account, not of one recipient or message.</summary>
    private static readonly int[] AccountErrors = [0, 3, 10, 33, 190, 368, 131005, 131031, 131042, 131048];

    private const int Looked = 20;

    public async Task<LastSend?> LastSendAsync(TenantScope scope, CancellationToken ct)
    {
        var recent = await scope.Db.Messages.Find(Builders<Message>.Filter.Empty).SortByDescending(m => m.Id).Limit(Looked).ToListAsync(ct);
        foreach (var message in recent.Where(m => m.Direction == MessageDirection.Out))
        {
            if (message.Status is MessageStatus.Sent or MessageStatus.Delivered or MessageStatus.Read)
            {
                return new LastSend(null);
            }

            if (message.Error is { } error && AccountErrors.Contains(error.Code))
            {
                return new LastSend($"{error.Title} ({error.Code}). {error.Hint}");
            }
        }

        return null;
    }
}
