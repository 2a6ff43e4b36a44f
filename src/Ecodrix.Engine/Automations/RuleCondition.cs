using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations;

/// <summary>
/// The condition of a rule, ready to be judged again and again: a comparison of one fact, or a group of which all or any must hold,
/// nested at most five deep.
/// </summary>
internal abstract class RuleCondition
{
    public const int DeepestNesting = 5;

    private const int MostMembers = 50;

    /// <summary>Judges it by the facts of an event.</summary>
    public abstract Verdict Judge(BsonDocument facts);

    /// <summary>Reads a condition that has been checked.</summary>
    public static RuleCondition Parse(BsonDocument condition) => Group(condition) switch
    {
        "all" => new All(Members(condition["all"])),
        "any" => new Any(Members(condition["any"])),
        _ => new ComparedFact(condition),
    };

    /// <summary>Notes what is wrong with a condition.</summary>
    public static void Check(Check check, BsonValue condition, string at, int depth = 1)
    {
        if (condition is not BsonDocument document)
        {
            check.That(false, at, $"{at} must be an object: {{field, operator, value}}, {{all: […]}} or {{any: […]}}.");
            return;
        }

        var group = Group(document);
        if (group is null)
        {
            CheckLeaf(check, document, at);
            return;
        }

        check.That(document.ElementCount == 1, at, $"{at} may hold either {group} or a field, not both.");
        check.That(depth <= DeepestNesting, at, $"Conditions may be nested at most {DeepestNesting} deep.");
        if (document[group] is not BsonArray { Count: > 0 and <= MostMembers } members)
        {
            check.That(false, $"{at}.{group}", $"{at}.{group} must be a list of 1 to {MostMembers} conditions.");
            return;
        }

        for (var i = 0; i < members.Count && depth <= DeepestNesting; i++)
        {
            Check(check, members[i], $"{at}.{group}[{i}]", depth + 1);
        }
    }

    private static void CheckLeaf(Check check, BsonDocument leaf, string at)
    {
        check.That(leaf.GetValue("field", BsonNull.Value) is BsonString { Value.Length: > 0 and <= 200 }, $"{at}.field", $"{at}.field is required.");
        var word = leaf.GetValue("operator", BsonNull.Value) is BsonString text ? text.Value : null;
        if (word is null || !Comparison.Operators.Contains(word))
        {
            check.That(false, $"{at}.operator", $"{at}.operator must be one of {string.Join(", ", Comparison.Operators)}.");
            return;
        }

        var value = leaf.GetValue("value", BsonNull.Value);
        check.That(word is not ("in" or "not_in") || value.IsBsonArray, $"{at}.value", $"{at}.value must be a list for {word}.");
        check.That(word is "exists" or "not_exists" || leaf.Contains("value"), $"{at}.value", $"{at}.value is required for {word}.");
    }

    private static RuleCondition[] Members(BsonValue members) => [.. members.AsBsonArray.Select(m => Parse(m.AsBsonDocument))];

    private static string? Group(BsonDocument condition) => condition.Contains("all") ? "all" : condition.Contains("any") ? "any" : null;

    private sealed class All(RuleCondition[] members) : RuleCondition
    {
        public override Verdict Judge(BsonDocument facts)
        {
            var last = new Verdict(true, "");
            foreach (var member in members)
            {
                last = member.Judge(facts);
                if (!last.Holds)
                {
                    return last;
                }
            }

            return last;
        }
    }

    private sealed class Any(RuleCondition[] members) : RuleCondition
    {
        public override Verdict Judge(BsonDocument facts)
        {
            var misses = new List<Verdict>(members.Length);
            foreach (var member in members)
            {
                var verdict = member.Judge(facts);
                if (verdict.Holds)
                {
                    return verdict;
                }

                misses.Add(verdict);
            }

            return new Verdict(misses);
        }
    }
}

/// <summary>A condition on one fact.</summary>
internal sealed class ComparedFact(BsonDocument leaf) : RuleCondition
{
    private readonly string _field = leaf["field"].AsString;
    private readonly FactPath _path = new(leaf["field"].AsString);
    private readonly string _word = leaf["operator"].AsString;
    private readonly BsonValue _wanted = leaf.GetValue("value", BsonNull.Value);

    public override Verdict Judge(BsonDocument facts)
    {
        var actual = _path.Find(facts);
        return new Verdict(Comparison.Holds(actual, _word, _wanted), this, actual);
    }

    /// <summary>Why it holds or does not, for a person to read.</summary>
    public string Explain(bool holds, BsonValue actual) =>
        $"{_field} is {Comparison.Show(actual)}, {(holds ? "as" : "not")} {_word} {Comparison.Show(_wanted)}";
}
