using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Graph;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Webhooks;

/// <summary>Fetches the file of a contact's message from Meta. One that comes broken is fetched again; one that is not what it claims to be is refused by its content.</summary>
internal sealed class InboundMediaJob(IWhatsApp whatsApp, MediaUpload media, MediaErasure erasure, InboxFeed feed, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "whatsapp.media";

    private const long Most = 100L * 1024 * 1024;

    public string Kind => JobKind;

    public bool CallsOut => true;

    public static NewJob For(Message message) => new(Ids.From(JobKind, message.Id.ToString()), JobKind, new BsonDocument("message", message.Id));

    public async Task<JobResult> RunAsync(JobRun run, CancellationToken ct)
    {
        var id = run.Ref("message");
        var message = await run.Scope.Db.Messages.FindByIdAsync(id, ct);
        if (message is not { Media: { State: MediaState.Pending, MetaId: { } metaId } part })
        {
            if (message is null)
            {
                // Deleted meanwhile: nobody would find any more what an attempt that was cut off has kept.
                await erasure.EraseAsync(run.Scope, [FileOf(id)], ct);
            }

            return JobResult.DoneAndForgotten;
        }

        try
        {
            await FetchAsync(run.Scope, message, part, metaId, ct);
        }
        catch (RefusedException refused) when (refused.RetryAfter is { } wait && !run.IsLastAttempt)
        {
            return JobResult.Later(clock.GetUtcNow().UtcDateTime + wait + JobRunner.BackOff(run.Attempt), refused.Message);
        }
        catch (RefusedException refused)
        {
            await FailAsync(run.Scope, message, refused.Message, ct);
        }

        return JobResult.DoneAndForgotten;
    }

    public async Task GaveUpAsync(JobRun run, string error, CancellationToken ct)
    {
        var id = run.Ref("message");
        if (await run.Scope.Db.Messages.FindByIdAsync(id, ct) is { Media.State: MediaState.Pending } message)
        {
            await FailAsync(run.Scope, message, error, ct);
        }
    }

    private static ObjectId FileOf(ObjectId message) => Ids.From(JobKind, "file", message.ToString());

    private async Task FetchAsync(TenantScope scope, Message message, MediaPart part, string metaId, CancellationToken ct)
    {
        var path = Path.Combine(Path.GetTempPath(), $"ecodrix-{Guid.NewGuid():n}.in");
        try
        {
            // Its address lives five minutes, so it is asked for anew at each try.
            var where = await whatsApp.DescribeAsync(scope, metaId, ct);
            await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 81920, useAsync: true))
            {
                if (!await whatsApp.DownloadAsync(scope, where.Url, file, Most, ct))
                {
                    throw MediaRefusals.TooLarge(message.Type, Most + 1, Most);
                }
            }

            if (!await GraphChecksum.FitsAsync(path, [where.Sha256, part.Sha256], ct))
            {
                throw Broken();
            }

            var kept = await media.KeepAsync(scope, path, new ToldFile(FileOf(message.Id), message.Type, part.FileName, part.Voice), ct);
            (part.State, part.FileId, part.MimeType, part.Size, part.FileName) = (MediaState.Stored, kept.Id, kept.MimeType, kept.Size, part.FileName ?? kept.FileName);
            if (!await SetAsync(scope, message, part, ct))
            {
                // Deleted meanwhile: nobody would find the file any more.
                await erasure.EraseAsync(scope, [kept.Id], ct);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What came is not what Meta has: as with any download that breaks off, the next one may be whole.</summary>
    private static RefusedException Broken() => new(
        RefusalKind.Upstream, "UPSTREAM_ERROR", "The file came broken from Meta: its SHA-256 is not the one that Meta tells. Ask the contact to send it again.")
    {
        RetryAfter = TimeSpan.FromSeconds(10),
    };

    private Task FailAsync(TenantScope scope, Message message, string why, CancellationToken ct)
    {
        var part = message.Media!;
        (part.State, part.Fault) = (MediaState.Failed, why);
        return SetAsync(scope, message, part, ct);
    }

    private async Task<bool> SetAsync(TenantScope scope, Message message, MediaPart part, CancellationToken ct)
    {
        var set = await scope.Db.Messages.UpdateOneAsync(m => m.Id == message.Id, Builders<Message>.Update.Set(m => m.Media, part), null, ct);
        await feed.StatusAsync(scope, message, ct);
        return set.MatchedCount > 0;
    }
}
