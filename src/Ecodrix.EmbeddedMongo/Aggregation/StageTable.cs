using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Projection;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary>All stages by name. Some are written in terms of others.</summary>
internal static class StageTable
{
    public static IReadOnlyList<Stage> Parse(BsonValue stage, ExpressionScope scope)
    {
        if (stage is not BsonDocument specification)
        {
            throw Errors.TypeMismatch("Each element of the 'pipeline' array must be an object");
        }

        if (specification.ElementCount != 1)
        {
            throw Errors.Location(40323, "A pipeline stage specification object must contain exactly one field.");
        }

        var element = specification.GetElement(0);
        return element.Name switch
        {
            "$match" => [MatchStage.Parse(element.Value, scope)],
            "$project" => [new ProjectStage(ProjectionProgram.ParseStage(Document(element, 15969), scope))],
            "$addFields" or "$set" => [new ProjectStage(ProjectionProgram.ParseAddition(Document(element, 40272), scope))],
            "$unset" => [ProjectStage.ParseUnset(element.Value, scope)],
            "$sort" => [SortStage.Parse(element.Value)],
            "$skip" => [SkipStage.Parse(element.Value)],
            "$limit" => [LimitStage.Parse(element.Value)],
            "$group" => [GroupParser.Parse(Document(element, 15947), scope)],
            "$count" => DerivedStages.Count(element.Value, scope),
            "$sortByCount" => DerivedStages.SortByCount(element.Value, scope),
            "$bucket" => DerivedStages.Bucket(Document(element, 40201), scope),
            "$bucketAuto" => [BucketAutoStage.Parse(Document(element, 40240), scope)],
            "$unwind" => [UnwindStage.Parse(element.Value)],
            "$replaceRoot" => [ReplaceRootStage.Parse(element.Value, scope)],
            "$replaceWith" => [new ReplaceRootStage(ExpressionParser.Parse(element.Value, scope))],
            "$lookup" => [new LookupStage(LookupSpec.Parse(Document(element, 9), scope))],
            "$unionWith" => [UnionStage.Parse(element.Value, scope)],
            "$facet" => [FacetStage.Parse(Document(element, 40169), scope)],
            "$sample" => [SampleStage.Parse(element.Value)],
            _ => throw Errors.Location(40324, $"Unrecognized pipeline stage name: '{element.Name}'"),
        };
    }

    public static BsonDocument Document(BsonElement element, int code) => element.Value as BsonDocument
        ?? throw (code == 9
            ? Errors.FailedToParse($"the {element.Name} specification must be an object")
            : Errors.Location(code, $"the {element.Name} specification must be an object"));
}
