namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>What a client sent is not a message of the protocol: its connection is closed, and no other is touched.</summary>
internal sealed class MalformedFrameException(string message) : Exception(message);
