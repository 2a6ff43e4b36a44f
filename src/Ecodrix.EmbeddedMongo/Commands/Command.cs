using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Executes a command: returns its answer, or null if it has written it to the context's reply itself.</summary>
internal delegate Task<BsonDocument?> CommandHandler(CommandContext context, CancellationToken ct);

/// <summary>A command: what runs it, which fields it knows, and whether it takes a client that has authenticated.</summary>
internal sealed record Command(CommandHandler Handler, HashSet<string> Fields, bool NeedsAuthentication = true);
