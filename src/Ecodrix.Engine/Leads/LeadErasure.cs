using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.Notifications;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Timeline;
using Ecodrix.Engine.Triggers;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Inbox;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Leads;

/// <summary>What was erased of a person.</summary>
/// <param name="LeadId">The lead that is gone.</param>
/// <param name="Activities">Entries of its timeline, notes among them.</param>
/// <param name="Conversations">Conversations.</param>
/// <param name="Messages">Their messages.</param>
/// <param name="Events">Events whose payload was blanked; that they happened is kept.</param>
/// <param name="Callbacks">Callbacks.</param>
/// <param name="Files">Files the person had sent.</param>
/// <param name="FilesWaiting">More such files, in a bucket that cannot be asked now: a job erases them as soon as it can be, and says what stands in the way.</param>
/// <param name="Recipients">Broadcasts' entries about the person; the broadcasts' counts stay.</param>
/// <param name="Meetings">Meetings that are being taken out of the calendar, past ones too.</param>
public sealed record ErasureView(
    string LeadId, long Activities, long Conversations, long Messages, long Events, long Callbacks, long Files, long FilesWaiting, long Recipients, int Meetings);

/// <summary>Erases a person from a tenant's data.</summary>
public sealed class LeadErasure
{
    private readonly PendingWork _pending;
    private readonly MeetingCancelling _meetings;
    private readonly MediaErasure _media;
    private readonly IdempotencyLedger _ledger;
    private readonly ILiveBus _live;
    private readonly AuditLog _audit;

    internal LeadErasure(PendingWork pending, MeetingCancelling meetings, MediaErasure media, IdempotencyLedger ledger, ILiveBus live, AuditLog audit)
    {
        _audit = audit;
        _pending = pending;
        _meetings = meetings;
        _media = media;
        _ledger = ledger;
        _live = live;
    }

    /// <summary>
    /// Erases everything about the person behind a lead: the lead, its timeline, its conversations, messages and the files it sent,
    /// what events, callbacks, broadcasts, notifications and kept answers carried of it, what imports remember of it, its meetings in the calendar; and calls off what is pending. Cannot be undone. Files in a bucket that cannot
    /// be asked are erased by a job as soon as it can be, and hold nothing else up. The lead goes last, so
    /// that an erasure that was cut off can be repeated.
    /// </summary>
    /// <exception cref="RefusedException">INVALID_ID, LEAD_NOT_FOUND, CONFIRM_REQUIRED.</exception>
    public async Task<ErasureView> EraseAsync(TenantScope scope, string leadId, bool confirmed, CancellationToken ct)
    {
        var lead = await scope.RequireLeadAsync(leadId, ct);
        if (!confirmed)
        {
            throw LeadRefusals.ConfirmErasure(leadId);
        }

        // In every spelling: WhatsApp knows some countries' numbers by another one than their owners.
        string[] phones = [.. ContactNumbers.AllVariants(lead.OtherPhones.Append(lead.Phone).OfType<string>())];
        var (events, callbacks, meetings) = await EraseEventsAsync(scope, lead, phones, ct);
        var (conversations, messages, files) = await EraseConversationsAsync(scope, lead, phones, ct);
        var activities = await scope.Db.Activities.DeleteManyAsync(a => a.LeadId == lead.Id, ct);
        await LeadFields.ForgetAsync(scope, lead, ct);
        var written = await LeadImport.ForgetAsync(scope, lead.Id, phones, ct);
        var recipients = await BroadcastSearch.ForgetAsync(scope, phones, ct);
        await _ledger.ForgetAsync(scope, [leadId, .. phones, .. written], ct);
        await scope.Db.Leads.DeleteOneAsync(l => l.Id == lead.Id, ct);
        // What its last changes caused may have been entered in between.
        await scope.Db.Activities.DeleteManyAsync(a => a.LeadId == lead.Id, ct);
        _live.Publish(scope.Code, "lead.updated", new { id = leadId, what = "erased", stageId = lead.StageId.ToString(), pipelineId = lead.PipelineId.ToString() }, lead.AssignedTo);
        // By its id alone: a name here would outlive the erasure.
        await _audit.NoteAsync(scope, "lead.erased", leadId, [], ct);
        return new ErasureView(leadId, activities.DeletedCount, conversations, messages, events, callbacks, files.Erased, files.Waiting, recipients, meetings);
    }

