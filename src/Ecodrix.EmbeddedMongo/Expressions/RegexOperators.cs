using System.Text.RegularExpressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary><c>$regexMatch</c>, <c>$regexFind</c> and <c>$regexFindAll</c>.</summary>
internal static class RegexOperators
{
    public static void Register(OperatorTable table)
    {
        table.Special("$regexMatch", (argument, scope) => Parse("$regexMatch", argument, scope, (regex, text) => BsonBoolean.Create(Patterns.IsMatch(regex, text)), BsonBoolean.False));
        table.Special("$regexFind", (argument, scope) => Parse("$regexFind", argument, scope, Find, BsonNull.Value));
        table.Special("$regexFindAll", (argument, scope) => Parse("$regexFindAll", argument, scope, FindAll, null));
    }

    private static RegexExpression Parse(
        string name, BsonValue argument, ExpressionScope scope, Func<Regex, string, BsonValue> function, BsonValue? ifNull) =>
        new(name, OperatorTable.Arguments(name, argument, scope, ["input", "regex"], ["options"]), function, ifNull);

    private static BsonValue Find(Regex regex, string text)
    {
        var match = Patterns.Guard(() => regex.Match(text));
        return match.Success ? Describe(match, text) : BsonNull.Value;
    }

    private static BsonArray FindAll(Regex regex, string text) =>
        new(Patterns.Guard(() => regex.Matches(text).ToList()).Select(match => Describe(match, text)));

    private static BsonDocument Describe(Match match, string text)
    {
        int before = 0;
        foreach (char unit in text.AsSpan(0, match.Index))
        {
            before += char.IsLowSurrogate(unit) ? 0 : 1;
        }

        var captures = match.Groups.Values.Skip(1).Select(group => group.Success ? (BsonValue)group.Value : BsonNull.Value);
        return new BsonDocument { { "match", match.Value }, { "idx", before }, { "captures", new BsonArray(captures) } };
    }
}

/// <summary>A regular expression over a text; a constant pattern is compiled once.</summary>
internal sealed class RegexExpression(
    string name, IReadOnlyList<Expression> arguments, Func<Regex, string, BsonValue> function, BsonValue? ifNull)
    : CompositeExpression(arguments)
{
    private Compiled? _compiled;

    public override BsonValue? Evaluate(EvaluationContext context)
    {
        BsonValue? input = Operands[0].Evaluate(context), pattern = Operands[1].Evaluate(context), options = Operands[2].Evaluate(context);
        if (!Nullish.Is(input) && Text.Of(input) is null)
        {
            throw Errors.Location(51104, $"{name} needs 'input' to be of type string");
        }

        if (Nullish.Is(pattern) || Nullish.Is(input))
        {
            return ifNull ?? new BsonArray();
        }

        var compiled = _compiled;
        if (compiled is null || !ReferenceEquals(compiled.Pattern, pattern) || !ReferenceEquals(compiled.Options, options))
        {
            compiled = new Compiled(pattern!, options, Compile(pattern!, options));
            _compiled = compiled;
        }

        return function(compiled.Regex, Text.Of(input)!);
    }

    private Regex Compile(BsonValue pattern, BsonValue? options)
    {
        if (!Nullish.Is(options) && Text.Of(options) is null)
        {
            throw Errors.Location(51106, $"{name} needs 'options' to be of type string");
        }

        string flags = Text.Of(options) ?? "";
        if (pattern is BsonRegularExpression regex)
        {
            return regex.Options.Length > 0 && flags.Length > 0
                ? throw Errors.Location(51107, $"{name}: found regex options specified in both 'regex' and 'options' fields")
                : Patterns.Compile(regex.Pattern, regex.Options + flags);
        }

        return Patterns.Compile(Text.Of(pattern) ?? throw Errors.Location(51105, $"{name} needs 'regex' to be of type string or regex"), flags);
    }

    private sealed record Compiled(BsonValue Pattern, BsonValue? Options, Regex Regex);
}
