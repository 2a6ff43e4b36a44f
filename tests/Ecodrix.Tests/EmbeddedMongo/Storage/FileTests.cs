using Ecodrix.EmbeddedMongo;
using Ecodrix.EmbeddedMongo.Storage;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.EmbeddedMongo.Storage;

/// <summary>A data file that cannot be trusted is refused with words that say why, and stays as it is.</summary>
public sealed class FileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("embedded-mongo-file-");

    [Fact]
    public async Task A_file_that_is_cut_short_is_refused_and_left_as_it_is()
    {
        await FillAsync();
        var path = StoreFile.PathIn(_folder.FullName);
        var bytes = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)]);

        var start = StartAsync;

        await start.Should().ThrowAsync<InvalidDataException>().WithMessage("*cut short*");
        new FileInfo(path).Length.Should().Be(bytes.Length / 2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a database")]
    [InlineData("SQLite format 3\0 but of somebody else, and long enough to have a whole header of one hundred bytes, and more than that")]
    public async Task A_file_of_something_else_is_refused_and_left_as_it_is(string content)
    {
        var path = StoreFile.PathIn(_folder.FullName);
        await File.WriteAllTextAsync(path, content);

        var start = StartAsync;

        await start.Should().ThrowAsync<InvalidDataException>().WithMessage("*not a data file of this store*");
        (await File.ReadAllTextAsync(path)).Should().Be(content);
    }

    [Fact]
    public async Task A_log_without_its_file_is_not_overwritten_by_a_new_store()
    {
        await File.WriteAllTextAsync(StoreFile.PathIn(_folder.FullName) + "-wal", "a log");

        var start = StartAsync;

        await start.Should().ThrowAsync<InvalidDataException>().WithMessage("*is missing although its log*");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task FillAsync()
    {
        await using var server = await StartAsync();
        using var client = new MongoClient(server.ConnectionString);
        await client.GetDatabase("d").GetCollection<BsonDocument>("things")
            .InsertManyAsync(Enumerable.Range(0, 500).Select(i => new BsonDocument { { "_id", i }, { "text", new string('x', 200) } }));
    }

    private Task<EmbeddedMongoServer> StartAsync() => EmbeddedMongoServer.StartAsync(new EmbeddedMongoOptions { DirectoryPath = _folder.FullName });
}
