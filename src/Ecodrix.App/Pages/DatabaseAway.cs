using MongoDB.Driver;

namespace Ecodrix.App.Pages;

internal static class DatabaseAway
{
    extension(Exception exception)
    {
        /// <summary>Whether the database does not answer: what can be tried again in a moment, and is no fault of the page.</summary>
        public bool IsAway() => exception is MongoException or TimeoutException;
    }
}
