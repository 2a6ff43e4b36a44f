using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary>One operator on one path.</summary>
internal abstract class FieldUpdate(UpdatePath path)
{
    public UpdatePath Path { get; } = path;

    /// <summary>The paths that are written to; they must not meet those of any other update.</summary>
    public virtual IReadOnlyList<UpdatePath> Writes => [Path];

    /// <summary>Whether a missing path is made.</summary>
    public virtual bool CreatesPath => true;

    /// <summary>
    /// The value to be there instead of the present one, null meaning none on either side. Giving back the very same object
    /// says that nothing changes; the present one is never written into.
    /// </summary>
    public abstract BsonValue? Next(BsonValue? present, UpdateRun run);

    /// <summary>Carries the update out in a run's document.</summary>
    public virtual void Run(UpdateRun run) => run.Edit(this);
}
