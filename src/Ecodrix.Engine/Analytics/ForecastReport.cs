using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Pipelines;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.Engine.Analytics;

/// <summary>What the open leads are expected to bring.</summary>
public sealed class ForecastReport
{
    private readonly PipelineFigures _pipelines;
    private readonly TimeProvider _clock;

    internal ForecastReport(PipelineFigures pipelines, TimeProvider clock)
    {
        _pipelines = pipelines;
        _clock = clock;
    }

    /// <summary>
    /// Value times probability of the leads that are open now. A forecast looks ahead: the time is checked as in the other reports, and
    /// narrows nothing.
    /// </summary>
    /// <exception cref="RefusedException">VALIDATION_ERROR, INVALID_ID, PIPELINE_NOT_FOUND.</exception>
    public Task<ForecastView> GetAsync(TenantScope scope, ReportFilter filter, CancellationToken ct)
    {
        _ = ReportRange.Read(scope, filter, _clock);
        return _pipelines.ForecastAsync(scope, filter.PipelineId, ct);
    }
}
