using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Wire;

/// <summary>https://www.mongodb.com/docs/manual/core/security-scram/</summary>
public sealed class AuthenticationTests(MongoFixture mongo) : IClassFixture<MongoFixture>
{
    [Theory]
    [InlineData("ecodrix", "wrong")]
    [InlineData("somebody", "wrong")]
    public async Task A_wrong_name_or_password_is_error_18_and_does_not_say_which(string name, string password)
    {
        using var client = new MongoClient($"mongodb://{name}:{password}@127.0.0.1:{mongo.Server.Port}/?authSource=admin&directConnection=true&serverSelectionTimeoutMS=5000");
        var read = () => client.GetDatabase("d").GetCollection<BsonDocument>("things").CountDocumentsAsync(new BsonDocument("a", 1));

        var refused = (await read.Should().ThrowAsync<MongoAuthenticationException>()).Which;
        refused.InnerException.Should().BeOfType<MongoCommandException>().Which.Code.Should().Be(18);
        refused.InnerException!.Message.Should().Contain("Authentication failed");
    }

    [Theory]
    [InlineData("{find: 'things'}")]
    [InlineData("{insert: 'things', documents: [{a: 1}]}")]
    [InlineData("{listDatabases: 1}")]
    [InlineData("{dropDatabase: 1}")]
    public async Task Without_credentials_a_command_on_data_is_error_13(string command)
    {
        using var client = new MongoClient($"mongodb://127.0.0.1:{mongo.Server.Port}/?directConnection=true&serverSelectionTimeoutMS=5000");
        var run = () => client.GetDatabase("admin").RunCommandAsync<BsonDocument>(BsonDocument.Parse(command));

        (await run.Should().ThrowAsync<MongoCommandException>()).Which.Code.Should().Be(13);
    }

    [Fact]
    public async Task Without_credentials_a_ping_is_answered()
    {
        using var client = new MongoClient($"mongodb://127.0.0.1:{mongo.Server.Port}/?directConnection=true&serverSelectionTimeoutMS=5000");

        (await client.GetDatabase("admin").RunCommandAsync<BsonDocument>(new BsonDocument("ping", 1)))["ok"].ToDouble().Should().Be(1);
    }
}
