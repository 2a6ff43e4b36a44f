using Ecodrix.EmbeddedMongo.Expressions;
using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Projection;

/// <summary>Which dialect a projection is written in.</summary>
internal enum ProjectionDialect
{
    /// <summary>The <c>projection</c> of a find, with <c>$slice</c>, <c>$elemMatch</c> and <c>.$</c>.</summary>
    Find,

    /// <summary>The <c>$project</c> stage.</summary>
    Stage,

    /// <summary>The <c>$addFields</c> stage: every value is an expression.</summary>
    Addition,
}

/// <summary>Makes the tree of a projection.</summary>
internal sealed class ProjectionParser(ExpressionScope scope, Variables? variables, ProjectionDialect dialect)
{
    private readonly FieldsNode _root = new();
    private bool _positional;

    /// <summary>Whether fields are named to be kept (true) or left out (false); null if no field but <c>_id</c> or a slice says.</summary>
    public bool? Inclusive { get; private set; }

    public bool? IncludesId { get; private set; }

    public FieldsNode Parse(BsonDocument specification)
    {
        foreach (var element in specification)
        {
            Add(element.Name, element.Value, "");
        }

        MarkComputed(_root);
        return _root;
    }

    private void Add(string name, BsonValue value, string prefix)
    {
        string path = prefix + name;
        bool isPositional = dialect == ProjectionDialect.Find && name.EndsWith(".$", StringComparison.Ordinal);
        if (isPositional)
        {
            AddPositional(path[..^2], value);
        }
        else if (value is BsonDocument document && dialect != ProjectionDialect.Addition)
        {
            AddDocument(path, document);
        }
        else if (value is BsonDocument nested && !IsExpression(nested) && nested.ElementCount > 0)
        {
            AddDocument(path, nested);
        }
        else if (dialect != ProjectionDialect.Addition && (value is BsonBoolean || Numbers.IsNumber(value)))
        {
            AddFlag(path, Truth.Of(value));
        }
        else
        {
            AddComputed(path, ExpressionParser.Parse(value, scope));
        }
    }

    private void AddDocument(string path, BsonDocument document)
    {
        if (document.ElementCount == 0)
        {
            throw Errors.Location(51270, $"An empty sub-projection is not a valid value. Found empty object at path {path}");
        }

        var first = document.GetElement(0);
        if (!IsExpression(document))
        {
            foreach (var element in document)
            {
                if (element.Name.Contains('.', StringComparison.Ordinal) && dialect != ProjectionDialect.Find)
                {
                    throw Errors.Location(40183, $"cannot use dotted field name '{element.Name}' in a sub object");
                }

                Add(element.Name, element.Value, $"{path}.");
            }
        }
        else if (dialect == ProjectionDialect.Find && first.Name == "$elemMatch")
        {
            Decide(path, include: true);
            Place(path, ElemMatchNode.Parse(first.Value, variables));
        }
        else if (dialect == ProjectionDialect.Find && IsFindSlice(first))
        {
            Place(path, SliceNode.Parse(first.Value));
        }
        else if (first.Name == "$meta")
        {
            throw Errors.BadValue("$meta is not supported");
        }
        else
        {
            AddComputed(path, ExpressionParser.Parse(document, scope));
        }
    }

    /// <summary>A slice in the aggregation's form names its array first.</summary>
    private static bool IsFindSlice(BsonElement element) =>
        element.Name == "$slice" && (Numbers.IsNumber(element.Value) || element.Value is not BsonArray { Count: >= 2 } pair || Numbers.IsNumber(pair[0]));

    private static bool IsExpression(BsonDocument document) => document.ElementCount > 0 && document.GetElement(0).Name.StartsWith('$');

    private void AddFlag(string path, bool include)
    {
        if (path == "_id")
        {
            IncludesId = include;
        }
        else
        {
            Decide(path, include);
        }

        Place(path, new FlagNode(include));
    }

    private void AddComputed(string path, Expression expression)
    {
        if (dialect != ProjectionDialect.Addition)
        {
            if (Inclusive == false)
            {
                throw Errors.Location(31252, $"Cannot use an expression on field {path} in an exclusion projection");
            }

            Inclusive = true;
            IncludesId = path == "_id" ? true : IncludesId;
        }

        Place(path, new ComputedNode(expression));
    }

    private void AddPositional(string path, BsonValue value)
    {
        if (!Truth.Of(value))
        {
            throw Errors.Location(31395, "positional projection cannot be used with exclusion");
        }

        if (_positional)
        {
            throw Errors.Location(31276, "Cannot specify more than one positional projection per query.");
        }

        _positional = true;
        Decide(path, include: true);
        Place(path, new PositionalNode());
    }

    private void Decide(string path, bool include)
    {
        if (Inclusive == !include)
        {
            throw include
                ? Errors.Location(31253, $"Cannot do inclusion on field {path} in exclusion projection")
                : Errors.Location(31254, $"Cannot do exclusion on field {path} in inclusion projection");
        }

        Inclusive = include;
    }

    private void Place(string path, ProjectionNode node)
    {
        var names = path.Split('.');
        var fields = _root;
        for (int i = 0; i < names.Length; i++)
        {
            ExpressionParser.CheckName(names[i]);
            var present = fields.Find(names[i]);
            bool last = i == names.Length - 1;
            if (present is not null && (last || present is not FieldsNode))
            {
                string rest = string.Join('.', names.Skip(i + 1));
                throw last
                    ? Errors.Location(31250, $"Path collision at {path}")
                    : Errors.Location(31249, $"Path collision at {path} remaining portion {rest}");
            }

            if (last)
            {
                fields.Add(names[i], node);
                return;
            }

            if (present is null)
            {
                fields.Add(names[i], present = new FieldsNode());
            }

            fields = (FieldsNode)present;
        }
    }

    private static bool MarkComputed(FieldsNode fields)
    {
        foreach (var (_, node) in fields.Fields)
        {
            fields.HasComputed |= node is ComputedNode || (node is FieldsNode inner && MarkComputed(inner));
        }

        return fields.HasComputed;
    }
}