    private async Task<(long Events, long Callbacks, int Meetings)> EraseEventsAsync(TenantScope scope, Lead lead, string[] phones, CancellationToken ct)
    {
        var where = Builders<EventLog>.Filter;
        var theirs = where.Eq(e => e.LeadId, lead.Id) | where.In(e => e.Phone, phones);
        if (lead.Email is { } email)
        {
            // What came before the lead was there. What another lead with the same address did stays that lead's.
            theirs |= where.Eq(e => e.Email, email) & where.Eq(e => e.LeadId, null);
        }

        var ids = await scope.Db.Events.Find(theirs).Project(e => e.Id).ToListAsync(ct);
        await NotificationInbox.ForgetAsync(scope, lead.Id, ids, ct);
        if (ids.Count == 0)
        {
            return (0, 0, 0);
        }

        await _pending.CancelUndispatchedAsync(scope, where.In(e => e.Id, ids), "The person was erased", ct);
        await _pending.CancelAsync(scope, Builders<Job>.Filter.In(j => j.EventLogId, ids.Select(id => (ObjectId?)id)), "The person was erased", ct);
        var meetings = await _meetings.OfErasedAsync(scope, ids, ct);
        var callbacks = await scope.Db.Callbacks.DeleteManyAsync(Builders<Callback>.Filter.In(c => c.EventLogId, ids), ct);
        var blanked = await scope.Db.Events.UpdateManyAsync(
            where.In(e => e.Id, ids),
            Builders<EventLog>.Update.Unset(e => e.Phone).Unset(e => e.Email).Unset(e => e.LeadId).Unset(e => e.CorrelationKey).Unset(e => e.IdempotencyKey).Unset(e => e.Meet).Unset(e => e.Callback)
                .Set(e => e.Request, []).Set(e => e.Note, "The person was erased.")
                .Unset("actions.$[].input").Unset("actions.$[].output").Unset("actions.$[].config").Unset("actions.$[].error").Unset("rules.$[].why"),
            null,
            ct);
        return (blanked.ModifiedCount, callbacks.DeletedCount, meetings);
    }

    private async Task<(long Conversations, long Messages, ErasedFiles Files)> EraseConversationsAsync(TenantScope scope, Lead lead, string[] phones, CancellationToken ct)
    {
        var where = Builders<Conversation>.Filter;
        var theirs = where.Eq(c => c.LeadId, lead.Id) | where.In(c => c.Phone, phones);
        var ids = await scope.Db.Conversations.Find(theirs).Project(c => c.Id).ToListAsync(ct);
        if (ids.Count == 0)
        {
            return (0, 0, default);
        }

        // What the person sent is theirs; what was sent to them, a price list say, may have been sent to others too.
        var sent = await scope.Db.Messages
            .Find(Builders<Message>.Filter.In(m => m.ConversationId, ids) & Builders<Message>.Filter.Eq(m => m.Direction, MessageDirection.In))
            .Project(m => m.Media == null ? null : m.Media.FileId).ToListAsync(ct);
        var files = await _media.EraseAsync(scope, [.. sent.OfType<ObjectId>()], ct);
        var messages = await scope.Db.Messages.DeleteManyAsync(Builders<Message>.Filter.In(m => m.ConversationId, ids), ct);
        var conversations = await scope.Db.Conversations.DeleteManyAsync(where.In(c => c.Id, ids), ct);
        return (conversations.DeletedCount, messages.DeletedCount, files);
    }
}
