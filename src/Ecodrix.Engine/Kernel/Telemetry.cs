using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Ecodrix.Engine.Kernel;

/// <summary>
/// What the engine tells observers, by .NET's own activities and meters: a host listens with OpenTelemetry, and without a listener it
/// costs next to nothing. No tenant is a label: their number has no bound.
/// </summary>
public static class Telemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Ecodrix";

    private static readonly Meter Meter = new(Name);

    /// <summary>From what a job in memory takes to what an upstream may hold it, and beyond: the usual buckets are meant for milliseconds.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] };

    internal static ActivitySource Activities { get; } = new(Name);

    /// <summary>Events accepted, by trigger and source.</summary>
    internal static Counter<long> EventsAccepted { get; } = Meter.CreateCounter<long>("ecodrix.events.accepted", "{event}", "Events accepted.");

    /// <summary>Attempts at jobs, by kind and outcome.</summary>
    internal static Histogram<double> JobDuration { get; } = Meter.CreateHistogram<double>("ecodrix.job.duration", "s", "How long attempts at jobs took.", null, Seconds);

    /// <summary>How long after its time a job began, by kind.</summary>
    internal static Histogram<double> JobLateness { get; } = Meter.CreateHistogram<double>("ecodrix.job.lateness", "s", "How long after their time jobs began.", null, Seconds);

    /// <summary>Calls to Meta to send a message, by outcome.</summary>
    internal static Counter<long> WhatsAppSends { get; } = Meter.CreateCounter<long>("ecodrix.whatsapp.sends", "{message}", "Messages given to Meta.");

    /// <summary>Attempts at callbacks, by outcome.</summary>
    internal static Counter<long> CallbackAttempts { get; } = Meter.CreateCounter<long>("ecodrix.callback.attempts", "{attempt}", "Attempts at callbacks.");

    /// <summary>Has the queue's state asked for whenever somebody reads the meters.</summary>
    internal static void ObserveQueue(Func<QueueDepth> depth)
    {
        Meter.CreateObservableGauge("ecodrix.jobs", () => (Measurement<long>[])[new(depth().Due, State("due")), new(depth().Running, State("running"))], "{job}", "Jobs that are due, and that run.");
        Meter.CreateObservableGauge("ecodrix.jobs.oldest", () => depth().OldestDue.TotalSeconds, "s", "How long the oldest due job has been due.");
    }

    internal static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);

    internal static KeyValuePair<string, object?> Kind(string kind) => new("kind", kind);

    private static KeyValuePair<string, object?> State(string state) => new("state", state);
}

/// <summary>How full the queue is, of all tenants.</summary>
/// <param name="Due">Jobs whose time has come.</param>
/// <param name="Running">Jobs that run.</param>
/// <param name="OldestDue">How long the oldest due job has been due.</param>
internal sealed record QueueDepth(long Due, long Running, TimeSpan OldestDue)
{
    public static QueueDepth Empty { get; } = new(0, 0, TimeSpan.Zero);
}
