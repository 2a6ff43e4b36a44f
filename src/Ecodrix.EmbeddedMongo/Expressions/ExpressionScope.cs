using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Expressions;

/// <summary>The variables that an expression may name: constants of the command, and slots filled while it is evaluated.</summary>
internal sealed class ExpressionScope
{
    private readonly ExpressionScope? _parent;
    private readonly string? _name;
    private readonly Dictionary<string, BsonValue?> _constants = new(StringComparer.Ordinal);

    public ExpressionScope(Variables? variables)
    {
        if (variables is null)
        {
            return;
        }

        _constants["NOW"] = variables.Now;
        foreach (var element in variables.Let)
        {
            VariableNames.Check(element.Name);
            var context = new EvaluationContext([]) { Root = new BsonDocument() };
            _constants[element.Name] = ExpressionParser.Parse(element.Value, this).Evaluate(context);
        }
    }

    private ExpressionScope(ExpressionScope parent, string name)
    {
        _parent = parent;
        _name = name;
        Slot = parent.NextSlot;
    }

    /// <summary>Where the value of the variable that this scope adds is kept.</summary>
    public int Slot { get; } = -1;

    private int NextSlot => Slot + 1;

    /// <summary>A scope inside of this one, with one more variable.</summary>
    public ExpressionScope Declare(string name) => new(this, name);

    public bool TryGetSlot(string name, out int slot)
    {
        for (var scope = this; scope is not null; scope = scope._parent)
        {
            if (scope._name == name)
            {
                slot = scope.Slot;
                return true;
            }
        }

        slot = -1;
        return false;
    }

    public bool TryGetConstant(string name, out BsonValue? value)
    {
        var root = this;
        while (root._parent is not null)
        {
            root = root._parent;
        }

        return root._constants.TryGetValue(name, out value);
    }
}
