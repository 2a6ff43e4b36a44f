using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Projection;

/// <summary>A projection, parsed once. It makes new documents and leaves its input as it is. Threads may share it.</summary>
internal sealed class ProjectionProgram
{
    private readonly FieldsNode _fields;
    private readonly Mode _mode;

    private ProjectionProgram(FieldsNode fields, Mode mode)
    {
        _fields = fields;
        _mode = mode;
        var reads = new HashSet<string>(StringComparer.Ordinal);
        Reads = CollectReads(reads) && IsComplete ? reads : null;
    }

    private enum Mode
    {
        Everything,
        Inclusion,
        Exclusion,
        Addition,
    }

    /// <summary>The top-level fields that the result is made of, or null if that may be any.</summary>
    public IReadOnlySet<string>? Reads { get; }

    /// <summary>Whether fields that the projection does not name are dropped.</summary>
    public bool IsComplete => _mode == Mode.Inclusion;

    /// <summary>Parses the projection of a find.</summary>
    /// <exception cref="MongoError">31249 or 31250 for colliding paths, 31253 or 31254 for a mix of inclusion and exclusion.</exception>
    public static ProjectionProgram Parse(BsonDocument projection, Variables? variables = null) =>
        Parse(projection, new ExpressionScope(variables), variables, ProjectionDialect.Find);

    /// <summary>Parses a <c>$project</c> stage.</summary>
    public static ProjectionProgram ParseStage(BsonDocument projection, ExpressionScope scope) => projection.ElementCount > 0
        ? Parse(projection, scope, null, ProjectionDialect.Stage)
        : throw Errors.Location(51272, "Invalid $project :: caused by :: projection specification must have at least one field");

    /// <summary>Parses an <c>$addFields</c> stage.</summary>
    public static ProjectionProgram ParseAddition(BsonDocument fields, ExpressionScope scope) => fields.ElementCount > 0
        ? Parse(fields, scope, null, ProjectionDialect.Addition)
        : throw Errors.Location(40177, "Invalid $addFields :: caused by :: specification must have at least one field");

    /// <param name="document">The document.</param>
    /// <param name="positional">The array element that the query matched, for <c>.$</c>.</param>
    public BsonDocument Apply(BsonDocument document, int? positional = null) =>
        Apply(document, new EvaluationContext([]) { Root = document }, positional);

    /// <summary>Applies with the variables of a pipeline.</summary>
    public BsonDocument Apply(BsonDocument document, EvaluationContext context, int? positional = null)
    {
        var runner = new ProjectionRunner(context, positional);
        return _mode switch
        {
            Mode.Everything => document,
            Mode.Inclusion => runner.Include(document, _fields),
            Mode.Exclusion => runner.Exclude(document, _fields),
            _ => runner.Compute(document, _fields),
        };
    }

    /// <summary>Adds the top-level fields that are read; false if an expression may read any.</summary>
    public bool CollectReads(ISet<string> fields) => CollectReads(_fields, fields, isRoot: true);

    private static ProjectionProgram Parse(BsonDocument projection, ExpressionScope scope, Variables? variables, ProjectionDialect dialect)
    {
        var parser = new ProjectionParser(scope, variables, dialect);
        var fields = parser.Parse(projection);
        if (dialect == ProjectionDialect.Addition)
        {
            return new ProjectionProgram(fields, Mode.Addition);
        }

        bool inclusive = parser.Inclusive ?? (parser.IncludesId == true && projection.ElementCount == 1);
        if (inclusive && parser.IncludesId is null && fields.Find("_id") is null)
        {
            fields.Add("_id", new FlagNode(true));
        }

        return new ProjectionProgram(fields, projection.ElementCount == 0 ? Mode.Everything : inclusive ? Mode.Inclusion : Mode.Exclusion);
    }

    private static bool CollectReads(FieldsNode node, ISet<string> fields, bool isRoot)
    {
        bool known = true;
        foreach (var (name, child) in node.Fields)
        {
            if (isRoot && child is not (ComputedNode or FlagNode { Include: false }))
            {
                fields.Add(name);
            }

            known &= child switch
            {
                ComputedNode computed => computed.Expression.CollectReads(fields),
                FieldsNode inner => CollectReads(inner, fields, isRoot: false),
                _ => true,
            };
        }

        return known;
    }
}
