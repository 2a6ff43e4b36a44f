using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using Fluid;
using MongoDB.Bson;

namespace Ecodrix.Engine.Kernel;

/// <summary>Renders Liquid templates over the facts of an event, within bounds of time and size.</summary>
internal static class Liquid
{
    private const int LongestOutput = 256 * 1024;
    private const int MostSteps = 20_000;
    private const int MostCached = 2_000;

    private static readonly FluidParser Parser = new();
    private static readonly TemplateOptions Options = new() { MaxSteps = MostSteps, MaxRecursion = 20 };
    private static readonly ConcurrentDictionary<string, IFluidTemplate> Parsed = new(StringComparer.Ordinal);

    /// <summary>What is wrong with a template; null when nothing is.</summary>
    public static string? Fault(string template) => Parser.TryParse(template, out _, out var error) ? null : error;

    /// <summary>Renders a template; what is missing renders as nothing.</summary>
    /// <param name="template">Liquid.</param>
    /// <param name="facts">What it may refer to.</param>
    /// <param name="html">Whether values are escaped for HTML.</param>
    /// <exception cref="RefusedException">TEMPLATE_INVALID.</exception>
    public static async ValueTask<string> RenderAsync(string template, BsonDocument facts, bool html = false)
    {
        // Most values are plain text.
        if (!template.Contains('{', StringComparison.Ordinal))
        {
            return template;
        }

        try
        {
            var context = new TemplateContext(ToModel(facts), Options);
            await using var output = new BoundedWriter(LongestOutput);
            await Parse(template).RenderAsync(output, html ? HtmlEncoder.Default : NullEncoder.Default, context);
            return output.ToString();
        }
        catch (Exception e) when (e is ParseException or InvalidOperationException)
        {
            throw new RefusedException(RefusalKind.Unprocessable, "TEMPLATE_INVALID", $"The template could not be rendered: {e.Message}");
        }
    }

    private static IFluidTemplate Parse(string template)
    {
        if (Parsed.Count > MostCached)
        {
            Parsed.Clear();
        }

        return Parsed.GetOrAdd(template, static t => Parser.Parse(t));
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

    /// <summary>Stops a template that writes without end.</summary>
    private sealed class BoundedWriter(int limit) : StringWriter
    {
        public override void Write(char value)
        {
            Room(1);
            base.Write(value);
        }

        public override void Write(string? value)
        {
            Room(value?.Length ?? 0);
            base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            Room(count);
            base.Write(buffer, index, count);
        }

        public override Task WriteAsync(string? value)
        {
            Write(value);
            return Task.CompletedTask;
        }

        public override Encoding Encoding => Encoding.UTF8;

        private void Room(int more)
        {
            if (GetStringBuilder().Length + more > limit)
            {
                throw new InvalidOperationException($"it makes more than {limit / 1024} KiB of text.");
            }
        }
    }
}
