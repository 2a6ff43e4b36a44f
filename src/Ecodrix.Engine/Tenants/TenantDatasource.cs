using Ecodrix.Engine.Kernel;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Tenants;

/// <summary>Where a tenant's data shall live.</summary>
public sealed record NewDatasource
{
    /// <summary>A MongoDB URI, with the database in its path, else <c>ecodrix_&lt;code&gt;</c>. Null goes back to the platform's cluster.</summary>
    public string? DbUri { get; init; }

    /// <summary>That existing leads are not copied, and this is understood.</summary>
    public bool? Confirm { get; init; }
}

/// <summary>Where a tenant's data lives.</summary>
/// <param name="Kind"><c>platform</c> or <c>own</c>.</param>
/// <param name="Hosts">The servers, without credentials.</param>
/// <param name="Database">The database's name.</param>
/// <param name="Note">What the change did not do.</param>
public sealed record DatasourceView(string Kind, string Hosts, string Database, string? Note);

/// <summary>Points a tenant at a MongoDB of its own. Nothing changes until the new one has been reached, written and indexed.</summary>
public sealed class TenantDatasource
{
    internal const string SecretName = "datasource";

    private readonly TenantOnboarding _onboarding;
    private readonly TenantDirectory _directory;
    private readonly SecretBox _box;

    internal TenantDatasource(TenantOnboarding onboarding, TenantDirectory directory, SecretBox box)
    {
        _onboarding = onboarding;
        _directory = directory;
        _box = box;
    }

    /// <summary>Connects, pings, writes, creates the indexes, then switches.</summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, DATASOURCE_UNREACHABLE, CONFIRM_REQUIRED.</exception>
    public async Task<DatasourceView> ChangeAsync(TenantScope scope, NewDatasource input, CancellationToken ct)
    {
        var uri = input.DbUri?.Trim();
        var target = Read(scope, uri);
        if (input.Confirm != true && await scope.Db.Collection<BsonDocument>("leads").Find(new BsonDocument()).Limit(1).AnyAsync(ct))
        {
            throw TenantRefusals.ConfirmRequired("This client has leads, and they are not copied to the new database. Copy them first, then send confirm: true.");
        }

        if (uri is not null)
        {
            await ProveAsync(uri, target.Database, ct);
        }

        await _onboarding.UpdateAsync(
            scope,
            (uri is null
                ? Builders<Tenant>.Update.Unset(t => t.DatasourceUri)
                : Builders<Tenant>.Update.Set(t => t.DatasourceUri, _box.Seal(scope.Code, SecretName, uri)))
            .Set(t => t.Database, target.Database).Unset(t => t.IndexStamp),
            ct);
        return target;
    }

    private static DatasourceView Read(TenantScope scope, string? uri)
    {
        if (uri is null)
        {
            return new DatasourceView("platform", "platform", $"ecodrix_{scope.Code}", "Data is not copied.");
        }

        try
        {
            var url = MongoUrl.Create(uri);
            var hosts = string.Join(", ", url.Servers.Select(s => s.ToString()));
            return new DatasourceView("own", hosts, url.DatabaseName ?? $"ecodrix_{scope.Code}", "Data is not copied.");
        }
        catch (Exception e) when (e is MongoConfigurationException or FormatException or ArgumentException)
        {
            // The driver's message repeats the URI, password and all.
            throw RefusedException.Validation("dbUri", "dbUri must be a MongoDB URI such as mongodb+srv://user:password@host/database.");
        }
    }

    private async Task ProveAsync(string uri, string database, CancellationToken ct)
    {
        try
        {
            using var client = MongoClusters.Probe(uri);
            var db = client.GetDatabase(database);
            await db.RunCommandAsync<BsonDocument>(new BsonDocument("ping", 1), null, ct);
            var probe = db.GetCollection<BsonDocument>("ecodrix_probe");
            var mark = new BsonDocument("_id", ObjectId.GenerateNewId());
            await probe.InsertOneAsync(mark, null, ct);
            await probe.DeleteOneAsync(mark, ct);
            await _directory.EnsureIndexesAsync(db, ct);
        }
        catch (Exception e) when (e is MongoException or TimeoutException or System.Net.Sockets.SocketException)
        {
            throw TenantRefusals.DatasourceUnreachable(Reason(e, uri));
        }
    }

    private static string Reason(Exception e, string uri)
    {
        var why = e switch
        {
            MongoAuthenticationException => "the user name or password was refused.",
            TimeoutException => "no server answered within 5 seconds. Check the host, the port and the firewall.",
            MongoCommandException c => c.Message,
            _ => e.Message,
        };
        var password = MongoUrl.Create(uri).Password;
        why = why.Replace(uri, "(uri)", StringComparison.Ordinal);
        return string.IsNullOrEmpty(password) ? why : why.Replace(password, "••••", StringComparison.Ordinal);
    }
}
