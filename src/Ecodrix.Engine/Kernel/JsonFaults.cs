using System.Text.Json;

namespace Ecodrix.Engine.Kernel;

/// <summary>Says which field of a JSON body cannot be read, in the words of the body rather than the framework's.</summary>
public static class JsonFaults
{
    private const string Below = "Ecodrix.PathBelow";

    /// <summary>The field at fault and what is wrong with it; null when it is the whole, or no JSON at all.</summary>
    public static Fault? Of(JsonException json)
    {
        var field = PathOf(json).TrimStart('.');
        // The framework's messages name C# types; ours are kept because they say what would be right.
        var said = json.Message.StartsWith("must ", StringComparison.Ordinal) ? json.Message.Split(" Path:")[0] : "has the wrong type.";
        return field.Length == 0 ? null : new Fault(field, $"{field} {said}");
    }

    /// <summary>
    /// The fault of a reader within a reader. It knows the path from where it began only; without one of its own, it is given the outer's
    /// on its way up, and keeps what is below.
    /// </summary>
    internal static JsonException Nested(JsonException inner)
    {
        var outer = new JsonException(inner.Message, inner);
        outer.Data[Below] = PathOf(inner);
        return outer;
    }

    /// <summary>The path from the root, without its sign: <c>.leads[1].phone</c>.</summary>
    private static string PathOf(JsonException json) => (json.Path is ['$', .. var path] ? path : "") + json.Data[Below];
}
