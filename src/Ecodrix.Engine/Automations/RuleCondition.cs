using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations;

/// <summary>Whether a condition holds, and the value that decided.</summary>
internal readonly record struct Verdict(bool Holds, string Why);

/// <summary>The conditions of rules and of scoring: leaves, and groups of all or any, nested at most five deep.</summary>
internal static class RuleCondition
{
    public const int DeepestNesting = 5;

    private const int MostMembers = 50;

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

    /// <summary>Judges a condition by the facts of an event.</summary>
    public static Verdict Judge(BsonDocument condition, BsonDocument facts)
    {
        switch (Group(condition))
        {
            case "all":
                var last = new Verdict(true, "");
                foreach (var member in condition["all"].AsBsonArray)
                {
                    last = Judge(member.AsBsonDocument, facts);
                    if (!last.Holds)
                    {
                        return last;
                    }
                }

                return last;
            case "any":
                var misses = new List<string>();
                foreach (var member in condition["any"].AsBsonArray)
                {
                    var verdict = Judge(member.AsBsonDocument, facts);
                    if (verdict.Holds)
                    {
                        return verdict;
                    }

                    misses.Add(verdict.Why);
                }

                return new Verdict(false, string.Join("; ", misses));
            default:
                return JudgeLeaf(condition, facts);
        }
    }

    private static Verdict JudgeLeaf(BsonDocument leaf, BsonDocument facts)
    {
        var field = leaf["field"].AsString;
        var word = leaf["operator"].AsString;
        var wanted = leaf.GetValue("value", BsonNull.Value);
        var actual = Facts.Find(facts, field);
        var holds = Comparison.Holds(actual, word, wanted);
        return new Verdict(holds, $"{field} is {Comparison.Show(actual)}, {(holds ? "as" : "not")} {word} {Comparison.Show(wanted)}");
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

    private static string? Group(BsonDocument condition) => condition.Contains("all") ? "all" : condition.Contains("any") ? "any" : null;
}

/// <summary>Looks facts up by the names rules use: any lead field, <c>metadata.*</c>, <c>variables.*</c>, <c>data.*</c>.</summary>
internal static class Facts
{
    public static BsonValue Find(BsonDocument facts, string field)
    {
        var path = field.Split('.');
        if (path[0] is "variables" or "data" or "lead" or "meet" or "tenant" or "trigger")
        {
            return Walk(facts, path);
        }

        var lead = facts.GetValue("lead", BsonNull.Value);
        var found = Walk(lead, path);
        if (found.IsBsonNull && path[0] == "metadata" && path.Length > 1)
        {
            // metadata.plan without saying which half it is in.
            found = Walk(lead, ["metadata", "refs", .. path[1..]]);
            found = found.IsBsonNull ? Walk(lead, ["metadata", "extra", .. path[1..]]) : found;
        }

        return found;
    }

    private static BsonValue Walk(BsonValue value, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            value = value switch
            {
                BsonDocument document => document.GetValue(name, BsonNull.Value),
                BsonArray array when int.TryParse(name, out var at) && at >= 0 && at < array.Count => array[at],
                _ => BsonNull.Value,
            };
        }

        return value;
    }
}
