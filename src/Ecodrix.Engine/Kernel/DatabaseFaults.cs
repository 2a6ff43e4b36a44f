using MongoDB.Driver;

namespace Ecodrix.Engine.Kernel;

/// <summary>What a database's exceptions mean for the work at hand.</summary>
internal static class DatabaseFaults
{
    /// <summary>What is said of work that waits for its database.</summary>
    public const string AwayWords = "The client's database does not answer. It is tried again until it does.";

    extension(Exception exception)
    {
        /// <summary>Whether the database does not answer at all: no fault of the work, which needs nothing but patience.</summary>
        /// <remarks>The driver tells by a bare <see cref="TimeoutException"/> that it found no server; those of other upstreams are theirs.</remarks>
        public bool IsDatabaseAway() => exception is MongoConnectionException or MongoConnectionPoolPausedException or MongoWaitQueueFullException or MongoNotPrimaryException or MongoNodeIsRecoveringException
            || (exception is TimeoutException && exception.Source?.StartsWith("MongoDB.Driver", StringComparison.Ordinal) == true);

        /// <summary>What a tenant may read about it: the driver's own words name servers and commands, and go to the log only.</summary>
        public string WordsForTenant() => exception.IsDatabaseAway() ? AwayWords
            : exception is MongoException ? "The database could not do it; the platform's log says why."
            : exception.Message;
    }
}
