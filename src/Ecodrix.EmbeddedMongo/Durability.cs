namespace Ecodrix.EmbeddedMongo;

/// <summary>What an acknowledged write survives.</summary>
public enum Durability
{
    /// <summary>
    /// The end of the process at any moment, <c>kill -9</c> included. When the whole machine loses power, the last
    /// seconds before may be lost, never more, and the file stays consistent. The default: a commit waits for no disk.
    /// </summary>
    Process,

    /// <summary>The loss of power as well: each commit waits until the disk has it.</summary>
    Power,
}
