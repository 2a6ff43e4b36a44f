using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Values;
using Ecodrix.EmbeddedMongo.Wire;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>One command being executed: what was asked, of what, and where the answer goes.</summary>
internal sealed class CommandContext(Request request, CommandHost host, ConnectionState connection, ByteBuffer reply)
{
    public Request Request { get; } = request;

    public BsonDocument Body => Request.Body;

    public CommandHost Host { get; } = host;

    public Store Store => Host.Store;

    public ConnectionState Connection { get; } = connection;

    /// <summary>Where a command writes its answer if it does not return it as an object.</summary>
    public ByteBuffer Reply { get; } = reply;

    /// <summary>The database that the command is for.</summary>
    public string Database { get; } = request.Body.TryGetValue("$db", out var name) && name.IsString ? name.AsString : "admin";

    /// <summary>The collection that the command names as its own value.</summary>
    /// <exception cref="MongoError">73: it names none.</exception>
    public string Collection => Body.GetElement(0).Value is BsonString { Value.Length: > 0 } name
        ? Names.CheckCollection(Database, name.Value)
        : throw new MongoError(73, "InvalidNamespace", $"collection name has invalid type or is empty for {Request.Name}");

    /// <summary>The instant and the constants for the command's expressions.</summary>
    public Variables Variables() => new(Host.Clock.GetUtcNow().UtcDateTime, Arguments.OptionalDocument(Body, "let"));
}
