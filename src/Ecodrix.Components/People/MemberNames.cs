using Ecodrix.Engine.People;

namespace Ecodrix.Components.People;

/// <summary>What a tenant's members are called, by what stands in <c>assignedTo</c> of their records; pages cascade it to every component.</summary>
/// <param name="people">The members.</param>
public sealed class MemberNames(IEnumerable<PersonView> people)
{
    private readonly Dictionary<string, string> _names = people.ToDictionary(p => p.Email, p => p.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>For pages of no tenant.</summary>
    public static MemberNames None { get; } = new([]);

    /// <summary>The members to whom work can be given, by what stands in <c>assignedTo</c>, with their names.</summary>
    public IReadOnlyDictionary<string, string> Working { get; } = people.Where(p => p.Works).ToDictionary(p => p.Email, p => p.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The member's name; the text itself where it names no member, as the API may say anything there.</summary>
    public string? Of(string? assignedTo) => assignedTo is null ? null : _names.GetValueOrDefault(assignedTo, assignedTo);
}
