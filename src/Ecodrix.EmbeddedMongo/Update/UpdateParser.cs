using Ecodrix.EmbeddedMongo.Query;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary>Makes the updates of a document of operators.</summary>
internal static class UpdateParser
{
    public static List<FieldUpdate> Parse(BsonDocument update)
    {
        var updates = new List<FieldUpdate>();
        foreach (var element in update)
        {
            if (!IsKnown(element.Name))
            {
                throw Errors.FailedToParse(
                    $"Unknown modifier: {element.Name}. Expected a valid update modifier or pipeline-style update specified as an array");
            }

            if (element.Value is not BsonDocument fields)
            {
                throw Errors.FailedToParse(
                    $"Modifiers operate on fields but we found type {Errors.TypeName(element.Value)} instead. For example: {{$mod: {{<field>: ...}}}} not {{{element.Name}: {element.Value}}}");
            }

            foreach (var field in fields)
            {
                updates.Add(ParseField(element.Name, UpdatePath.Parse(field.Name), field.Value));
            }
        }

        CheckConflicts(updates);
        updates.Sort((x, y) => UpdatePath.Compare(x.Path, y.Path));
        return updates;
    }

    /// <exception cref="MongoError">9 for an ill-formed filter, two of one name, or one that no path uses; 2 for a missing one.</exception>
    public static Dictionary<string, QueryFilter> ParseArrayFilters(BsonArray? arrayFilters, List<FieldUpdate> updates, Variables? variables)
    {
        var filters = new Dictionary<string, QueryFilter>(StringComparer.Ordinal);
        foreach (var item in arrayFilters ?? [])
        {
            var document = item as BsonDocument ?? throw Errors.TypeMismatch("arrayFilters must be an array of objects");
            var filter = QueryFilter.Parse(document, variables);
            string name = IdentifierOf(filter);
            if (!filters.TryAdd(name, filter))
            {
                throw Errors.FailedToParse($"Found multiple array filters with the same top-level field name {name}");
            }
        }

        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in updates.SelectMany(update => update.Writes))
        {
            foreach (var step in path.Steps)
            {
                if (step.Kind == StepKind.FilteredElements)
                {
                    used.Add(filters.ContainsKey(step.Name)
                        ? step.Name
                        : throw Errors.BadValue($"No array filter found for identifier '{step.Name}' in path '{path}'"));
                }
            }
        }

        return filters.Keys.FirstOrDefault(name => !used.Contains(name)) is { } unused
            ? throw Errors.FailedToParse($"The array filter for identifier '{unused}' was not used in the update")
            : filters;
    }

    private static string IdentifierOf(QueryFilter filter)
    {
        if (filter.Reads is not { Count: > 0 } fields)
        {
            throw Errors.FailedToParse("Cannot use an expression without a top-level field name in arrayFilters");
        }

        if (fields.Count > 1)
        {
            throw Errors.FailedToParse(
                $"Error parsing array filter: Expected a single top-level field name, found '{fields.First()}' and '{fields.Last()}'");
        }

        string name = fields.First();
        bool wellFormed = name.Length > 0 && char.IsAsciiLetterLower(name[0]) && name.All(char.IsAsciiLetterOrDigit);
        return wellFormed
            ? name
            : throw Errors.BadValue(
                $"Error parsing array filter: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '{name}'");
    }

    private static bool IsKnown(string name) => name is "$set" or "$setOnInsert" or "$unset" or "$inc" or "$mul" or "$min" or "$max"
        or "$rename" or "$currentDate" or "$bit" or "$push" or "$addToSet" or "$pull" or "$pullAll" or "$pop";

    private static FieldUpdate ParseField(string name, UpdatePath path, BsonValue argument) => name switch
    {
        "$set" => new SetUpdate(path, argument),
        "$setOnInsert" => new SetOnInsertUpdate(path, argument),
        "$unset" => new UnsetUpdate(path),
        "$inc" => ArithmeticUpdate.Parse(path, argument, multiply: false),
        "$mul" => ArithmeticUpdate.Parse(path, argument, multiply: true),
        "$min" => new ExtremeUpdate(path, argument, max: false),
        "$max" => new ExtremeUpdate(path, argument, max: true),
        "$rename" => RenameUpdate.Parse(path, argument),
        "$currentDate" => CurrentDateUpdate.Parse(path, argument),
        "$bit" => BitUpdate.Parse(path, argument),
        "$push" => PushUpdate.Parse(path, argument),
        "$addToSet" => AddToSetUpdate.Parse(path, argument),
        "$pull" => PullUpdate.Parse(path, argument),
        "$pullAll" => PullUpdate.ParseAll(path, argument),
        _ => PopUpdate.Parse(path, argument),
    };

    private static void CheckConflicts(List<FieldUpdate> updates)
    {
        var written = new List<UpdatePath>();
        foreach (var path in updates.SelectMany(update => update.Writes))
        {
            foreach (var other in written)
            {
                path.CheckConflict(other);
            }

            written.Add(path);
        }
    }
}
