using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>
/// <c>send_whatsapp</c>: <c>{templateName, language, variables?}</c>. The variables of the template's body are Liquid: a list for
/// positional ones, an object for named ones.
/// </summary>
internal sealed class SendWhatsapp(MessageDrafts drafts, MessageSending sending) : IRuleAction
{
    public string Type => "send_whatsapp";

    public void Check(Check check, BsonDocument config, string at)
    {
        check.RequireText(config, "templateName", at, 512);
        check.That(!config.TryGetValue("language", out var language) || language.IsBsonNull || language.IsString, $"{at}language", $"{at}language must be a text such as en_US.");
        var variables = config.GetValue("variables", BsonNull.Value);
        check.That(variables is BsonNull or BsonArray or BsonDocument, $"{at}variables", $"{at}variables must be a list (positional) or an object (named).");
        foreach (var text in Values(variables).OfType<BsonString>())
        {
            check.That(Liquid.Fault(text.Value) is null, $"{at}variables", $"{at}variables: \"{text.Value}\" is not a readable template.");
        }
    }

    public async Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct)
    {
        var template = await FillAsync(run);
        var phone = run.Lead?.Phone ?? run.Event.Phone;
        var input = new BsonDocument
        {
            ["to"] = phone is null ? BsonNull.Value : phone,
            ["templateName"] = template.Name,
            ["language"] = template.Language,
            ["components"] = template.Components,
        };
        if (phone is null)
        {
            return ActionOutcome.Skip("There is no phone number to send to.", input);
        }

        if (run.Lead?.OptedOut == true)
        {
            return ActionOutcome.Skip("The lead has opted out of messages.", input);
        }

        if (Blank(template.Components))
        {
            return ActionOutcome.Skip("A variable of the template came out empty, which Meta refuses. Send the value with the trigger, or give a fallback with Liquid's default filter.", input);
        }

        var message = await drafts.PutAsync(run.Scope, new MessageDraft(run.Action.Id, phone)
        {
            Template = template,
            LeadId = run.Lead?.Id,
            ContactName = run.Lead?.FullName,
            SentBy = new Sender { Kind = SenderKind.Automation, Id = run.Action.RuleId.ToString(), Name = run.Scope.Actor.Name },
            EventLogId = run.Event.Id,
        }, ct);
        return await sending.SendAsync(run.Scope, message, ct) switch
        {
            SendOutcome.Sent sent => new ActionOutcome.Ended(new ActionEnd(ActionStatus.Completed)
            {
                Input = input,
                MessageId = message.Id,
                Output = new BsonDocument("wamid", sent.Wamid),
            }),
            SendOutcome.Failed failed => new ActionOutcome.Ended(new ActionEnd(ActionStatus.Failed)
            {
                Input = input,
                MessageId = message.Id,
                Error = $"{failed.Error.Title} ({failed.Error.Code}). {failed.Error.Hint}",
            }),
            SendOutcome.Later later => new ActionOutcome.Later(later.At, later.Why, later.CountsAsAttempt, new ActionEnd(ActionStatus.Retrying) { Input = input, MessageId = message.Id }),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
    }

    private static async Task<TemplateUse> FillAsync(ActionRun run)
    {
        var config = run.Action.Config;
        var parameters = new BsonArray();
        switch (config.GetValue("variables", BsonNull.Value))
        {
            case BsonArray positional:
                foreach (var value in positional)
                {
                    parameters.Add(new BsonDocument { ["type"] = "text", ["text"] = await Liquid.RenderAsync(Show(value), run.Facts) });
                }

                break;
            case BsonDocument named:
                foreach (var (name, value) in named.Select(e => (e.Name, e.Value)))
                {
                    parameters.Add(new BsonDocument { ["type"] = "text", ["parameter_name"] = name, ["text"] = await Liquid.RenderAsync(Show(value), run.Facts) });
                }

                break;
        }

        return new TemplateUse
        {
            Name = await run.RenderAsync("templateName"),
            Language = config.GetValue("language", BsonNull.Value) is BsonString { Value: var language } ? language : "en_US",
            // Components without variables are left out, as Meta wants it.
            Components = parameters.Count == 0 ? [] : [new BsonDocument { ["type"] = "body", ["parameters"] = parameters }],
        };
    }

    private static bool Blank(BsonArray components) =>
        components.Any(c => c["parameters"].AsBsonArray.Any(p => string.IsNullOrWhiteSpace(p["text"].AsString)));

    private static IEnumerable<BsonValue> Values(BsonValue variables) => variables switch
    {
        BsonArray list => list,
        BsonDocument named => named.Values,
        _ => [],
    };

    private static string Show(BsonValue value) => value.IsBsonNull ? "" : value.ToString()!;
}
