using System.Text.Json.Nodes;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.WhatsApp.Graph;

/// <summary>The wire to Meta's WhatsApp Cloud API.</summary>
internal interface IWhatsApp
{
    /// <summary>Posts a message.</summary>
    /// <param name="scope">Whose number sends it.</param>
    /// <param name="message">The body of <c>POST /{phone-number-id}/messages</c>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="Kernel.RefusedException">SECRET_MISSING.</exception>
    Task<GraphAnswer> SendAsync(TenantScope scope, JsonObject message, CancellationToken ct);
}

/// <summary>What Meta said, as far as it could be heard.</summary>
internal abstract record GraphAnswer
{
    private GraphAnswer()
    {
    }

    /// <summary>Taken; delivery is told by webhook.</summary>
    internal sealed record Accepted(string Wamid, string? WaId) : GraphAnswer;

    /// <summary>Refused.</summary>
    internal sealed record Refused(GraphError Error, TimeSpan? RetryAfter) : GraphAnswer;

    /// <summary>The request did not get through: it may safely be repeated.</summary>
    internal sealed record NotReached(string Why) : GraphAnswer;

    /// <summary>The request may have been taken, the answer was lost. There is no idempotency key: only a status webhook can tell.</summary>
    internal sealed record Unclear(string Why) : GraphAnswer;
}
