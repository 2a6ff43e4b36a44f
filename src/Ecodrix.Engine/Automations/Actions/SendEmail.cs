using Ecodrix.Engine.Email;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>
/// <c>send_email</c>: <c>{subject, htmlBody, to?}</c>, all Liquid. A mail has its action's id in its Message-ID, so that one sent twice
/// around a crash is recognisable as the same.
/// </summary>
internal sealed class SendEmail(IMailer mailer, TimeProvider clock) : IRuleAction
{
    /// <summary>Mail servers that put a mail off want minutes, not seconds: the attempts spread over about an hour.</summary>
    private const int Slower = 4;

    private const string NoAddress = "There is no e-mail address to send to.";

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
        var mail = await RenderAsync(run, ct);
        var input = Input(mail);
        if (mail.To is null)
        {
            return ActionOutcome.Skip(NoAddress, input, "NO_EMAIL");
        }

        MailAnswer answer;
        try
        {
            answer = await mailer.SendAsync(run.Scope, new Mail(run.Action.Id.ToString(), mail.To, mail.Subject, mail.Html, mail.Text), ct);
        }
        catch (RefusedException refused)
        {
            return ActionOutcome.Fail(refused.Code, refused.Message, input);
        }

        if (answer is MailAnswer.Accepted && run.Lead is not null)
        {
            await NoteAsync(run, run.Lead, mail, ct);
        }

        return answer switch
        {
            MailAnswer.Accepted accepted => ActionOutcome.Done(input, new BsonDocument { ["messageId"] = accepted.MessageId, ["response"] = accepted.Response }),
            MailAnswer.Refused refused => ActionOutcome.Fail(refused.Code, $"{refused.Why} {refused.Remedy}", input),
            MailAnswer.Later later => new ActionOutcome.Later(
                clock.GetUtcNow().UtcDateTime + JobRunner.BackOff(run.Action.Attempts + Slower), later.Why, true, new ActionEnd(ActionStatus.Retrying) { Input = input }),
            _ => throw new InvalidOperationException($"Unknown answer {answer}."),
        };
    }

    public async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct)
    {
        var obstacles = new List<Obstacle>();
        if (SecretCatalogue.SmtpNeeded.Any(name => run.Scope.Secret(name) is null))
        {
            obstacles.Add(new Obstacle("SMTP_NOT_CONNECTED", "No mail server is connected: set its host, port and sender under Settings."));
        }

        try
        {
            var mail = await RenderAsync(run, ct);
            if (mail.To is null)
            {
                obstacles.Add(new Obstacle("NO_EMAIL", NoAddress));
            }

            return new ActionPreview(Input(mail)) { To = mail.To, Text = mail.Text, Obstacles = obstacles };
        }
        catch (RefusedException refused) when (refused.Code is "EMAIL_INVALID" or "TEMPLATE_INVALID")
        {
            obstacles.Add(new Obstacle(refused.Code, refused.Message));
            return new ActionPreview(run.Action.Config) { Obstacles = obstacles };
        }
    }

    private static Task<RenderedEmail> RenderAsync(ActionRun run, CancellationToken ct) =>
        RenderedEmail.OfAsync(run.Action.Config, run.Facts, run.Lead?.Email ?? run.Event.Email, ct);

    private static BsonDocument Input(RenderedEmail mail) => new()
    {
        ["to"] = mail.To is null ? BsonNull.Value : mail.To,
        ["subject"] = mail.Subject,
        ["html"] = mail.Html,
        ["text"] = mail.Text,
    };

    /// <summary>Puts the mail on the lead's timeline; a repeat around a crash finds it there.</summary>
    private async Task NoteAsync(ActionRun run, Lead lead, RenderedEmail mail, CancellationToken ct)
    {
        var entry = new Activity
        {
            Id = Ids.From("email", run.Action.Id.ToString()),
            LeadId = lead.Id,
            PipelineId = lead.PipelineId,
            Type = ActivityType.Email,
            Title = $"E-mail to {mail.To}: {mail.Subject}",
            PerformedBy = run.Scope.Actor.Name,
            ActorKind = run.Scope.Actor.Kind,
            EventLogId = run.Event.Id,
            At = clock.GetUtcNow().UtcDateTime,
        };
        await run.Scope.Db.Activities.ReplaceOneAsync(a => a.Id == entry.Id, entry, new ReplaceOptions { IsUpsert = true }, ct);
    }
}
