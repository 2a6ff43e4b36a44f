using Ecodrix.Engine.Email;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>
/// <c>send_email</c>: <c>{subject, htmlBody, to?}</c>, all Liquid. A mail has its action's id in its Message-ID, so that one sent twice
/// around a crash is recognisable as the same.
/// </summary>
internal sealed class SendEmail(IMailer mailer, TimeProvider clock) : IRuleAction
{
    /// <summary>Mail servers that put a mail off want minutes, not seconds: the attempts spread over about an hour.</summary>
    private const int Slower = 4;

    public string Type => "send_email";

    public void Check(Check check, BsonDocument config, string at)
    {
        check.RequireText(config, "subject", at, 500);
        check.RequireText(config, "htmlBody", at, 100_000);
        if (config.TryGetValue("to", out var to) && to is not BsonNull and not BsonString { Value.Length: 0 })
        {
            check.RequireText(config, "to", at, 254);
        }
    }

    public async Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct)
    {
        var mail = await RenderedEmail.OfAsync(run.Action.Config, run.Facts, run.Lead?.Email ?? run.Event.Email, ct);
        var input = new BsonDocument
        {
            ["to"] = mail.To is null ? BsonNull.Value : mail.To,
            ["subject"] = mail.Subject,
            ["html"] = mail.Html,
            ["text"] = mail.Text,
        };
        if (mail.To is null)
        {
            return ActionOutcome.Skip("There is no e-mail address to send to.", input);
        }

        MailAnswer answer;
        try
        {
            answer = await mailer.SendAsync(run.Scope, new Mail(run.Action.Id.ToString(), mail.To, mail.Subject, mail.Html, mail.Text), ct);
        }
        catch (RefusedException refused)
        {
            return Failed(input, refused.Message);
        }

        return answer switch
        {
            MailAnswer.Accepted accepted => ActionOutcome.Done(input, new BsonDocument { ["messageId"] = accepted.MessageId, ["response"] = accepted.Response }),
            MailAnswer.Refused refused => Failed(input, $"{refused.Why} {refused.Remedy}"),
            MailAnswer.Later later => new ActionOutcome.Later(
                clock.GetUtcNow().UtcDateTime + JobRunner.BackOff(run.Action.Attempts + Slower), later.Why, true, new ActionEnd(ActionStatus.Retrying) { Input = input }),
            _ => throw new InvalidOperationException($"Unknown answer {answer}."),
        };
    }

    private static ActionOutcome Failed(BsonDocument input, string why) =>
        new ActionOutcome.Ended(new ActionEnd(ActionStatus.Failed) { Input = input, Error = why });
}
