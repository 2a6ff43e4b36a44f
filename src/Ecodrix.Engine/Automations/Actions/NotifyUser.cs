using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Notifications;
using Ecodrix.Engine.People;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary><c>notify_user</c>: <c>{message, to?}</c>, templates. <c>to</c> is a member by address or name; without it everybody is told, and nobody where it comes out empty.</summary>
internal sealed class NotifyUser(NotificationInbox inbox, Members members) : IRuleAction
{
    private const int Longest = 500;

    public string Type => "notify_user";

    public void Check(Check check, BsonDocument config, string at)
    {
        check.RequireText(config, "message", at, 2_000);
        if (config.GetValue("to", BsonNull.Value) is not (BsonNull or BsonString { Value.Length: 0 }))
        {
            check.RequireText(config, "to", at, 200);
        }
    }

    public async Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct)
    {
        var (to, message) = await RenderAsync(run, ct);
        var input = new BsonDocument { ["to"] = to is null ? BsonNull.Value : to, ["message"] = message };
        if (message.Length == 0)
        {
            return ActionOutcome.Skip("The message came out empty.", input, "EMPTY");
        }

        if (to is not null && !await IsMemberAsync(run, to, ct))
        {
            return ActionOutcome.Skip(Nobody(to), input, "PERSON_NOT_FOUND");
        }

        await inbox.TellAsync(run.Scope, new Notification
        {
            Id = run.Action.Id,
            To = to,
            Owner = run.Lead?.AssignedTo,
            Text = message,
            By = run.Scope.Actor.Name,
            LeadId = run.Lead?.Id,
            EventLogId = run.Event.Id,
        }, ct);
        return ActionOutcome.Done(input);
    }

    public async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct)
    {
        var (to, message) = await RenderAsync(run, ct);
        return new ActionPreview(new BsonDocument { ["to"] = to is null ? BsonNull.Value : to, ["message"] = message })
        {
            To = to ?? "everybody",
            Text = message,
            Obstacles = message.Length == 0 ? [new Obstacle("EMPTY", "The message came out empty.")]
                : to is not null && !await IsMemberAsync(run, to, ct) ? [new Obstacle("PERSON_NOT_FOUND", Nobody(to))]
                : [],
        };
    }

    private static string Nobody(string to) => to.Length == 0
        ? "Whom to tell came out empty. Give a member's e-mail address, or leave it out to tell everybody."
        : $"Nobody of this client is called {to}. Give a member's e-mail address, or leave it empty to tell everybody.";

    private async Task<(string? To, string Message)> RenderAsync(ActionRun run, CancellationToken ct)
    {
        var message = (await run.RenderAsync("message", ct)).Trim();
        var given = run.Action.Config.GetValue("to", BsonNull.Value) is BsonString { Value: var asked } && !string.IsNullOrWhiteSpace(asked);
        var to = given ? (await run.RenderAsync("to", ct)).Trim() : null;
        return (string.IsNullOrEmpty(to) ? to : await members.AssigneeAsync(run.Scope, to, ct), Texts.Cut(message, Longest));
    }

    private async Task<bool> IsMemberAsync(ActionRun run, string address, CancellationToken ct) =>
        (await members.ListAsync(run.Scope, ct)).Any(p => AccountStore.Key(p.Email) == address);
}
