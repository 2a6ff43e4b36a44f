using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Timeline;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary><c>create_note</c>: <c>{content}</c>, a template. The note has the action's id, so that a repeat writes no second one.</summary>
internal sealed class CreateNote(Notes notes) : LeadAction
{
    public override string Type => "create_note";

    public override void Check(Check check, BsonDocument config, string at) => check.RequireText(config, "content", at, 10_000);

    protected override async Task<ActionOutcome> ChangeAsync(ActionRun run, CancellationToken ct)
    {
        var content = await run.RenderAsync("content", ct);
        if (string.IsNullOrWhiteSpace(content))
        {
            return ActionOutcome.Skip("The note came out empty.", code: "EMPTY");
        }

        var note = await notes.AddAsync(run.Scope, run.Action.Id, run.Lead!.Id, content, null, pinned: false, ct);
        return ActionOutcome.Done(new BsonDocument("content", content), new BsonDocument("noteId", note.Id));
    }
}
