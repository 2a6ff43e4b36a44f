using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo;

/// <summary>
/// A command refused the way MongoDB refuses it. The wire layer answers <c>{ok: 0, code, codeName, errmsg}</c>, or a write error
/// with the same code where the command reports errors by document.
/// </summary>
/// <param name="code">MongoDB's error code, for example 2 or 11000.</param>
/// <param name="codeName">MongoDB's name of the code, for example <c>BadValue</c>.</param>
/// <param name="message">What was wrong, naming the operator, stage, option or field.</param>
internal sealed class MongoError(int code, string codeName, string message) : Exception(message)
{
    /// <summary>MongoDB's error code.</summary>
    public int Code { get; } = code;

    /// <summary>MongoDB's name of the code.</summary>
    public string CodeName { get; } = codeName;

    /// <summary>Further fields of the answer, for example the key that was taken.</summary>
    public BsonDocument? Details { get; init; }
}
