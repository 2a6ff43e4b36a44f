using System.Text;
using Ecodrix.EmbeddedMongo.Storage;
using Ecodrix.EmbeddedMongo.Wire;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>Greeting, authentication and the rest that is about the connection.</summary>
internal static class SessionCommands
{
    /// <summary>The wire version of MongoDB 7.0, whose behaviour this store follows.</summary>
    private const int MaximumWireVersion = 21;

    private const string Version = "7.0.0";

    public static readonly HashSet<string> HelloFields = new(StringComparer.Ordinal)
    {
        "helloOk", "client", "compression", "saslSupportedMechs", "speculativeAuthenticate", "topologyVersion", "loadBalanced",
        "internalClient", "hostInfo", "backpressure",
    };

    public static readonly HashSet<string> SaslStartFields = new(StringComparer.Ordinal) { "mechanism", "payload", "options", "autoAuthorize", "db" };

    public static readonly HashSet<string> SaslContinueFields = new(StringComparer.Ordinal) { "conversationId", "payload" };

    public static Task<BsonDocument?> HelloAsync(CommandContext context, CancellationToken ct)
    {
        var body = context.Body;
        var reply = new BsonDocument
        {
            { "helloOk", true },
            { context.Request.Name == "hello" ? "isWritablePrimary" : "ismaster", true },
            { "maxBsonObjectSize", DocumentWrites.MaximumLength },
            { "maxMessageSizeBytes", Opcode.MaximumMessageLength },
            { "maxWriteBatchSize", InsertCommand.MaximumBatch },
            { "localTime", new BsonDateTime(context.Host.Clock.GetUtcNow().UtcDateTime) },
            { "logicalSessionTimeoutMinutes", 30 },
            { "connectionId", context.Connection.Id },
            { "minWireVersion", 0 },
            { "maxWireVersion", MaximumWireVersion },
            { "readOnly", false },
        };
        if (body.Contains("saslSupportedMechs"))
        {
            reply.Add("saslSupportedMechs", new BsonArray { ScramConversation.Mechanism });
        }

        if (Arguments.OptionalDocument(body, "speculativeAuthenticate") is { } speculative && TryStart(context, speculative) is { } answer)
        {
            reply.Add("speculativeAuthenticate", answer);
        }

        return Task.FromResult<BsonDocument?>(reply);
    }

    public static Task<BsonDocument?> SaslStartAsync(CommandContext context, CancellationToken ct) =>
        Task.FromResult<BsonDocument?>(Start(context, context.Body));

    public static Task<BsonDocument?> SaslContinueAsync(CommandContext context, CancellationToken ct)
    {
        var conversation = context.Connection.Authentication
            ?? throw new MongoError(17, "ProtocolError", "No SASL session state found");
        try
        {
            var answer = conversation.Continue(PayloadOf(context.Body));
            if (conversation.IsDone)
            {
                context.Connection.IsAuthenticated = true;
                context.Connection.Authentication = null;
            }

            return Task.FromResult<BsonDocument?>(answer);
        }
        catch (MongoError)
        {
            context.Connection.Authentication = null;
            throw;
        }
    }

    public static Task<BsonDocument?> LogoutAsync(CommandContext context, CancellationToken ct)
    {
        context.Connection.IsAuthenticated = false;
        return OkAsync(context, ct);
    }

    public static Task<BsonDocument?> OkAsync(CommandContext context, CancellationToken ct) =>
        Task.FromResult<BsonDocument?>([]);

    public static Task<BsonDocument?> BuildInfoAsync(CommandContext context, CancellationToken ct) => Task.FromResult<BsonDocument?>(new BsonDocument
    {
        { "version", Version },
        { "gitVersion", "ecodrix-embedded" },
        { "modules", new BsonArray() },
        { "sysInfo", "deprecated" },
        { "versionArray", new BsonArray { 7, 0, 0, 0 } },
        { "bits", 64 },
        { "debug", false },
        { "maxBsonObjectSize", DocumentWrites.MaximumLength },
        { "storageEngines", new BsonArray { "sqlite" } },
    });

    /// <summary>A speculative start that does not fit is passed over: the client then authenticates in the ordinary way.</summary>
    private static BsonDocument? TryStart(CommandContext context, BsonDocument command)
    {
        try
        {
            return Start(context, command);
        }
        catch (MongoError)
        {
            return null;
        }
    }

    private static BsonDocument Start(CommandContext context, BsonDocument command)
    {
        string mechanism = Arguments.Text(command, "mechanism");
        if (mechanism != ScramConversation.Mechanism)
        {
            throw new MongoError(334, "MechanismUnavailable",
                $"Received authentication for mechanism {mechanism} which is unknown or not enabled");
        }

        bool skips = Arguments.OptionalDocument(command, "options") is { } options && Arguments.Flag(options, "skipEmptyExchange");
        context.Connection.Authentication = new ScramConversation(context.Host.Credentials, PayloadOf(command), skips);
        return context.Connection.Authentication.Start();
    }

    private static string PayloadOf(BsonDocument command) => command.GetValue("payload", BsonNull.Value) switch
    {
        BsonBinaryData binary => Encoding.UTF8.GetString(binary.Bytes),
        BsonString text => text.Value,
        _ => throw ScramConversation.Failed(),
    };
}
