using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Templates;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Sends what people and client servers write. The message is kept and answered at once; a worker sends it.</summary>
public sealed class ChatSending
{
    private readonly Threads _threads;
    private readonly MessageDrafts _drafts;
    private readonly TemplateMappings _templates;
    private readonly TemplateFilling _filling;
    private readonly JobQueue _queue;
    private readonly InboxFeed _feed;
    private readonly MessageReopening _reopening;
    private readonly MediaLinks _links;
    private readonly TimeProvider _clock;

    internal ChatSending(
        Threads threads, MessageDrafts drafts, TemplateMappings templates, TemplateFilling filling, JobQueue queue, InboxFeed feed, MessageReopening reopening, MediaLinks links,
        TimeProvider clock)
    {
        _reopening = reopening;
        _threads = threads;
        _drafts = drafts;
        _templates = templates;
        _filling = filling;
        _queue = queue;
        _feed = feed;
        _links = links;
        _clock = clock;
    }

    /// <summary>Queues a message, unless it may not be sent to this contact now.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="input">The message.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="token">The same for every attempt at a request: a later one finds the message of one before a crash, and sends no second.</param>
    /// <exception cref="RefusedException">
    /// VALIDATION_ERROR, CONVERSATION_NOT_FOUND, WINDOW_CLOSED, OPTED_OUT, CONTACT_BLOCKED, TEMPLATE_NOT_FOUND, TEMPLATE_NOT_APPROVED, VARIABLES_MISSING.
    /// </exception>
    public async Task<MessageView> SendAsync(TenantScope scope, SendMessage input, CancellationToken ct, string? token = null)
    {
        var id = token is null ? ObjectId.GenerateNewId(_clock.GetUtcNow().UtcDateTime) : Ids.From("message", token);
        if (token is not null && await scope.Db.Messages.FindByIdAsync(id, ct) is { } kept)
        {
            return await QueuedAsync(scope, kept, ct);
        }

        var check = new Check();
        var (contact, conversation) = await ContactAsync(scope, check, input, ct);
        var lead = await LeadOfAsync(scope, contact, conversation, ct);
        var draft = await MessageReading.ReadAsync(scope, check, input, new MessageDraft(id, contact)
        {
            LeadId = lead?.Id,
            Owner = lead?.AssignedTo ?? scope.Actor.OnlyAssignedTo,
            SentBy = SenderOf(scope),
        }, ct);
        draft = draft with { ReplyTo = await MessageReading.ReplyAsync(scope, check, input.ReplyTo, conversation?.Id, ct) };
        check.Throw();

        Template? template = null;
        if (draft.Type == "template")
        {
            (draft, template) = await FillAsync(scope, input, draft, lead, ct);
        }

        var ban = OutgoingGate.Decide(conversation, lead?.OptedOut == true, template?.Category, _clock.GetUtcNow().UtcDateTime);
        await OutgoingGate.RefuseAsync(ban, conversation, () => TemplateMappings.ApprovedNamesAsync(scope, ct));
        return await QueueAsync(scope, draft, ct);
    }

    /// <summary>Sends a failed message again.</summary>
    /// <exception cref="RefusedException">INVALID_ID, MESSAGE_NOT_FOUND, NOT_FAILED, WINDOW_CLOSED, OPTED_OUT, CONTACT_BLOCKED.</exception>
    public async Task<MessageView> RetryAsync(TenantScope scope, string messageId, CancellationToken ct)
    {
        var (message, conversation) = await FailedAsync(scope, messageId, ct);
        var lead = conversation.LeadId is { } leadId ? await scope.Db.Leads.FindByIdAsync(leadId, ct) : null;
        await AllowAsync(scope, message, conversation, lead, ct);

        // The job first here too, see QueueAsync: it waits a little for the message to be opened.
        await _queue.AskAgainAsync(scope, SendJob.Again(message), ct);
        var queued = await _reopening.ReopenAsync(scope, message.Id, ct) ?? throw InboxRefusals.NotRetryable("being sent");
        await _queue.AskAgainAsync(scope, SendJob.Again(message), ct);
        return MessageView.Of(queued, await _links.ForAsync(scope, ct));
    }

    /// <summary>Sends what a failed message said to another number, for when its number was wrong. The failed one stays as it is.</summary>
    /// <exception cref="RefusedException">
    /// INVALID_ID, MESSAGE_NOT_FOUND, NOT_FAILED, VALIDATION_ERROR, CONVERSATION_NOT_FOUND, WINDOW_CLOSED, OPTED_OUT, CONTACT_BLOCKED.
    /// </exception>
    public async Task<MessageView> SendElsewhereAsync(TenantScope scope, string messageId, string? to, CancellationToken ct)
    {
        var (message, _) = await FailedAsync(scope, messageId, ct);
        var check = new Check();
        var phone = check.Phone(to, "to", scope.Settings.Country);
        check.That(!string.IsNullOrWhiteSpace(to), "to", "to is required: a phone number with its country code.");
        check.Throw();
        var (contact, conversation) = await ContactAsync(scope, check, new SendMessage { To = phone }, ct);
        var lead = await LeadOfAsync(scope, contact, conversation, ct);
        await AllowAsync(scope, message, conversation, lead, ct);
        return await QueueAsync(scope, new MessageDraft(ObjectId.GenerateNewId(_clock.GetUtcNow().UtcDateTime), contact)
        {
            Type = message.Type,
            Text = message.Text,
            Template = message.Template,
            Content = message.Content,
            Media = message.Media,
            LeadId = lead?.Id,
            Owner = lead?.AssignedTo ?? scope.Actor.OnlyAssignedTo,
            SentBy = SenderOf(scope),
        }, ct);
    }

