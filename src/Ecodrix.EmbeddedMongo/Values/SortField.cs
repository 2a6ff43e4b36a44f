using MongoDB.Bson;

namespace Ecodrix.EmbeddedMongo.Values;

/// <summary>One field of a sort.</summary>
internal sealed record SortField(FieldPath Path, bool Descending)
{
    /// <summary>What a document sorts by in this field.</summary>
    public BsonValue KeyOf(BsonDocument document)
    {
        BsonValue? best = null;
        Visit(document, 0, ref best);
        return best ?? BsonNull.Value;
    }

    private void Visit(BsonDocument document, int depth, ref BsonValue? best)
    {
        while (true)
        {
            if (!document.TryGetValue(Path.Components[depth], out var value))
            {
                Offer(BsonNull.Value, ref best);
                return;
            }

            depth++;
            if (value is BsonArray array)
            {
                VisitArray(array, depth, ref best);
                return;
            }

            if (depth == Path.Count)
            {
                Offer(value, ref best);
                return;
            }

            if (value is not BsonDocument inner)
            {
                Offer(BsonNull.Value, ref best);
                return;
            }

            document = inner;
        }
    }

    private void VisitArray(BsonArray array, int depth, ref BsonValue? best)
    {
        bool ends = depth == Path.Count;
        if (array.Count == 0)
        {
            // As in an index: an empty array as such is undefined, which is below null; a field inside of it is merely missing.
            Offer(ends ? BsonUndefined.Value : BsonNull.Value, ref best);
            return;
        }

        if (!ends && Path.PositionAt(depth) is >= 0 and var at)
        {
            VisitPosition(array, at, depth, ref best);
            return;
        }

        for (int i = 0; i < array.Count; i++)
        {
            if (ends)
            {
                Offer(array[i], ref best);
            }
            else if (array[i] is BsonDocument inner)
            {
                Visit(inner, depth, ref best);
            }
            else
            {
                Offer(BsonNull.Value, ref best);
            }
        }
    }

    private void VisitPosition(BsonArray array, int at, int depth, ref BsonValue? best)
    {
        var value = at < array.Count ? array[at] : BsonNull.Value;
        if (depth + 1 == Path.Count)
        {
            if (value is BsonArray nested)
            {
                VisitArray(nested, depth + 1, ref best);
            }
            else
            {
                Offer(value, ref best);
            }
        }
        else if (value is BsonDocument inner)
        {
            Visit(inner, depth + 1, ref best);
        }
        else if (value is BsonArray nested)
        {
            VisitArray(nested, depth + 1, ref best);
        }
        else
        {
            Offer(BsonNull.Value, ref best);
        }
    }

    private void Offer(BsonValue value, ref BsonValue? best)
    {
        int order = best is null ? 0 : BsonOrder.Instance.Compare(value, best);
        if (best is null || (Descending ? order > 0 : order < 0))
        {
            best = value;
        }
    }
}
