using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>The errors of a batch of writes, each with the place of its write in the batch.</summary>
internal sealed class WriteErrors(bool ordered)
{
    private readonly BsonArray _errors = [];

    /// <summary>Whether the writes after the failed one are not to be tried.</summary>
    public bool StopsBatch => ordered && _errors.Count > 0;

    public void Add(int index, MongoError error)
    {
        var entry = new BsonDocument { { "index", index }, { "code", error.Code }, { "errmsg", error.Message } };
        if (error.Details is not null)
        {
            entry.AddRange(error.Details);
        }

        _errors.Add(entry);
    }

    public BsonDocument AddTo(BsonDocument reply)
    {
        if (_errors.Count > 0)
        {
            reply.Add("writeErrors", _errors);
        }

        return reply;
    }
}
