using System.Text;
using System.Text.RegularExpressions;
using Fluid;
using Fluid.Ast;
using Fluid.Values;

namespace Ecodrix.Engine.Kernel;

/// <summary>What one rendering may still make, and until when.</summary>
internal sealed class LiquidBudget(TimeProvider clock, CancellationToken ct)
{
    public const string Key = "budget";

    /// <summary>Characters all filters together may read and make.</summary>
    private const long MostFiltered = 64 * 1024 * 1024;

    private static readonly TimeSpan LongestRender = TimeSpan.FromSeconds(2);

    private readonly long _began = clock.GetTimestamp();
    private long _left = LiquidText.LongestOutput;
    private long _filtered = MostFiltered;

    public static LiquidBudget Of(TemplateContext context) => (LiquidBudget)context.AmbientValues[Key];

    /// <summary>Takes what is printed or kept.</summary>
    public void Spend(long characters)
    {
        CheckTime();
        _left -= characters;
        if (_left < 0)
        {
            throw TooMuch();
        }
    }

    /// <summary>Takes what a filter reads or makes on the way.</summary>
    public void Filter(long characters)
    {
        CheckTime();
        _filtered -= characters;
        if (_filtered < 0)
        {
            throw TooMuch();
        }
    }

    public static InvalidOperationException TooMuch() => new($"it makes more than {LiquidText.LongestOutput / 1024} KiB of text.");

    private void CheckTime()
    {
        ct.ThrowIfCancellationRequested();
        if (clock.GetElapsedTime(_began) > LongestRender)
        {
            throw new InvalidOperationException($"it takes longer than {LongestRender.TotalSeconds:0} seconds.");
        }
    }
}

/// <summary>
/// Keeps within bounds what the library itself does not: what filters and ranges make, judged before it is made, and how deep a template
/// is nested, which the library follows by recursion and no catch can stop.
/// </summary>
internal static partial class LiquidBounds
{
    /// <summary>Items a range or a filter may make.</summary>
    private const int MostItems = 20_000;

    /// <summary>Blocks within blocks, and filters, operators and indexes in one tag.</summary>
    private const int Deepest = 100;

    /// <summary>How much searching may cost: the length of a text times that of what is looked for in it.</summary>
    private const long MostSearching = 100_000_000;

    private static readonly RangeBounding Ranges = new();

    /// <summary>Bounds every filter there is.</summary>
    public static void Bound(FilterCollection filters)
    {
        foreach (var (name, filter) in filters.ToList())
        {
            filters.AddFilter(name, async (input, arguments, context) =>
            {
                var budget = LiquidBudget.Of(context);
                var before = Length(input);
                var made = Makes(name, input, arguments);
                Check(input, before, made);
                budget.Filter(before + made);
                var result = await filter(input, arguments, context);
                var after = Length(result);
                // What is no longer than what it was made of is still on its way to become shorter.
                Check(result, after, after > before ? after : 0);
                budget.Filter(after);
                return result;
            });
        }
    }

    /// <summary>A template whose ranges are bounded.</summary>
    public static IFluidTemplate Bound(IFluidTemplate template) => Ranges.VisitTemplate(template);

    /// <summary>What is wrong with a template's shape; null when nothing is.</summary>
    public static string? Fault(string template)
    {
        var depth = 0;
        foreach (Match tag in Tags().Matches(template))
        {
            if (Links().Count(tag.ValueSpan) > Deepest)
            {
                return $"one tag has more than {Deepest} filters, operators or indexes.";
            }

            foreach (Match line in FirstWords().Matches(tag.Value))
            {
                depth += line.ValueSpan.Trim(" \t\r\n{%-").StartsWith("end", StringComparison.Ordinal) ? -1 : 1;
                if (depth > Deepest)
                {
                    return $"its blocks are nested more than {Deepest} deep.";
                }
            }
        }

        return null;
    }

