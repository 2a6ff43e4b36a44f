using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Text;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;
using MongoDB.Driver.Core.Events;

namespace Ecodrix.Engine.Tenants;

/// <summary>Where the platform's MongoDB is (<c>Ecodrix:Mongo</c>).</summary>
public sealed record MongoOptions
{
    /// <summary>The URI of the platform's cluster. The host fills it with the embedded store's when it is empty.</summary>
    [Required]
    public string Uri { get; set; } = "";

    /// <summary>The embedded store's loopback port; 0 takes any free one.</summary>
    [Range(0, 65535)]
    public int EmbeddedPort { get; set; }
}

/// <summary>One <see cref="MongoClient"/> for each cluster URI, never one for each tenant or request: a client is a connection pool.</summary>
internal sealed class MongoClusters : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<MongoClient>> _clients = new(StringComparer.Ordinal);

    private readonly ICommandWatch? _watch;

    public MongoClusters(IOptions<MongoOptions> options, ICommandWatch? watch = null)
    {
        MongoConventions.Ensure();
        _watch = watch;
        Platform = For(options.Value.Uri);
    }

    /// <summary>The platform's cluster.</summary>
    public IMongoClient Platform { get; }

    /// <summary>The client of a cluster.</summary>
    public IMongoClient For(string uri) => _clients.GetOrAdd(uri, u => new Lazy<MongoClient>(() => Open(u))).Value;

    /// <summary>A client of its own with short time-outs, to find out whether a URI works at all.</summary>
    public static MongoClient Probe(string uri)
    {
        var settings = MongoClientSettings.FromConnectionString(uri);
        settings.ServerSelectionTimeout = settings.ConnectTimeout = TimeSpan.FromSeconds(5);
        return new MongoClient(settings);
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values.Where(c => c.IsValueCreated))
        {
            client.Value.Dispose();
        }
    }

    private MongoClient Open(string uri)
    {
        var settings = MongoClientSettings.FromConnectionString(uri);
        settings.ApplicationName = "ecodrix";
        // A database that is away should be an answer within seconds, not a request that hangs for the driver's 30.
        settings.ServerSelectionTimeout = TimeSpan.FromSeconds(5);
        // Half a surrogate pair, as a template's filter may cut it, is written as U+FFFD: refusing the document would stop whatever writes it, for ever.
        settings.WriteEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);
        if (_watch is { } watch)
        {
            settings.ClusterConfigurator = cluster => cluster.Subscribe<CommandStartedEvent>(started =>
                watch.Saw(started.DatabaseNamespace.DatabaseName, (BsonDocument)started.Command.DeepClone()));
        }

        return new MongoClient(settings);
    }
}

/// <summary>Sees every command that is sent to a database: for proving that each query is served by an index. Nobody watches by default.</summary>
internal interface ICommandWatch
{
    void Saw(string database, BsonDocument command);
}
