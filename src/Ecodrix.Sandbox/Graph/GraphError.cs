namespace Ecodrix.Sandbox.Graph;

/// <summary>One error as Meta words it: what a refused call answers, and what a <c>failed</c> status carries.</summary>
/// <param name="Code">Meta's code, the only field that clients may decide on.</param>
/// <param name="Title">The short text that follows the code.</param>
/// <param name="Details">The sentence of <c>error_data.details</c>; null where Meta sends none.</param>
/// <param name="HttpStatus">The status of a synchronous answer.</param>
/// <param name="Subcode">The deprecated <c>error_subcode</c>, still sent with token errors.</param>
public sealed record GraphError(int Code, string Title, string? Details, int HttpStatus = 400, int? Subcode = null)
{
    /// <summary>The text of <c>error.message</c>.</summary>
    public string Message => Code is 190 or 0 ? Title : $"(#{Code}) {Title}";
}

/// <summary>Thrown by the checks of a Graph call; the endpoint turns it into Meta's answer.</summary>
internal sealed class GraphRefusal(GraphError error) : Exception(error.Message)
{
    public GraphError Error { get; } = error;
}
