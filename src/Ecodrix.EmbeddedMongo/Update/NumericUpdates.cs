using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary><c>$inc</c> and <c>$mul</c>.</summary>
internal sealed class ArithmeticUpdate(UpdatePath path, BsonValue operand, bool multiply) : FieldUpdate(path)
{
    private string Operator => multiply ? "$mul" : "$inc";

    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        if (present is null)
        {
            return multiply ? Arithmetic.Multiply(operand, new BsonInt32(0)) : operand;
        }

        if (!Numbers.IsNumber(present))
        {
            throw Errors.TypeMismatch(
                $"Cannot apply {Operator} to a value of non-numeric type. {run.Name} has the field '{Path.Text.Split('.')[^1]}' of non-numeric type {Errors.TypeName(present)}");
        }

        var result = multiply ? Arithmetic.Multiply(present, operand) : Arithmetic.Add(present, operand);
        if (result is BsonDouble && present is not BsonDouble && operand is not BsonDouble)
        {
            // Expressions go over to double where a long is too small; a stored counter must not lose digits silently.
            throw Errors.BadValue($"Failed to apply {Operator} operations to current value ({present}) for document {run.Name}");
        }

        return ExactEquality.Same(present, result) ? present : result;
    }

    public static ArithmeticUpdate Parse(UpdatePath path, BsonValue argument, bool multiply) => Numbers.IsNumber(argument)
        ? new ArithmeticUpdate(path, argument, multiply)
        : throw Errors.TypeMismatch($"Cannot {(multiply ? "multiply" : "increment")} with non-numeric argument: {{{path}: {argument}}}");
}

/// <summary><c>$bit</c>: and, or, xor with a whole number.</summary>
internal sealed class BitUpdate(UpdatePath path, IReadOnlyList<(string Operation, BsonValue Operand)> operations) : FieldUpdate(path)
{
    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        BsonValue value = present ?? new BsonInt32(0);
        if (value is not (BsonInt32 or BsonInt64))
        {
            throw Errors.BadValue(
                $"Cannot apply $bit to a value of non-integral type. {run.Name} has the field '{Path.Text.Split('.')[^1]}' of non-integer type {Errors.TypeName(value)}");
        }

        foreach (var (operation, operand) in operations)
        {
            long left = value.ToInt64(), right = operand.ToInt64();
            long bits = operation switch { "and" => left & right, "or" => left | right, _ => left ^ right };
            value = value is BsonInt32 && operand is BsonInt32 ? new BsonInt32((int)bits) : new BsonInt64(bits);
        }

        return ExactEquality.Same(present, value) ? present : value;
    }

    public static BitUpdate Parse(UpdatePath path, BsonValue argument)
    {
        if (argument is not BsonDocument document)
        {
            throw Errors.BadValue($"The $bit modifier is not compatible with a {Errors.TypeName(argument)}. You must pass in an embedded document: {{$bit: {{field: {{and/or/xor: #}}}}}}");
        }

        var operations = new List<(string, BsonValue)>();
        foreach (var element in document)
        {
            if (element.Name is not ("and" or "or" or "xor"))
            {
                throw Errors.BadValue($"The $bit modifier only supports 'and', 'or', and 'xor', not '{element.Name}' which is an unknown operator: {{{element.Name}: {element.Value}}}");
            }

            operations.Add(element.Value is BsonInt32 or BsonInt64
                ? (element.Name, element.Value)
                : throw Errors.BadValue($"The $bit modifier field must be an Integer(32/64 bit); a '{Errors.TypeName(element.Value)}' is not supported here: {{{element.Name}: {element.Value}}}"));
        }

        return operations.Count > 0
            ? new BitUpdate(path, operations)
            : throw Errors.BadValue($"You must pass in at least one bitwise operation. The format is: {{$bit: {{field: {{and/or/xor: #}}}}}}");
    }
}
