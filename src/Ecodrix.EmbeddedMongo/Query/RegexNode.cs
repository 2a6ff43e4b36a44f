using System.Text.RegularExpressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Query;

/// <summary>A string matches a pattern; a stored pattern matches itself.</summary>
internal sealed class RegexNode(FieldPath path, string pattern, string options) : PathNode(path)
{
    private readonly Regex _regex = Patterns.Compile(pattern, options);

    public string Pattern { get; } = pattern;

    public string Options { get; } = options;

    /// <summary>The literal text that every match begins with, or null: what an index range may be made of.</summary>
    public string? Prefix { get; } = Patterns.PrefixOf(pattern, options);

    /// <summary>Whether beginning with <see cref="Prefix"/> is all that the pattern asks.</summary>
    public bool IsPrefixOnly => Prefix is not null && Patterns.IsPrefixOnly(Pattern, Options);

    public override bool MatchesValue(BsonValue? value, MatchState state) => value switch
    {
        BsonString text => Patterns.IsMatch(_regex, text.Value),
        BsonSymbol symbol => Patterns.IsMatch(_regex, symbol.Name),
        BsonRegularExpression other => other.Pattern == Pattern && other.Options == Options,
        _ => false,
    };
}
