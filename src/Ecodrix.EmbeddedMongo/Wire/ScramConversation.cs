using System.Security.Cryptography;
using System.Text;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>The server's side of one SCRAM-SHA-256 authentication (RFC 7677).</summary>
internal sealed class ScramConversation
{
    public const string Mechanism = "SCRAM-SHA-256";

    private const int ConversationId = 1;

    private readonly Credentials _credentials;
    private readonly bool _skipsEmptyExchange;
    private readonly string _clientFirst;
    private readonly string _serverFirst;
    private readonly string _nonce;
    private readonly bool _knownUser;
    private bool _proved;

    /// <param name="credentials">The user there is.</param>
    /// <param name="payload">The client's first message.</param>
    /// <param name="skipsEmptyExchange">Whether the client does without a last empty round trip.</param>
    /// <exception cref="MongoError">18: the message is not SCRAM.</exception>
    public ScramConversation(Credentials credentials, string payload, bool skipsEmptyExchange)
    {
        _credentials = credentials;
        _skipsEmptyExchange = skipsEmptyExchange;
        // "n,," says: no channel binding, no other identity.
        if (!payload.StartsWith("n,,", StringComparison.Ordinal))
        {
            throw Failed();
        }

        _clientFirst = payload[3..];
        // In user names a comma is =2C and an equals sign =3D.
        string user = Attribute(_clientFirst, 'n').Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        _knownUser = user == Credentials.UserName;
        _nonce = Attribute(_clientFirst, 'r') + Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));
        _serverFirst = $"r={_nonce},s={Convert.ToBase64String(credentials.Salt)},i={Credentials.Iterations}";
    }

    public bool IsDone { get; private set; }

    /// <summary>The answer to the first message.</summary>
    public BsonDocument Start() => Answer(_serverFirst);

    /// <summary>The answer to a further message.</summary>
    /// <exception cref="MongoError">18: the password is wrong, or the message is not SCRAM.</exception>
    public BsonDocument Continue(string payload)
    {
        if (_proved)
        {
            IsDone = true;
            return Answer("");
        }

        int proofAt = payload.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0 || Attribute(payload, 'r') != _nonce || Attribute(payload, 'c') != "biws")
        {
            throw Failed();
        }

        byte[] message = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{payload[..proofAt]}");
        byte[] clientKey = HMACSHA256.HashData(_credentials.StoredKey, message);
        byte[] proof = new byte[SHA256.HashSizeInBytes];
        if (!Convert.TryFromBase64String(payload[(proofAt + 3)..], proof, out int length) || length != proof.Length)
        {
            throw Failed();
        }

        for (int i = 0; i < proof.Length; i++)
        {
            clientKey[i] ^= proof[i];
        }

        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(clientKey), _credentials.StoredKey) || !_knownUser)
        {
            throw Failed();
        }

        _proved = true;
        IsDone = _skipsEmptyExchange;
        return Answer($"v={Convert.ToBase64String(HMACSHA256.HashData(_credentials.ServerKey, message))}");
    }

    public static MongoError Failed() => new(18, "AuthenticationFailed", "Authentication failed.");

    private BsonDocument Answer(string payload) => new()
    {
        { "conversationId", ConversationId },
        { "done", IsDone },
        { "payload", Encoding.UTF8.GetBytes(payload) },
    };

    private static string Attribute(string message, char name)
    {
        foreach (string part in message.Split(','))
        {
            if (part.Length > 2 && part[0] == name && part[1] == '=')
            {
                return part[2..];
            }
        }

        throw Failed();
    }
}