    /// <summary>How much a filter would make, where it may make more than it was given.</summary>
    private static long Makes(string name, FluidValue input, FilterArguments arguments)
    {
        switch (name)
        {
            case "append" or "prepend" or "truncate" or "truncatewords":
                return Length(input) + Length(arguments.At(0)) + Length(arguments.At(1));
            case "replace_first" or "replace_last":
                return Length(input) + Length(arguments.At(1));
            case "replace" or "remove" or "remove_first" or "remove_last":
                return Length(input) + (Occurrences(input, arguments.At(0)) * Length(arguments.At(1)));
            case "split":
                return Occurrences(input, arguments.At(0)) + 1;
            case "concat":
                return Length(input) + Length(arguments.At(0));
            case "join" when input is ArrayValue list:
                return list.Values.Sum(v => (long)v.ToStringValue().Length) + (list.Values.Count * Math.Max(1, Length(arguments.At(0))));
            case "format_number" when WidePrecision().IsMatch(arguments.At(0).ToStringValue()):
            case "format_string" when WidePlace().IsMatch(input.ToStringValue()):
                throw LiquidBudget.TooMuch();
            default:
                return 0;
        }
    }

    private static long Occurrences(FluidValue input, FluidValue sought)
    {
        var (text, part) = (input.ToStringValue(), sought.ToStringValue());
        if (part.Length == 0)
        {
            return text.Length;
        }

        if ((long)text.Length * part.Length > MostSearching)
        {
            throw new InvalidOperationException("it searches a long text for a long one.");
        }

        var found = 0;
        for (var at = 0; (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
        {
            found++;
        }

        return found;
    }

    private static long Length(FluidValue value) => value switch
    {
        ArrayValue list => list.Values.Count,
        StringValue text => text.ToStringValue().Length,
        _ => 1,
    };

    private static void Check(FluidValue what, long had, long makes)
    {
        if (makes > had && makes > (what is ArrayValue && what.Type == FluidValues.Array ? MostItems : LiquidText.LongestOutput))
        {
            throw LiquidBudget.TooMuch();
        }
    }

    [GeneratedRegex(@"\{\{.*?\}\}|\{%.*?%\}", RegexOptions.Singleline)]
    private static partial Regex Tags();

    [GeneratedRegex(@"[|\[]|\b(?:and|or|contains)\b")]
    private static partial Regex Links();

    /// <summary>Words that begin or end a block: in a tag, and in each line of a <c>liquid</c> tag.</summary>
    [GeneratedRegex(@"(?:\{%-?|\n)\s*(?:end)?(?:if|unless|for|case|capture|tablerow|ifchanged|macro|comment|raw|block|doc|paginate)\b")]
    private static partial Regex FirstWords();

    [GeneratedRegex(@"[A-Za-z]\d{3,}")]
    private static partial Regex WidePrecision();

    [GeneratedRegex(@"\{[^{}]*[A-Za-z,-]\s*\d{3,}[^{}]*\}")]
    private static partial Regex WidePlace();

    private sealed class RangeBounding : AstRewriter
    {
        protected override Expression VisitRangeExpression(RangeExpression rangeExpression) => new BoundedRange(rangeExpression.From, rangeExpression.To);

        protected override Expression VisitMemberExpression(MemberExpression memberExpression) =>
            memberExpression.Segments.OfType<IndexerSegment>().Any(s => s.Expression is RangeExpression)
                ? throw new InvalidOperationException("a range cannot be an index.")
                : memberExpression;
    }

    private sealed class BoundedRange(Expression from, Expression to) : Expression
    {
        public override async ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var first = (await from.EvaluateAsync(context)).ToNumberValue();
            var last = (await to.EvaluateAsync(context)).ToNumberValue();
            if (last - first >= MostItems)
            {
                throw new InvalidOperationException($"a range has more than {MostItems} numbers.");
            }

            var (start, count) = (Convert.ToInt32(first), Math.Max(0, Convert.ToInt32(last) - Convert.ToInt32(first) + 1));
            LiquidBudget.Of(context).Filter(count * 100L);
            return new ArrayValue([.. Enumerable.Range(start, count).Select(i => NumberValue.Create(i))]);
        }
    }
}

/// <summary>Stops a template that writes without end.</summary>
internal sealed class BoundedWriter(LiquidBudget budget) : StringWriter
{
    public override void Write(char value)
    {
        budget.Spend(1);
        base.Write(value);
    }

    public override void Write(string? value)
    {
        budget.Spend(value?.Length ?? 0);
        base.Write(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        budget.Spend(count);
        base.Write(buffer, index, count);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        budget.Spend(buffer.Length);
        base.Write(buffer);
    }

    public override Task WriteAsync(char value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(char[] buffer, int index, int count)
    {
        Write(buffer, index, count);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return Task.CompletedTask;
    }

    public override Encoding Encoding => Encoding.UTF8;
}
