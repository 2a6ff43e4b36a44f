using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>
/// <c>wait_until</c>: <c>{until, offsetMinutes?}</c>; <c>until</c> is a template that gives a time with an offset, such as
/// <c>{{ data.startsAt }}</c>, and <c>offsetMinutes</c> lies after it or, negative, before. The rule's later actions come after it; a time
/// that has passed does not hold them up.
/// </summary>
internal sealed class WaitUntil(TimeProvider clock) : IRuleAction
{
    public const string Name = "wait_until";

    private const int LongestDays = 366;

    public string Type => Name;

    public void Check(Check check, BsonDocument config, string at)
    {
        check.RequireText(config, "until", at, 500);
        var offset = config.GetValue("offsetMinutes", BsonNull.Value);
        check.That(offset is BsonNull || (offset.IsNumeric && Math.Abs(offset.ToDouble()) <= TriggerReading.LongestDelay), $"{at}offsetMinutes",
            $"{at}offsetMinutes must be a number from -{TriggerReading.LongestDelay} to {TriggerReading.LongestDelay}.");
    }

    // Thousands of waits may end at one moment, and most wait for a time that came with the event.
    public bool NeedsLead(BsonDocument config) => config.GetValue("until", "").ToString()!.Contains("lead", StringComparison.Ordinal);

    public async Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct)
    {
        var text = (await run.RenderAsync("until", ct)).Trim();
        var input = new BsonDocument("until", text);
        if (!Moments.TryParse(text, out var until))
        {
            throw RefusedException.Validation("until", $"until must give a time with an offset; it gave \"{Texts.Cut(text, 60)}\".");
        }

        var offset = run.Action.Config.GetValue("offsetMinutes", BsonNull.Value);
        var now = clock.GetUtcNow();
        // Within two years an offset changes something; further off it would only leave the calendar.
        until = offset.IsNumeric && (until - now).Duration() < TimeSpan.FromDays(2 * LongestDays) ? until.AddMinutes(offset.ToDouble()) : until;
        if (until <= now)
        {
            return ActionOutcome.Done(input);
        }

        return until > now.AddDays(LongestDays)
            ? throw RefusedException.Validation("until", "An action may wait for a year at most.")
            : new ActionOutcome.Later(until.UtcDateTime, null, CountsAsAttempt: false, new ActionEnd(ActionStatus.Queued) { Input = input });
    }
}
