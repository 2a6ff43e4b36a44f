using Ecodrix.EmbeddedMongo.Values;
using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Update;

/// <summary><c>$set</c>.</summary>
internal sealed class SetUpdate(UpdatePath path, BsonValue value) : FieldUpdate(path)
{
    public override BsonValue? Next(BsonValue? present, UpdateRun run) => ExactEquality.Same(present, value) ? present : value;
}

/// <summary><c>$setOnInsert</c>: <c>$set</c> on a new document, else nothing.</summary>
internal sealed class SetOnInsertUpdate(UpdatePath path, BsonValue value) : FieldUpdate(path)
{
    public override BsonValue? Next(BsonValue? present, UpdateRun run) => ExactEquality.Same(present, value) ? present : value;

    public override void Run(UpdateRun run)
    {
        if (run.IsInsert)
        {
            base.Run(run);
        }
    }
}

/// <summary><c>$unset</c>.</summary>
internal sealed class UnsetUpdate(UpdatePath path) : FieldUpdate(path)
{
    public override bool CreatesPath => false;

    public override BsonValue? Next(BsonValue? present, UpdateRun run) => null;
}

/// <summary><c>$min</c> and <c>$max</c>: the value if it is beyond the present one in comparison order.</summary>
internal sealed class ExtremeUpdate(UpdatePath path, BsonValue value, bool max) : FieldUpdate(path)
{
    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        int order = present is null ? 0 : BsonOrder.Instance.Compare(value, present);
        return present is null || (max ? order > 0 : order < 0) ? value : present;
    }
}

/// <summary><c>$currentDate</c>.</summary>
internal sealed class CurrentDateUpdate(UpdatePath path, bool timestamp) : FieldUpdate(path)
{
    public override BsonValue? Next(BsonValue? present, UpdateRun run)
    {
        BsonValue now = timestamp ? new BsonTimestamp((int)(run.Now.MillisecondsSinceEpoch / 1000), 1) : run.Now;
        return ExactEquality.Same(present, now) ? present : now;
    }

    public static CurrentDateUpdate Parse(UpdatePath path, BsonValue argument) => argument switch
    {
        BsonBoolean => new CurrentDateUpdate(path, timestamp: false),
        BsonDocument { ElementCount: 1 } type when type.TryGetValue("$type", out var name) && name is BsonString { Value: "date" or "timestamp" } kind =>
            new CurrentDateUpdate(path, kind.Value == "timestamp"),
        BsonDocument other => throw Errors.BadValue(
            other.Contains("$type")
                ? "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}"
                : $"Unrecognized $currentDate option: {other}"),
        _ => throw Errors.BadValue(
            $"{Errors.TypeName(argument)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({{$type: 'timestamp/date'}})."),
    };
}

/// <summary><c>$rename</c>: the value moves; neither end may be inside of an array.</summary>
internal sealed class RenameUpdate(UpdatePath source, UpdatePath target) : FieldUpdate(target)
{
    private readonly FieldPath _source = FieldPath.Parse(source.Text);
    private readonly FieldPath _target = FieldPath.Parse(target.Text);
    private readonly UnsetUpdate _removal = new(source);

    public override IReadOnlyList<UpdatePath> Writes => [source, Path];

    public override BsonValue? Next(BsonValue? present, UpdateRun run) => _source.Find(run.Document);

    public override void Run(UpdateRun run)
    {
        CheckNoArray(run, _source, "source");
        if (_source.Find(run.Document) is not null)
        {
            CheckNoArray(run, _target, "destination");
            base.Run(run);
            _removal.Run(run);
        }
    }

    public static RenameUpdate Parse(UpdatePath source, BsonValue argument)
    {
        if (argument is not BsonString name)
        {
            throw Errors.BadValue($"The 'to' field for $rename must be a string: {source}: {argument}");
        }

        var target = UpdatePath.Parse(name.Value);
        if (source.IsDynamic || target.IsDynamic)
        {
            throw Errors.BadValue(source.IsDynamic
                ? $"The source field for $rename may not be dynamic: {source}"
                : $"The destination field for $rename may not be dynamic: {target}");
        }

        return source.Text == target.Text
            ? throw Errors.BadValue($"The source and target field for $rename must differ: {source}: \"{target}\"")
            : new RenameUpdate(source, target);
    }

    private static void CheckNoArray(UpdateRun run, FieldPath path, string role)
    {
        BsonValue? value = run.Document;
        for (int depth = 0; depth < path.Count && value is BsonDocument document; depth++)
        {
            value = document.TryGetValue(path.Components[depth], out var found) ? found : null;
            if (value is BsonArray && depth < path.Count - 1)
            {
                throw Errors.BadValue(
                    $"The {role} field cannot be an array element, '{path}' in doc with {run.Name} has an array field called '{path.Components[depth]}'");
            }
        }
    }
}
