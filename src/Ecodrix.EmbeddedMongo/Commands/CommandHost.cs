using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Wire;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>What commands work with.</summary>
internal sealed record CommandHost(Store Store, CursorTable Cursors, Credentials Credentials, EmbeddedMongoOptions Options)
{
    public TimeProvider Clock => Options.Clock;
}
