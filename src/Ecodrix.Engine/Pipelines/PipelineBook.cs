using System.Collections.Concurrent;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using MongoDB.Bson;

namespace Ecodrix.Engine.Pipelines;

/// <summary>
/// A tenant's pipelines held in memory as long as the tenant is, for those who only want to know what a pipeline or a stage is called.
/// Who decides by a pipeline reads it.
/// </summary>
internal static class PipelineBook
{
    extension(TenantScope scope)
    {
        /// <summary>The pipeline a lead of this stage is in, as it was a few seconds ago at most; null when it is gone.</summary>
        public async Task<Pipeline?> KnownPipelineAsync(ObjectId id, ObjectId stageId, CancellationToken ct)
        {
            var held = scope.Cached(() => new Held());
            // A stage that is new elsewhere is reason enough to look again.
            if (held.ById.TryGetValue(id, out var known) && known.Stages.Exists(s => s.Id == stageId))
            {
                return known;
            }

            var found = await scope.Db.Pipelines.FindByIdAsync(id, ct);
            if (found is not null)
            {
                held.ById[id] = found;
            }

            return found;
        }
    }

    private sealed class Held
    {
        public ConcurrentDictionary<ObjectId, Pipeline> ById { get; } = new();
    }
}
