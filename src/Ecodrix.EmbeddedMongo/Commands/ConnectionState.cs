using Ecodrix.EmbeddedMongo.Wire;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>What a connection has said about itself so far.</summary>
internal sealed class ConnectionState(int id)
{
    public int Id { get; } = id;

    public bool IsAuthenticated { get; set; }

    public ScramConversation? Authentication { get; set; }
}
