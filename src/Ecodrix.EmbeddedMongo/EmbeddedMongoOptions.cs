namespace Ecodrix.EmbeddedMongo;

/// <summary>How to run an <see cref="EmbeddedMongoServer"/>.</summary>
public sealed record EmbeddedMongoOptions
{
    /// <summary>The folder that holds the data; created if it is not there. One process at a time may have it open.</summary>
    public required string DirectoryPath { get; init; }

    /// <summary>The loopback port to listen on; 0 takes any that is free.</summary>
    public int Port { get; init; }

    /// <summary>What an acknowledged write survives.</summary>
    public Durability Durability { get; init; } = Durability.Process;

    /// <summary>The clock for TTL indexes, cursor time-outs, <c>$$NOW</c> and <c>$currentDate</c>.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How many connections may be open at once; a further one is closed at once.</summary>
    public int MaximumConnections { get; init; } = 2000;

    /// <summary>How many cursors may be open at once.</summary>
    public int MaximumCursors { get; init; } = 2000;

    /// <summary>How long a cursor that nobody asks stays open.</summary>
    public TimeSpan CursorTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often documents whose time is over (TTL indexes) are looked for.</summary>
    public TimeSpan ExpiryInterval { get; init; } = TimeSpan.FromMinutes(1);
}
