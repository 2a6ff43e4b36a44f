using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Aggregation;

/// <summary><c>$unionWith</c>: the documents of another collection after those of the source.</summary>
internal sealed class UnionStage(string collection, Pipeline pipeline) : Stage
{
    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        foreach (var document in source)
        {
            yield return document;
        }

        foreach (var document in pipeline.Run(run.Context.Collections.Read(collection, []), run))
        {
            yield return document;
        }
    }

    public override FieldDemand CollectReads(ISet<string> fields) => FieldDemand.PassesOn;

    public static UnionStage Parse(BsonValue argument, ExpressionScope scope)
    {
        switch (argument)
        {
            case BsonString name:
                return new UnionStage(name.Value, Pipeline.Parse([], scope));
            case BsonDocument specification:
                foreach (string option in specification.Names)
                {
                    if (option is not ("coll" or "pipeline"))
                    {
                        throw Errors.Location(40415, $"BSON field '$unionWith.{option}' is an unknown field.");
                    }
                }

                return specification.GetValue("coll", null) is BsonString collection
                    ? new UnionStage(collection.Value, Pipeline.Parse(specification.GetValue("pipeline", new BsonArray()).AsBsonArray, scope))
                    : throw Errors.FailedToParse("$unionWith stage without explicit collection must have a pipeline with $documents as first stage");
            default:
                throw Errors.FailedToParse($"the $unionWith stage specification must be an object or string, but found {Errors.TypeName(argument)}");
        }
    }
}

/// <summary><c>$facet</c>: several pipelines over the same documents, whose results become fields of one document.</summary>
internal sealed class FacetStage(IReadOnlyList<(string Name, Pipeline Pipeline)> facets) : Stage
{
    public override IEnumerable<BsonDocument> Run(IEnumerable<BsonDocument> source, PipelineRun run)
    {
        var documents = new List<BsonDocument>();
        long memory = 0;
        foreach (var document in source)
        {
            memory += MemorySize.Of(document);
            run.CheckMemory(memory, "$facet");
            documents.Add(document);
        }

        var result = new BsonDocument();
        foreach (var (name, pipeline) in facets)
        {
            result.Add(name, new BsonArray(pipeline.Run(documents, run)));
        }

        yield return result;
    }

    public override FieldDemand CollectReads(ISet<string> fields)
    {
        foreach (var (_, pipeline) in facets)
        {
            if (pipeline.Reads is null)
            {
                return FieldDemand.Everything;
            }

            fields.UnionWith(pipeline.Reads);
        }

        return FieldDemand.Complete;
    }

    public static FacetStage Parse(BsonDocument specification, ExpressionScope scope)
    {
        if (specification.ElementCount == 0)
        {
            throw Errors.Location(40169, "the $facet specification must be a non-empty object");
        }

        var facets = new List<(string, Pipeline)>();
        foreach (var element in specification)
        {
            ExpressionParser.CheckName(element.Name);
            var stages = element.Value as BsonArray
                ?? throw Errors.Location(40170, $"arguments to $facet must be arrays, {element.Name} is type {Errors.TypeName(element.Value)}");
            if (stages.Any(stage => stage is BsonDocument { ElementCount: 1 } inner && inner.GetElement(0).Name == "$facet"))
            {
                throw Errors.Location(40600, "$facet is not allowed to be used within a $facet stage");
            }

            facets.Add((element.Name, Pipeline.Parse(stages, scope)));
        }

        return new FacetStage(facets);
    }
}
