using Ecodrix.Engine.Kernel;

namespace Ecodrix.Components.Onboarding;

/// <summary>Secrets somebody has filled in. Whoever saves them says what came of it; until they are accepted the form keeps them.</summary>
/// <param name="values">By name, trimmed.</param>
public sealed class GivenSecrets(IReadOnlyDictionary<string, string> values)
{
    /// <summary>By name, trimmed.</summary>
    public IReadOnlyDictionary<string, string> Values { get; } = values;

    /// <summary>Whether they were saved.</summary>
    public bool Accepted { get; set; }

    /// <summary>What is wrong with which, where they were not.</summary>
    public IReadOnlyList<Fault> Faults { get; set; } = [];
}
