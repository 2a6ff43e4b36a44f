using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>Makes expressions of what a command says.</summary>
internal static class ExpressionParser
{
    /// <exception cref="MongoError">168 for an unknown operator, 17276 for an unknown variable, and whatever is ill-formed.</exception>
    public static Expression Parse(BsonValue value, ExpressionScope scope) => value switch
    {
        BsonString { Value: ['$', '$', ..] text } => ParseVariable(text[2..], scope),
        BsonString { Value: ['$', ..] text } => new FieldExpression(ParsePath(text[1..])),
        BsonDocument document => ParseDocument(document, scope),
        BsonArray array => ParseArray(array, scope),
        _ => new LiteralExpression(value),
    };

    public static FieldPath ParsePath(string text)
    {
        if (text.Length == 0)
        {
            throw Errors.Location(16872, "'$' by itself is not a valid FieldPath");
        }

        var path = FieldPath.Parse(text);
        foreach (string component in path.Components)
        {
            CheckName(component);
        }

        return path;
    }

    /// <summary>A field name as it may stand in a path or document of an expression.</summary>
    public static void CheckName(string name)
    {
        if (name.Length == 0)
        {
            throw Errors.Location(15998, "FieldPath field names may not be empty strings.");
        }

        if (name[0] == '$')
        {
            throw Errors.Location(16410, $"FieldPath field names may not start with '$'. Consider using $getField or $setField. Found: {name}");
        }
    }

    private static Expression ParseVariable(string text, ExpressionScope scope)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        string name = dot < 0 ? text : text[..dot];
        var path = dot < 0 ? FieldPath.Empty : ParsePath(text[(dot + 1)..]);
        if (name is "ROOT" or "CURRENT")
        {
            return new RootExpression(path);
        }

        if (name == "REMOVE")
        {
            return new LiteralExpression(null);
        }

        if (scope.TryGetSlot(name, out int slot))
        {
            return new VariableExpression(slot, path);
        }

        return scope.TryGetConstant(name, out var constant)
            ? new LiteralExpression(PathReader.Read(constant, path))
            : throw Errors.Location(17276, $"Use of undefined variable: {name}");
    }

    private static Expression ParseDocument(BsonDocument document, ExpressionScope scope)
    {
        if (document.ElementCount > 0 && document.GetElement(0).Name.StartsWith('$'))
        {
            var element = document.GetElement(0);
            return document.ElementCount == 1
                ? OperatorTable.Parse(element.Name, element.Value, scope)
                : throw Errors.Location(15983, $"An object representing an expression must have exactly one field: {document}");
        }

        var members = new List<(string, Expression)>(document.ElementCount);
        foreach (var element in document)
        {
            CheckName(element.Name);
            if (element.Name.Contains('.', StringComparison.Ordinal))
            {
                throw Errors.Location(16412, $"FieldPath field names may not contain '.'. Consider using $getField or $setField. Found: {element.Name}");
            }

            members.Add((element.Name, Parse(element.Value, scope)));
        }

        return new ObjectExpression(members);
    }

    private static ArrayExpression ParseArray(BsonArray array, ExpressionScope scope)
    {
        var elements = new Expression[array.Count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = Parse(array[i], scope);
        }

        return new ArrayExpression(elements);
    }
}
