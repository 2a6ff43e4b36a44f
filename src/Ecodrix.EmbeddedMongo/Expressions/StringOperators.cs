using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Text as a whole. See https://www.mongodb.com/docs/manual/reference/operator/aggregation/#string-expression-operators.</summary>
internal static class StringOperators
{
    // What the manual lists as trimmed by default.
    private const string Whitespace = "\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a";

    public static void Register(OperatorTable table)
    {
        table.Variadic("$concat", Concat);
        table.Unary("$toLower", value => new BsonString(MapAscii(Text.Coerce("$toLower", value), char.ToLowerInvariant)));
        table.Unary("$toUpper", value => new BsonString(MapAscii(Text.Coerce("$toUpper", value), char.ToUpperInvariant)));
        table.Named("$trim", ["input"], ["chars"], values => Trim("$trim", values, start: true, end: true));
        table.Named("$ltrim", ["input"], ["chars"], values => Trim("$ltrim", values, start: true, end: false));
        table.Named("$rtrim", ["input"], ["chars"], values => Trim("$rtrim", values, start: false, end: true));
        table.Binary("$split", Split);
        table.Binary("$strcasecmp", (x, y) => new BsonInt32(Math.Sign(BsonOrder.CompareText(
            MapAscii(Text.Coerce("$strcasecmp", x), char.ToUpperInvariant), MapAscii(Text.Coerce("$strcasecmp", y), char.ToUpperInvariant)))));
        table.Named("$replaceOne", ["input", "find", "replacement"], [], values => Replace("$replaceOne", values, all: false));
        table.Named("$replaceAll", ["input", "find", "replacement"], [], values => Replace("$replaceAll", values, all: true));
    }

    private static BsonValue Concat(BsonValue?[] values)
    {
        var parts = new string[values.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (Nullish.Is(values[i]))
            {
                return BsonNull.Value;
            }

            parts[i] = Text.Of(values[i]) ?? throw Errors.Location(16702, $"$concat only supports strings, not {Errors.TypeName(values[i])}");
        }

        return new BsonString(string.Concat(parts));
    }

    /// <summary>Case is that of ASCII only, as the manual says.</summary>
    private static string MapAscii(string text, Func<char, char> map) =>
        string.Create(text.Length, (text, map), static (target, state) =>
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = char.IsAscii(state.text[i]) ? state.map(state.text[i]) : state.text[i];
            }
        });

    private static BsonValue Trim(string name, BsonValue?[] values, bool start, bool end)
    {
        if (Nullish.Is(values[0]) || values[1] is BsonNull or BsonUndefined)
        {
            return BsonNull.Value;
        }

        string text = Text.Of(values[0])
            ?? throw Errors.Location(50699, $"{name} requires its input to be a string, got {values[0]} (of type {Errors.TypeName(values[0])}) instead.");
        string set = values[1] is null
            ? Whitespace
            : Text.Of(values[1])
                ?? throw Errors.Location(50700, $"{name} requires 'chars' to be a string, got {values[1]} (of type {Errors.TypeName(values[1])}) instead.");
        char[] chars = set.ToCharArray();
        text = start ? text.TrimStart(chars) : text;
        return new BsonString(end ? text.TrimEnd(chars) : text);
    }

    private static BsonValue Split(BsonValue? input, BsonValue? delimiter)
    {
        if (Nullish.Is(input) || Nullish.Is(delimiter))
        {
            return BsonNull.Value;
        }

        string text = Text.Of(input) ?? throw Errors.Location(40085, $"$split requires an expression that evaluates to a string as a first argument, found: {Errors.TypeName(input)}");
        string by = Text.Of(delimiter) ?? throw Errors.Location(40086, $"$split requires an expression that evaluates to a string as a second argument, found: {Errors.TypeName(delimiter)}");
        return by.Length > 0
            ? new BsonArray(text.Split(by))
            : throw Errors.Location(40087, "$split requires a non-empty separator");
    }

    private static BsonValue Replace(string name, BsonValue?[] values, bool all)
    {
        string[] roles = ["input", "find", "replacement"];
        for (int i = 0; i < values.Length; i++)
        {
            if (!Nullish.Is(values[i]) && Text.Of(values[i]) is null)
            {
                throw Errors.Location(51746 - i, $"{name} requires that '{roles[i]}' be a string, found: {values[i]}");
            }
        }

        if (Nullish.Any(values))
        {
            return BsonNull.Value;
        }

        string text = Text.Of(values[0])!, find = Text.Of(values[1])!, replacement = Text.Of(values[2])!;
        if (find.Length == 0)
        {
            // The empty text is found before each character and at the end.
            return new BsonString(all && text.Length > 0
                ? string.Concat(text.EnumerateRunes().Select(rune => replacement + rune)) + replacement
                : replacement + text);
        }

        if (all)
        {
            return new BsonString(text.Replace(find, replacement, StringComparison.Ordinal));
        }

        int at = text.IndexOf(find, StringComparison.Ordinal);
        return new BsonString(at < 0 ? text : string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + find.Length)));
    }
}
