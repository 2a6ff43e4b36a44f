namespace Ecodrix.Components.Traces;

/// <summary>Where what helps is done.</summary>
/// <param name="Title">What the button says.</param>
/// <param name="Href">Where it leads.</param>
public sealed record RemedyLink(string Title, string Href);
