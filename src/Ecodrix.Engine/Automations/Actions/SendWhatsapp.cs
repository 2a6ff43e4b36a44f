using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>
/// <c>send_whatsapp</c>: <c>{templateName, language, variables?}</c>. Variables given here are Liquid: a list for positional ones, an
/// object for named ones. Without them the template's own mapping fills it.
/// </summary>
internal sealed class SendWhatsapp(Threads threads, MessageDrafts drafts, MessageSending sending, TemplateMappings templates, TemplateFilling filling, TimeProvider clock) : IRuleAction
{
    private const string FallbackLanguage = "en_US";

    public string Type => "send_whatsapp";

    public void Check(Check check, BsonDocument config, string at)
    {
        check.RequireText(config, "templateName", at, 512);
        check.That(!config.TryGetValue("language", out var language) || language.IsBsonNull || language.IsString, $"{at}language", $"{at}language must be a text such as en_US.");
        var variables = config.GetValue("variables", BsonNull.Value);
        check.That(variables is BsonNull or BsonArray or BsonDocument, $"{at}variables", $"{at}variables must be a list (positional) or an object (named).");
        foreach (var text in Values(variables).OfType<BsonString>())
        {
            check.That(LiquidText.Fault(text.Value) is null, $"{at}variables", $"{at}variables: \"{text.Value}\" is not a readable template.");
        }
    }

