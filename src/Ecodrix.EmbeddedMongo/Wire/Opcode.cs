namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>Numbers of MongoDB's wire protocol.</summary>
/// <remarks>https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/</remarks>
internal static class Opcode
{
    public const int Reply = 1;
    public const int Query = 2004;
    public const int Message = 2013;

    /// <summary>Length, request id, response to, opcode.</summary>
    public const int HeaderLength = 16;

    public const int MaximumMessageLength = 48_000_000;

    public const int ChecksumPresent = 1;
    public const int MoreToCome = 2;

    /// <summary>The flags whose meaning a receiver must know.</summary>
    public const int RequiredFlags = 0xFFFF;
}
