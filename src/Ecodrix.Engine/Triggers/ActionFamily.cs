using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Inbox;
using Ecodrix.Engine.WhatsApp.Outgoing;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Engine.Triggers;

/// <summary>
/// What an action does, whatever its place in its rule: rules are edited between an event and its replay, and what was done must be known
/// by what it was. Two alike in one rule are told apart by their order.
/// </summary>
/// <param name="RuleId">Its rule.</param>
/// <param name="Type">Its type.</param>
/// <param name="Does">What it does: for a send whom with what, for the rest its whole configuration.</param>
/// <param name="Nth">How many alike come before it in the rule.</param>
internal sealed record ActionIdentity(ObjectId RuleId, string Type, string Does, int Nth);

/// <summary>An action of an event or of one of its replays that is not to be done again now.</summary>
/// <param name="In">The event.</param>
/// <param name="Action">The action.</param>
/// <param name="How">How it stands.</param>
internal sealed record FamilyAction(EventLog In, ActionTrace Action, string How)
{
    /// <summary>How it stands, in words.</summary>
    public string Words => $"{How} in event {In.Id}";
}

/// <summary>An event and its replays: one happening, of which each action is done once.</summary>
internal static class ActionFamily
{
    /// <summary>The actions of an event, each with what it does.</summary>
    public static IEnumerable<(ActionTrace Action, ActionIdentity Identity)> Identify(IEnumerable<ActionTrace> actions)
    {
        var seen = new Dictionary<ActionIdentity, int>();
        foreach (var action in actions)
        {
            var first = new ActionIdentity(action.RuleId, action.Type, Does(action), 0);
            var nth = seen.GetValueOrDefault(first);
            seen[first] = nth + 1;
            yield return (action, first with { Nth = nth });
        }
    }

    /// <summary>What the others of an event's family have done, may have done or are still at.</summary>
    public static async Task<Dictionary<ActionIdentity, FamilyAction>> DoneElsewhereAsync(TenantScope scope, EventLog log, Reconciliation reconciliation, CancellationToken ct)
    {
        var family = await ReplaysAsync(scope, log.Root, ct);
        if (log.ReplayOf is { } rootId && await scope.Db.Events.FindByIdAsync(rootId, ct) is { } root)
        {
            family.Add(root);
        }

        family.RemoveAll(e => e.Id == log.Id);
        var messages = await MessagesAsync(scope, family, ct);
        var done = new Dictionary<ActionIdentity, FamilyAction>();
        foreach (var other in family)
        {
            foreach (var (action, identity) in Identify(other.Actions))
            {
                if (How(action, messages.GetValueOrDefault(action.Id), reconciliation) is { } how && (!done.TryGetValue(identity, out var known) || !known.Action.HasEnded))
                {
                    done[identity] = new FamilyAction(other, action, how);
                }
            }
        }

        return done;
    }

    /// <summary>The messages of actions that have ended without being completed; each has its action's id.</summary>
    private static async Task<Dictionary<ObjectId, Message>> MessagesAsync(TenantScope scope, List<EventLog> family, CancellationToken ct)
    {
        var ids = family.SelectMany(e => e.Actions).Where(a => a.Type == "send_whatsapp" && a.HasEnded && a.Status != ActionStatus.Completed).Select(a => a.Id).ToList();
        return ids.Count == 0 ? [] : (await scope.Db.Messages.Find(Builders<Message>.Filter.In(m => m.Id, ids)).ToListAsync(ct)).ToDictionary(m => m.Id);
    }

    /// <summary>How an action stands that is not to be done again now; null when it is.</summary>
    private static string? How(ActionTrace action, Message? message, Reconciliation reconciliation) => action switch
    {
        { HasEnded: false } => "still under way",
        { Status: ActionStatus.Completed } => "completed",
        // Given up, and it turned out to have arrived, or may still.
        _ when message?.Status is MessageStatus.Sent or MessageStatus.Delivered or MessageStatus.Read => "sent",
        _ when message is not null && reconciliation.MayArriveUntil(message) is not null => "perhaps sent",
        _ => null,
    };

    /// <summary>The replays of an event.</summary>
    public static Task<List<EventLog>> ReplaysAsync(TenantScope scope, ObjectId root, CancellationToken ct) =>
        scope.Db.Events.Find(e => e.CausedBy == root && e.Source == EventSource.Replay).ToListAsync(ct);

    private static string Does(ActionTrace action) => action.Type switch
    {
        // The recipient is the lead's, the same in the whole family. Other variables make the same message, and one that has gone out.
        "send_whatsapp" => Plain(Of(action, "templateName", "language")),
        "send_email" => Plain(Of(action, "to", "subject")),
        _ => Plain(action.Config),
    };

    private static BsonDocument Of(ActionTrace action, params string[] names) => new(action.Config.Where(e => names.Contains(e.Name)));

    /// <summary>The same text for the same configuration, in whatever order it was sent, and with or without what is empty.</summary>
    private static string Plain(BsonValue value) => value switch
    {
        BsonDocument document => $"{{{string.Join(",", document.Where(e => !IsEmpty(e.Value)).OrderBy(e => e.Name, StringComparer.Ordinal).Select(e => $"{e.Name.ToJson()}:{Plain(e.Value)}"))}}}",
        BsonArray list => $"[{string.Join(",", list.Select(Plain))}]",
        { IsNumeric: true } => value.ToDouble().ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToJson(),
    };

    private static bool IsEmpty(BsonValue value) => value is BsonNull or BsonString { Value.Length: 0 } or BsonDocument { ElementCount: 0 } or BsonArray { Count: 0 };
}
