using System.Text.Json;
using Ecodrix.Tests.Reference;

namespace Ecodrix.Tests.Api.Chat;

/// <summary>Holds what was sent against Meta's schema of message requests, where it is at hand.</summary>
internal static class OutgoingSchema
{
    public static async Task CheckAsync(IEnumerable<JsonElement> bodies)
    {
        if (ReferenceFiles.Folder is null)
        {
            return;
        }

        var schema = await ReferenceFiles.SchemaAsync("wa-message-request.patched.schema.json");
        foreach (var body in bodies)
        {
            schema.Validate(body.GetRawText()).Should().BeEmpty(body.GetRawText());
        }
    }
}
