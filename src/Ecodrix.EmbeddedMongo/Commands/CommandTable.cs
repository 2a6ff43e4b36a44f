namespace Ecodrix.EmbeddedMongo.Commands;

/// <summary>The commands there are. Any other is refused by name.</summary>
internal static class CommandTable
{
    private static readonly HashSet<string> None = [];

    private static readonly Dictionary<string, Command> Commands = new(StringComparer.Ordinal)
    {
        ["hello"] = new(SessionCommands.HelloAsync, SessionCommands.HelloFields, NeedsAuthentication: false),
        ["isMaster"] = new(SessionCommands.HelloAsync, SessionCommands.HelloFields, NeedsAuthentication: false),
        ["ismaster"] = new(SessionCommands.HelloAsync, SessionCommands.HelloFields, NeedsAuthentication: false),
        ["saslStart"] = new(SessionCommands.SaslStartAsync, SessionCommands.SaslStartFields, NeedsAuthentication: false),
        ["saslContinue"] = new(SessionCommands.SaslContinueAsync, SessionCommands.SaslContinueFields, NeedsAuthentication: false),
        ["logout"] = new(SessionCommands.LogoutAsync, None, NeedsAuthentication: false),
        ["ping"] = new(SessionCommands.OkAsync, None, NeedsAuthentication: false),
        ["buildInfo"] = new(SessionCommands.BuildInfoAsync, None, NeedsAuthentication: false),
        ["buildinfo"] = new(SessionCommands.BuildInfoAsync, None, NeedsAuthentication: false),
        ["endSessions"] = new(SessionCommands.OkAsync, None, NeedsAuthentication: false),

        ["find"] = new(FindCommands.FindAsync, FindCommands.FindFields),
        ["getMore"] = new(FindCommands.GetMoreAsync, FindCommands.GetMoreFields),
        ["killCursors"] = new(FindCommands.KillCursorsAsync, FindCommands.KillCursorsFields),
        ["aggregate"] = new(AggregateCommand.AggregateAsync, AggregateCommand.Fields),
        ["count"] = new(CountCommands.CountAsync, CountCommands.CountFields),
        ["distinct"] = new(CountCommands.DistinctAsync, CountCommands.DistinctFields),
        ["explain"] = new(ExplainCommand.ExplainAsync, ExplainCommand.Fields),

        ["insert"] = new(InsertCommand.InsertAsync, InsertCommand.Fields),
        ["update"] = new(UpdateCommand.UpdateAsync, UpdateCommand.Fields),
        ["delete"] = new(DeleteCommand.DeleteAsync, DeleteCommand.Fields),
        ["findAndModify"] = new(FindAndModifyCommand.FindAndModifyAsync, FindAndModifyCommand.Fields),
        ["findandmodify"] = new(FindAndModifyCommand.FindAndModifyAsync, FindAndModifyCommand.Fields),

        ["validate"] = new(ValidateCommand.ValidateAsync, ValidateCommand.Fields),
        ["listDatabases"] = new(CatalogCommands.ListDatabasesAsync, CatalogCommands.ListDatabasesFields),
        ["listCollections"] = new(CatalogCommands.ListCollectionsAsync, CatalogCommands.ListCollectionsFields),
        ["create"] = new(CatalogCommands.CreateAsync, CatalogCommands.CreateFields),
        ["drop"] = new(CatalogCommands.DropAsync, None),
        ["dropDatabase"] = new(CatalogCommands.DropDatabaseAsync, None),
        ["createIndexes"] = new(IndexCommands.CreateAsync, IndexCommands.CreateFields),
        ["listIndexes"] = new(IndexCommands.ListAsync, IndexCommands.ListFields),
        ["dropIndexes"] = new(IndexCommands.DropAsync, IndexCommands.DropFields),
    };

    /// <exception cref="MongoError">59.</exception>
    public static Command Find(string name) => Commands.TryGetValue(name, out var command)
        ? command
        : throw new MongoError(59, "CommandNotFound", $"no such command: '{name}'");
}
