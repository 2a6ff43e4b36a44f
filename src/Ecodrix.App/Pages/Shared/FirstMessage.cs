using Ecodrix.Engine.Leads;

namespace Ecodrix.App.Pages.Shared;

/// <summary>Conversations that the business begins.</summary>
internal static class FirstMessage
{
    /// <summary>Why nobody can begin a conversation with a lead, in a sentence; null where one can.</summary>
    public static string? WhyNot(LeadView lead) => lead switch
    {
        { OptedOut: true } => $"{lead.FirstName} has opted out of messages.",
        { Phone: null or "" } => $"{lead.FirstName} has no phone number: add it under Details.",
        _ => null,
    };
}