    public async Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct)
    {
        // What an earlier attempt came to counts, whatever stands in the way now.
        var before = await run.Scope.Db.Messages.FindByIdAsync(run.Action.Id, ct);
        if (before is { Template: { } use } && sending.Became(before) is { } became)
        {
            return Outcome(before, became, Input(before.Phone, use, before.Text));
        }

        var outcome = await TryAsync(run, ct);
        if (before is not null && outcome is ActionOutcome.Ended { End: { Status: ActionStatus.Skipped, Error: { } why } })
        {
            // It is tried no more, so it must not stay queued. Where the action fails, its job sees to that.
            await sending.GiveUpAsync(run.Scope, before.Id, why, ct);
        }

        return outcome;
    }

    private async Task<ActionOutcome> TryAsync(ActionRun run, CancellationToken ct)
    {
        var phone = run.Lead?.Phone ?? run.Event.Phone;
        var filled = await FillAsync(run, mayAsk: true, ct);
        var input = Input(phone, filled.Use, filled.Text);
        if (phone is null)
        {
            return ActionOutcome.Skip("There is no phone number to send to.", input, "NO_PHONE");
        }

        if (filled.Refused is { } status)
        {
            return ActionOutcome.Fail("TEMPLATE_NOT_APPROVED", NotApproved(filled, status), input);
        }

        if (filled.Missing is { } missing)
        {
            var why = Empty(missing);
            return filled.Policy == EmptyVariable.Fail ? ActionOutcome.Fail("VARIABLE_MISSING", why, input) : ActionOutcome.Skip(why, input, "VARIABLE_MISSING");
        }

        var conversation = await threads.FindAsync(run.Scope, new Contact(phone, null), ct);
        var ban = OutgoingGate.Decide(conversation, run.Lead?.OptedOut == true, filled.Category, clock.GetUtcNow().UtcDateTime);
        return ban == SendBan.None ? await SendAsync(run, filled, phone, input, ct) : ActionOutcome.Skip(ban.Words(), input, CodeOf(ban));
    }

    public async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct)
    {
        var obstacles = new List<Obstacle>();
        var phone = run.Lead?.Phone ?? run.Event.Phone;
        Note(obstacles, phone is null, "NO_PHONE", "There is no phone number to send to.");
        Note(obstacles, scope: run.Scope);
        Filled filled;
        try
        {
            filled = await FillAsync(run, mayAsk: false, ct);
        }
        catch (RefusedException refused) when (refused.Code == "TEMPLATE_NOT_FOUND")
        {
            obstacles.Add(new Obstacle(refused.Code, refused.Message));
            return new ActionPreview(await run.RenderAllAsync(ct)) { To = phone, Obstacles = obstacles };
        }

        Note(obstacles, filled.Refused is not null, "TEMPLATE_NOT_APPROVED", NotApproved(filled, filled.Refused));
        Note(obstacles, filled.Missing is not null, "VARIABLE_MISSING", Empty(filled.Missing));
        if (phone is not null)
        {
            var conversation = await threads.LookAsync(run.Scope, new Contact(phone, null), ct);
            var ban = OutgoingGate.Decide(conversation, run.Lead?.OptedOut == true, filled.Category, clock.GetUtcNow().UtcDateTime);
            Note(obstacles, ban != SendBan.None, CodeOf(ban), ban.Words());
        }

        return new ActionPreview(Input(phone, filled.Use, filled.Text)) { To = phone, Text = filled.Text, Obstacles = obstacles };
    }

    private static void Note(List<Obstacle> obstacles, bool there, string code, string message)
    {
        if (there)
        {
            obstacles.Add(new Obstacle(code, message));
        }
    }

    private static void Note(List<Obstacle> obstacles, TenantScope scope) => Note(
        obstacles, scope.Secret(SecretCatalogue.WhatsAppToken) is null || scope.Secret(SecretCatalogue.WhatsAppPhoneNumberId) is null, "WHATSAPP_NOT_CONNECTED",
        "WhatsApp is not connected: set its token and phone number id under Settings.");

    private static string NotApproved(Filled filled, string? status) => $"The template {filled.Use.Name} ({filled.Use.Language}) is {status}: Meta sends approved ones only.";

    private static string Empty(string? missing) => $"{missing}. Meta refuses empty variables: send the value with the trigger, map it, or give a fallback.";

    private static BsonDocument Input(string? phone, TemplateUse use, string? text) => new()
    {
        ["to"] = phone is null ? BsonNull.Value : phone,
        ["templateName"] = use.Name,
        ["language"] = use.Language,
        ["components"] = use.Components,
        ["text"] = text is null ? BsonNull.Value : text,
    };

    private async Task<ActionOutcome> SendAsync(ActionRun run, Filled filled, string phone, BsonDocument input, CancellationToken ct)
    {
        var message = await drafts.PutAsync(run.Scope, new MessageDraft(run.Action.Id, new Contact(phone, null, run.Lead?.FullName))
        {
            Type = "template",
            Template = filled.Use,
            Text = filled.Text,
            LeadId = run.Lead?.Id,
            Owner = run.Lead?.AssignedTo,
            SentBy = new Sender { Kind = SenderKind.Automation, Id = run.Action.RuleId.ToString(), Name = run.Scope.Actor.Name },
            EventLogId = run.Event.Id,
        }, ct);
        return Outcome(message, await sending.SendAsync(run.Scope, message, ct), input);
    }

    private static ActionOutcome Outcome(Message message, SendOutcome outcome, BsonDocument input) => outcome switch
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
            ErrorCode = Remedies.OfMeta(failed.Error.Code),
        }),
        SendOutcome.Later later => new ActionOutcome.Later(later.At, later.Why, later.CountsAsAttempt, new ActionEnd(ActionStatus.Retrying) { Input = input, MessageId = message.Id }),
        var other => throw new InvalidOperationException($"Unknown outcome {other}."),
    };

    /// <param name="run">The action.</param>
    /// <param name="mayAsk">Whether a template that is not known here may be asked of Meta, and kept.</param>
    /// <param name="ct">Cancels.</param>
    private async Task<Filled> FillAsync(ActionRun run, bool mayAsk, CancellationToken ct)
    {
        var name = await run.RenderAsync("templateName", ct);
        var language = run.Action.Config.GetValue("language", BsonNull.Value) is BsonString { Value: { Length: > 0 } said } ? said : null;
        var given = await GivenAsync(run, ct);
        Template template;
        try
        {
            template = mayAsk
                ? await templates.ForSendingAsync(run.Scope, name, language, ct)
                : await templates.FindAsync(run.Scope, name, language, ct) ?? throw TemplateMappings.NotFound(name, language);
        }
        catch (RefusedException refused) when (given is not null && refused.RetryAfter is null)
        {
            // Not in our list and not to be asked for; the rule says all there is to say, so Meta shall judge.
            var use = new TemplateUse { Name = name, Language = language ?? FallbackLanguage, Components = TemplateFilling.Plain(given) };
            var blank = use.Components.Any(c => c["parameters"].AsBsonArray.Any(p => string.IsNullOrWhiteSpace(p["text"].AsString)));
            return new Filled(use, null, blank ? "A variable came out empty" : null, EmptyVariable.Skip, "utility", null);
        }
        catch (RefusedException refused) when (refused.RetryAfter is not null)
        {
            // Meta is away: worth another attempt, which a refusal would not get.
            throw new HttpRequestException(refused.Message, refused);
        }

        var lead = run.Lead is null ? [] : run.Facts["lead"].AsBsonDocument;
        var facts = new TemplateFacts(lead, new BsonDocument(run.Facts.Where(f => f.Name != "lead")));
        var filled = await filling.FillAsync(run.Scope, template, facts, given, ct);
        return new Filled(filled.Use, filled.Text, filled.Missing, template.OnEmptyVariable, template.Category, template.Status == Template.Approved ? null : template.Status);
    }

    private static async Task<GivenValues?> GivenAsync(ActionRun run, CancellationToken ct)
    {
        switch (run.Action.Config.GetValue("variables", BsonNull.Value))
        {
            case BsonArray { Count: > 0 } positional:
                var list = new List<string>(positional.Count);
                foreach (var value in positional)
                {
                    list.Add(await LiquidText.RenderAsync(Show(value), run.Facts, LiquidEncoding.Plain, ct));
                }

                return new GivenValues { Positional = list };
            case BsonDocument { ElementCount: > 0 } named:
                var values = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var (name, value) in named.Select(e => (e.Name, e.Value)))
                {
                    values[name] = await LiquidText.RenderAsync(Show(value), run.Facts, LiquidEncoding.Plain, ct);
                }

                return new GivenValues { Named = values };
            default:
                return null;
        }
    }

    private static string CodeOf(SendBan ban) => ban.Word().ToUpperInvariant();

    private static IEnumerable<BsonValue> Values(BsonValue variables) => variables switch
    {
        BsonArray list => list,
        BsonDocument named => named.Values,
        _ => [],
    };

    private static string Show(BsonValue value) => value.IsBsonNull ? "" : value.ToString()!;

    /// <summary>A template filled for an event.</summary>
    /// <param name="Use">What would be sent.</param>
    /// <param name="Text">How it reads, where the template is known.</param>
    /// <param name="Missing">What is still empty.</param>
    /// <param name="Policy">What then happens.</param>
    /// <param name="Category">Its category.</param>
    /// <param name="Refused">Its status where Meta would refuse it.</param>
    private sealed record Filled(TemplateUse Use, string? Text, string? Missing, EmptyVariable Policy, string Category, string? Refused);
}
