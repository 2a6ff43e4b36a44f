using Ecodrix.Engine.Kernel;

namespace Ecodrix.Engine.Jobs;

internal static class JobRefusals
{
    public static RefusedException NotFound(string jobId) => new(RefusalKind.NotFound, "JOB_NOT_FOUND", $"There is no job {jobId}, or it ended more than a week ago.");

    public static RefusedException NotFailed(string jobId, string status) => new(
        RefusalKind.Conflict, "JOB_NOT_FAILED", $"The job {jobId} is {status}: only one that has failed can be tried again.", new { status });

    public static RefusedException NotQueued(string jobId, string status) => new(
        RefusalKind.Conflict, "JOB_NOT_QUEUED", $"The job {jobId} is {status}: only one that has not begun can be called off.", new { status });

    public static RefusedException NotTenants(string kind) => new(
        RefusalKind.Conflict, "JOB_NOT_YOURS", $"Jobs of the kind {kind} belong to the platform, or are steered where their work is shown (a broadcast on its page).", new { kind });
}
