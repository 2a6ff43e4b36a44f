using System.Diagnostics;

namespace Ecodrix.App.Pages;

/// <summary>
/// What many pages read at the same moment, because they have all heard of the same change, is read once. An answer serves everybody who
/// heard of theirs before it was begun: it holds all they were told of.
/// </summary>
internal sealed class SharedReadings
{
    /// <summary>How long an answer is kept for pages that rest before they read.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Reading> _latest = new(StringComparer.Ordinal);

    /// <summary>Now, as moments of hearing and beginning are told: it goes up and never back.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>Reads something, or takes the answer to the same question that another page has asked since a moment.</summary>
    /// <param name="question">Names what is read, and for whom: two who may not see the same must not ask the same.</param>
    /// <param name="since">What changed before this moment is in the answer.</param>
    /// <param name="read">The reading. It belongs to nobody: it goes on when the page that began it is left.</param>
    public Task<T> ReadAsync<T>(string question, long since, Func<Task<T>> read)
        where T : class
    {
        Reading reading;
        lock (_gate)
        {
            if (!_latest.TryGetValue(question, out reading!) || reading.Begun < since)
            {
                foreach (var (old, _) in _latest.Where(r => Stopwatch.GetElapsedTime(r.Value.Begun) > Kept).ToList())
                {
                    _latest.Remove(old);
                }

                _latest[question] = reading = new Reading(Now, new Lazy<Task>(read));
            }
        }

        return (Task<T>)reading.Answer.Value;
    }

    private sealed record Reading(long Begun, Lazy<Task> Answer);
}
