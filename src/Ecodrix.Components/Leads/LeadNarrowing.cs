using Ecodrix.Components.People;
using Ecodrix.Engine.Leads;

namespace Ecodrix.Components.Leads;

/// <summary>One filter that is on, in words, and the parameters of the address it stands in.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Names">The parameters; taking the filter off takes all of them out.</param>
public sealed record Narrowing(string Text, params IReadOnlyList<string> Names);

/// <summary>What lists of leads are narrowed by on every page that shows leads.</summary>
/// <param name="Owner">Whose leads; <see cref="Nobody"/> for those of nobody.</param>
/// <param name="Tags">Comma-separated tags a lead must all have.</param>
/// <param name="Source">One source.</param>
/// <param name="MinScore">The lowest score, 0–100.</param>
/// <param name="MaxScore">The highest score; comes with links only.</param>
public sealed record LeadNarrowing(string? Owner = null, string? Tags = null, string? Source = null, int? MinScore = null, int? MaxScore = null)
{
    /// <summary>What stands for leads that are assigned to nobody.</summary>
    public const string Nobody = LeadFilter.Nobody;

    /// <summary>The filters that are on, in words.</summary>
    /// <param name="names">What people are called.</param>
    /// <param name="owner">What the page's address calls the owner.</param>
    public IEnumerable<Narrowing> InWords(MemberNames names, string owner)
    {
        if (Owner is not null)
        {
            yield return new(Owner == Nobody ? "Unassigned" : $"Owner {names.Of(Owner)}", owner);
        }

        if (Tags is not null)
        {
            yield return new($"Tagged {Tags}", "tags");
        }

        if (Source is not null)
        {
            yield return new($"Source {Source}", "source");
        }

        if ((MinScore ?? MaxScore) is not null)
        {
            yield return new(
                (MinScore, MaxScore) switch { ({ } from, null) => $"Score from {from}", (null, { } to) => $"Score to {to}", var (from, to) => $"Score {from}–{to}" },
                "minScore", "maxScore");
        }
    }
}
