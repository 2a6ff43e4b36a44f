using Ecodrix.EmbeddedMongo.Values;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>What a variable of the user's may be called.</summary>
internal static class VariableNames
{
    /// <exception cref="MongoError">The name does not begin with a lower-case letter or holds more than letters, digits and <c>_</c>.</exception>
    public static void Check(string name)
    {
        if (name.Length == 0)
        {
            throw Errors.FailedToParse("empty variable names are not allowed");
        }

        if (name == "CURRENT")
        {
            throw Errors.FailedToParse("rebinding CURRENT is not supported");
        }

        if (!char.IsAsciiLetterLower(name[0]) && name[0] < 128)
        {
            throw Errors.FailedToParse($"'{name}' starts with an invalid character for a user variable name");
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_' && c < 128)
            {
                throw Errors.FailedToParse($"'{name}' contains an invalid character for a variable name: '{c}'");
            }
        }
    }
}
