using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Fluid;
using Fluid.Ast;
using Fluid.Values;
using MongoDB.Bson;

namespace Ecodrix.Engine.Kernel;

/// <summary>How values that a template prints are written.</summary>
internal enum LiquidEncoding
{
    /// <summary>As they are.</summary>
    Plain,

    /// <summary>Escaped for HTML; the template's own text is left as it is.</summary>
    Html,
}

/// <summary>
/// Renders Liquid templates over facts, within bounds: steps, time, and all text that is made, printed or not. A template is written by
/// a tenant, so that one without end, or one that doubles a text until memory is gone, must hurt nobody else.
/// </summary>
internal static class LiquidText
{
    /// <summary>Characters a template may make, captured and assigned ones included.</summary>
    public const int LongestOutput = 256 * 1024;

    private const int MostSteps = 20_000;
    private const int MostCached = 2_000;

    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly FluidParser Parser = MakeParser();
    private static readonly TemplateOptions Options = MakeOptions();
    private static readonly ConcurrentDictionary<string, IFluidTemplate> Parsed = new(StringComparer.Ordinal);

    /// <summary>What is wrong with a template; null when nothing is.</summary>
    public static string? Fault(string template) => LiquidBounds.Fault(template) ?? (Parser.TryParse(template, out _, out var error) ? null : error);

    /// <summary>Renders a template; what is missing renders as nothing.</summary>
    /// <param name="template">Liquid.</param>
    /// <param name="facts">What it may refer to.</param>
    /// <param name="encoding">How values are written.</param>
    /// <param name="ct">Stops the rendering.</param>
    /// <exception cref="RefusedException">TEMPLATE_INVALID.</exception>
    public static async ValueTask<string> RenderAsync(string template, BsonDocument facts, LiquidEncoding encoding = LiquidEncoding.Plain, CancellationToken ct = default)
    {
        // Most values are plain text.
        if (!template.Contains('{', StringComparison.Ordinal))
        {
            return template;
        }

        try
        {
            var budget = new LiquidBudget(TimeProvider.System, ct);
            var context = new TemplateContext(ToModel(facts), Options);
            context.AmbientValues[LiquidBudget.Key] = budget;
            await using var output = new BoundedWriter(budget);
            await Parse(template).RenderAsync(output, encoding == LiquidEncoding.Html ? Html : NullEncoder.Default, context);
            return output.ToString();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever a filter throws at odd values: rendering the same template again would throw it again.
            throw new RefusedException(RefusalKind.Unprocessable, "TEMPLATE_INVALID", $"The template could not be rendered: {e.Message}");
        }
    }

    private static IFluidTemplate Parse(string template)
    {
        if (Parsed.Count > MostCached)
        {
            Parsed.Clear();
        }

        return Parsed.GetOrAdd(template, static t => LiquidBounds.Fault(t) is { } fault ? throw new InvalidOperationException(fault) : LiquidBounds.Bound(Parser.Parse(t)));
    }

    private static FluidParser MakeParser()
    {
        var parser = new FluidParser();
        // The library's own capture writes without a bound.
        parser.RegisterIdentifierBlock("capture", static async (name, statements, _, encoder, context) =>
        {
            await using var output = new BoundedWriter(LiquidBudget.Of(context));
            foreach (var statement in statements)
            {
                var completion = await statement.WriteToAsync(output, encoder, context);
                if (completion != Completion.Normal)
                {
                    return completion;
                }
            }

            // What was printed into it has been escaped already.
            context.SetValue(name, new StringValue(output.ToString(), encode: false));
            return Completion.Normal;
        });
        return parser;
    }

    private static TemplateOptions MakeOptions()
    {
        var options = new TemplateOptions
        {
            MaxSteps = MostSteps,
            MaxRecursion = 20,
            TimeZone = TimeZoneInfo.Utc,
            Assigned = static (_, value, context) =>
            {
                // A text made by filters costs as much as one that is printed.
                LiquidBudget.Of(context).Spend(value is StringValue text ? text.ToStringValue().Length : 1);
                return ValueTask.FromResult(value);
            },
        };
        LiquidBounds.Bound(options.Filters);
        return options;
    }

    private static Dictionary<string, object?> ToModel(BsonDocument document) => document.ToDictionary(e => e.Name, e => ToObject(e.Value), StringComparer.Ordinal);

    private static object? ToObject(BsonValue value) => value switch
    {
        BsonDocument document => ToModel(document),
        BsonArray array => array.Select(ToObject).ToList(),
        BsonString text => text.Value,
        BsonInt32 number => number.Value,
        BsonInt64 number => number.Value,
        BsonDouble number => number.Value,
        BsonDecimal128 number => Decimal128.ToDecimal(number.Value),
        BsonBoolean flag => flag.Value,
        BsonDateTime time => time.ToUniversalTime(),
        BsonNull => null,
        _ => value.ToString(),
    };
}