    internal static Sender SenderOf(TenantScope scope) => new()
    {
        Kind = scope.Actor.Kind switch { ActorKind.Agent or ActorKind.Staff => SenderKind.Agent, ActorKind.Automation => SenderKind.Automation, _ => SenderKind.Api },
        Id = scope.Actor.Id,
        Name = scope.Actor.Name,
    };

    private static async Task<(Message Message, Conversation Conversation)> FailedAsync(TenantScope scope, string messageId, CancellationToken ct)
    {
        var (message, conversation) = await MessageMarks.FindAsync(scope, messageId, ct);
        return message is { Direction: MessageDirection.Out, Status: MessageStatus.Failed } ? (message, conversation) : throw InboxRefusals.NotRetryable(message.Status.Word());
    }

    private static async Task<Lead?> LeadOfAsync(TenantScope scope, Contact contact, Conversation? conversation, CancellationToken ct)
    {
        var lead = contact.Phone is { } phone ? await LeadIntake.ByAnyPhoneAsync(scope, phone, ct) : null;
        // A template filled with the facts of somebody else's lead would tell them.
        return conversation is null && lead is not null && !scope.Actor.MaySee(lead.AssignedTo) ? throw InboxRefusals.ConversationNotFound(contact.Phone!) : lead;
    }

    /// <summary>Refuses to send a message that was written before, where it may not go out now.</summary>
    private async Task AllowAsync(TenantScope scope, Message message, Conversation? conversation, Lead? lead, CancellationToken ct)
    {
        var ban = await OutgoingGate.DecideAsync(scope, _templates, message, conversation, lead, _clock.GetUtcNow().UtcDateTime, ct);
        await OutgoingGate.RefuseAsync(ban, conversation, () => TemplateMappings.ApprovedNamesAsync(scope, ct));
    }

    private async Task<(Contact Contact, Conversation? Conversation)> ContactAsync(TenantScope scope, Check check, SendMessage input, CancellationToken ct)
    {
        if (input.ConversationId is { Length: > 0 })
        {
            var found = await ConversationSearch.NeedAsync(scope, input.ConversationId, ct);
            return (new Contact(found.Phone, found.UserId), found);
        }

        var userId = input.To?.Trim() is { } to && IsUserId(to) ? to : null;
        var phone = userId is null ? check.Phone(input.To, "to", scope.Settings.Country) : null;
        check.That(input.To is { Length: > 0 }, "to", "to is required: a phone number with its country code.");
        check.Throw();
        var contact = new Contact(phone, userId);
        var conversation = await _threads.FindAsync(scope, contact, ct);
        if (conversation is not null && !scope.Actor.MaySee(conversation.AssignedTo))
        {
            throw InboxRefusals.ConversationNotFound(input.To!);
        }

        return (conversation is null ? contact : contact with { UserId = conversation.UserId, Phone = phone ?? conversation.Phone }, conversation);
    }

    /// <summary>A country, a dot and letters or digits: no phone number is written so.</summary>
    private static bool IsUserId(string text) =>
        text is [>= 'A' and <= 'Z', >= 'A' and <= 'Z', '.', _, ..] && text.Length <= 140 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '.');

    private async Task<(MessageDraft, Template)> FillAsync(TenantScope scope, SendMessage input, MessageDraft draft, Lead? lead, CancellationToken ct)
    {
        var template = await _templates.ForSendingAsync(scope, input.TemplateName!.Trim(), string.IsNullOrWhiteSpace(input.TemplateLanguage) ? null : input.TemplateLanguage.Trim(), ct);
        TemplateMappings.RequireApproved(template);
        var given = (MappingReading.Given(input.Variables) ?? new GivenValues()) with
        {
            Header = input.HeaderValue,
            Buttons = MessageReading.Buttons(template, input.ButtonValues),
        };
        var facts = new TemplateFacts(lead is null ? [] : LeadFacts.Of(lead), []);
        var filled = await _filling.FillAsync(scope, template, facts, given, ct);
        if (filled.Missing is { } missing)
        {
            throw new RefusedException(
                RefusalKind.Unprocessable, "VARIABLES_MISSING", $"The template {template.Name} cannot be sent: {missing}. Send the values as variables, or map them.",
                filled.Slots.Where(s => s.Value is null).Select(s => new Fault($"variables.{s.Slot.Key.Name ?? $"{s.Slot.Key.Index}"}", $"{s.Slot.Key.Label} is empty.")).ToList());
        }

        return (draft with { Template = filled.Use, Text = filled.Text }, template);
    }

    private async Task<MessageView> QueueAsync(TenantScope scope, MessageDraft draft, CancellationToken ct)
    {
        // The job before the message: without the message it waits a little and goes, without the job nobody would ever send it.
        await _queue.EnqueueAsync(scope, [SendJob.For(draft.Id)], ct, wake: false);
        var message = await _drafts.PutAsync(scope, draft, ct);
        return await QueuedAsync(scope, message, ct);
    }

    private async Task<MessageView> QueuedAsync(TenantScope scope, Message message, CancellationToken ct)
    {
        if (message.Status == MessageStatus.Queued)
        {
            // Anew, should keeping it have taken longer than the job waits.
            await _queue.AskAgainAsync(scope, SendJob.For(message.Id), ct);
        }

        await _feed.StatusAsync(scope, message, ct);
        return MessageView.Of(message, await _links.ForAsync(scope, ct));
    }
}
