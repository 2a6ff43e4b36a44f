using Ecodrix.EmbeddedMongo.Bson;
using Ecodrix.EmbeddedMongo.Values;
using Ecodrix.EmbeddedMongo.Wire;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Runs requests and turns whatever goes wrong into MongoDB's error answers.</summary>
internal sealed class Dispatcher(CommandHost host)
{
    /// <summary>Appends the answer to a request as one document.</summary>
    public async ValueTask AnswerAsync(Request request, ConnectionState connection, ByteBuffer reply, CancellationToken ct)
    {
        int start = reply.Length;
        try
        {
            var context = new CommandContext(request, host, connection, reply);
            if (await RunAsync(context, ct).ConfigureAwait(false) is { } answer)
            {
                BsonEncoder.Document(reply, answer.Add("ok", 1.0));
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            reply.Truncate(start);
            BsonEncoder.Document(reply, Refusal(e));
        }
    }

    private static async Task<BsonDocument?> RunAsync(CommandContext context, CancellationToken ct)
    {
        var request = context.Request;
        var command = CommandTable.Find(request.Name);
        if (command.NeedsAuthentication && !context.Connection.IsAuthenticated)
        {
            throw new MongoError(13, "Unauthorized", $"Command {request.Name} requires authentication");
        }

        if (request.IsLegacy && request.Name is not ("hello" or "isMaster" or "ismaster" or "saslStart" or "saslContinue" or "buildInfo"))
        {
            throw new MongoError(352, "UnsupportedOpQueryCommand",
                $"Unsupported OP_QUERY command: {request.Name}. The client driver may require an upgrade.");
        }

        Arguments.CheckKnown(request.Body, request.Name, command.Fields, isCommand: true);
        RefuseTransactions(request.Body);
        CheckConcerns(request.Body);
        if (TimeLimit(request.Body) is not { } limit)
        {
            return await command.Handler(context, ct).ConfigureAwait(false);
        }

        using var timer = new CancellationTokenSource(limit, context.Host.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, ct);
        try
        {
            return await command.Handler(context, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new MongoError(50, "MaxTimeMSExpired", "operation exceeded time limit");
        }
    }

    /// <summary>The time that the client gives the command; 0 stands for as long as it takes.</summary>
    private static TimeSpan? TimeLimit(BsonDocument body)
    {
        if (!body.TryGetValue("maxTimeMS", out var value) || value.IsBsonNull)
        {
            return null;
        }

        if (!Numbers.TryWhole(value, out long milliseconds) || milliseconds is < 0 or > int.MaxValue)
        {
            throw Errors.BadValue($"maxTimeMS must be a whole number from 0 to {int.MaxValue}, but was {value}");
        }

        return milliseconds == 0 ? null : TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <summary>A standalone server has neither transactions nor retryable writes, and says so in these words.</summary>
    private static void RefuseTransactions(BsonDocument body)
    {
        if (body.Contains("txnNumber") || body.Contains("startTransaction"))
        {
            throw new MongoError(20, "IllegalOperation", "Transaction numbers are only allowed on a replica set member or mongos");
        }
    }

    private static void CheckConcerns(BsonDocument body)
    {
        if (body.TryGetValue("readConcern", out var read) && read is BsonDocument concern
            && concern.GetValue("level", "local") is var level && level != "local" && level != "available" && level != "majority")
        {
            throw new MongoError(123, "NotAReplicaSet", $"node needs to be a replica set member to use readConcern {level}");
        }

        if (body.TryGetValue("writeConcern", out var write) && write is BsonDocument acknowledgement
            && Numbers.TryWhole(acknowledgement.GetValue("w", 1), out long nodes) && nodes > 1)
        {
            throw new MongoError(2, "BadValue", "cannot use 'w' > 1 when a host is not replicated");
        }
    }

    private static BsonDocument Refusal(Exception error)
    {
        var refused = error as MongoError ?? error switch
        {
            OperationCanceledException or ObjectDisposedException =>
                new MongoError(11600, "InterruptedAtShutdown", "interrupted at shutdown"),
            _ => new MongoError(1, "InternalError", $"{error.GetType().Name}: {error.Message}"),
        };
        var answer = new BsonDocument
        {
            { "ok", 0.0 }, { "errmsg", refused.Message }, { "code", refused.Code }, { "codeName", refused.CodeName },
        };
        return refused.Details is null ? answer : answer.AddRange(refused.Details);
    }
}
