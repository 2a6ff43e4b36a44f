using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>What a command gives to its expressions: the instant of <c>$$NOW</c> and the constants of <c>let</c>.</summary>
/// <param name="now">The instant, one for the whole command.</param>
/// <param name="let">The command's <c>let</c>, or null. Its values may be expressions over constants.</param>
internal sealed class Variables(DateTime now, BsonDocument? let = null)
{
    public BsonDateTime Now { get; } = new(now);

    public BsonDocument Let { get; } = let ?? [];
}
