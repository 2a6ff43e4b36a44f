using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Wire;

/// <summary>Whatever a client sends, it is refused or its connection is closed, and nobody else notices.</summary>
public sealed class FuzzTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    private const int Message = 2013;
    private const int Query = 2004;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Malformed_messages_end_their_own_connection_at_most(int seed)
    {
        var random = new Random(seed);
        var things = mongo.NewCollection();
        await things.InsertOneAsync(new BsonDocument("_id", 1));
        for (int i = 0; i < 300; i++)
        {
            await SendAsync(Mangle(random, Hello(random)), random.Next(4) == 0);
        }

        (await things.Find(new BsonDocument("_id", 1)).ToListAsync()).Should().ContainSingle("the server is as well as before, seed {0}", seed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(48_000_001)]
    public async Task A_message_of_impossible_length_closes_the_connection(int length)
    {
        var bytes = Frame(new BsonDocument { { "hello", 1 }, { "$db", "admin" } }, Message);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);

        (await SendAsync(bytes, cut: false)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_greeting_is_answered_in_either_of_its_forms()
    {
        (await SendAsync(Frame(new BsonDocument { { "hello", 1 }, { "$db", "admin" } }, Message), cut: false)).Should().NotBeEmpty();
        (await SendAsync(Frame(new BsonDocument { { "isMaster", 1 } }, Query), cut: false)).Should().NotBeEmpty();
    }

    [Fact]
    public async Task Nesting_beyond_the_limit_is_refused()
    {
        // https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Nested-Depth-for-BSON-Documents
        var things = mongo.NewCollection();
        await things.InsertOneAsync(new BsonDocument("_id", 1));
        var path = string.Join('.', Enumerable.Repeat("x", 150));
        var nest = () => things.UpdateOneAsync(new BsonDocument("_id", 1), new BsonDocument("$set", new BsonDocument(path, 1)));

        (await nest.Should().ThrowAsync<MongoWriteException>()).Which.WriteError.Code.Should().Be(15);
        (await things.Find(new BsonDocument("_id", 1)).SingleAsync()).Names.Should().Equal("_id");
    }

    private async Task<byte[]> SendAsync(byte[] bytes, bool cut)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, mongo.Server.Port);
        try
        {
            await socket.SendAsync(cut ? bytes.AsMemory(0, bytes.Length / 2) : bytes);
            socket.Shutdown(SocketShutdown.Send);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var answer = new byte[4096];
            int length = await socket.ReceiveAsync(answer, limit.Token);
            return answer[..length];
        }
        catch (SocketException)
        {
            return [];
        }
    }

    private static byte[] Hello(Random random) => random.Next(4) switch
    {
        0 => Frame(new BsonDocument { { "isMaster", 1 }, { "client", new BsonDocument("driver", "x") } }, Query),
        1 => Frame(new BsonDocument { { "find", "things" }, { "filter", new BsonDocument("a", new BsonArray { 1, "x" }) }, { "$db", "d" } }, Message),
        2 => Frame(new BsonDocument { { "saslStart", 1 }, { "mechanism", "SCRAM-SHA-256" }, { "payload", "n,,n=x,r=y" }, { "$db", "admin" } }, Message),
        _ => Frame(new BsonDocument { { "hello", 1 }, { "$db", "admin" } }, Message),
    };

    private static byte[] Mangle(Random random, byte[] bytes)
    {
        switch (random.Next(5))
        {
            case 0:
                random.NextBytes(bytes);
                return bytes;
            case 1:
                // Random content under a true length.
                random.NextBytes(bytes.AsSpan(16));
                return bytes;
            case 2:
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(random.Next(bytes.Length - 4)), random.Next());
                return bytes;
            default:
                for (int i = random.Next(1, 6); i > 0; i--)
                {
                    bytes[random.Next(16, bytes.Length)] = (byte)random.Next(256);
                }

                return bytes;
        }
    }

    private static byte[] Frame(BsonDocument body, int opcode)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(0);
        writer.Write(7);
        writer.Write(0);
        writer.Write(opcode);
        writer.Write(0);
        if (opcode == Query)
        {
            writer.Write("admin.$cmd\0"u8);
            writer.Write(0);
            writer.Write(-1);
        }
        else
        {
            writer.Write((byte)0);
        }

        writer.Write(body.ToBson());
        var bytes = buffer.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        return bytes;
    }
}
