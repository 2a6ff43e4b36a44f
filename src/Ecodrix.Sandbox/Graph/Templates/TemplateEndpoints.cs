using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ecodrix.Sandbox.Graph.Numbers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Ecodrix.Sandbox.Graph.Templates;

/// <summary>Lists, creates and deletes an account's templates.</summary>
internal sealed partial class TemplateEndpoints(GraphSandbox graph)
{
    private const int UsualPage = 25;
    private const int LargestPage = 1000;

    public Task ListAsync(HttpContext http)
    {
        var waba = Account(http);
        var query = http.Request.Query;
        var all = graph.Templates.Of(waba)
            .Where(t => Matches(query["status"], t.Status) && Matches(query["language"], t.Language) && Matches(query["category"], t.Category)
                && (query["name"].ToString() is not { Length: > 0 } name || t.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))
            .ToList();
        var limit = int.TryParse(query["limit"], CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, LargestPage) : UsualPage;
        var start = query["after"].ToString() is { Length: > 0 } after ? Position(after) : 0;
        var page = all.Skip(start).Take(limit).ToList();
        var answer = new JsonObject { ["data"] = new JsonArray([.. page.Select(t => Fields(t, query["fields"].ToString()))]) };
        if (page.Count > 0)
        {
            var paging = new JsonObject { ["cursors"] = new JsonObject { ["before"] = Cursor(start), ["after"] = Cursor(start + page.Count) } };
            if (start + page.Count < all.Count)
            {
                paging["next"] = Next(http, Cursor(start + page.Count));
            }

            answer["paging"] = paging;
        }

        return GraphAnswers.JsonAsync(http, answer);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var waba = Account(http);
        using var document = GraphCall.Parse(await GraphCall.BodyAsync(http));
        var body = new Param(document.RootElement, "");
        var name = body.Text("name", 512);
        if (!TemplateName().IsMatch(name))
        {
            throw GraphErrors.Invalid("name", "must contain only lower-case letters, digits and underscores.");
        }

        var components = body.List("components", 1, 10);
        if (!components.Any(c => c.Text("type", 64).Equals("BODY", StringComparison.OrdinalIgnoreCase)))
        {
            throw GraphErrors.Invalid("components", "must have a BODY.");
        }

        var template = new Template
        {
            Id = GraphIds.Numeric(),
            Name = name,
            Language = body.Text("language", 32),
            Category = Category(body),
            Status = "PENDING",
            Named = (body.OptionalText("parameter_format", 32) ?? "").Equals("named", StringComparison.OrdinalIgnoreCase),
            Components = (JsonArray)JsonNode.Parse(document.RootElement.GetProperty("components").GetRawText())!,
        };
        if (!graph.Templates.Put(waba, template, replace: false))
        {
            throw GraphErrors.Shape($"Content in this language already exists for the template {name}.");
        }

        await GraphAnswers.JsonAsync(
            http, new JsonObject { ["id"] = template.Id, ["status"] = template.Status, ["category"] = template.Category });
    }

    public Task DeleteAsync(HttpContext http)
    {
        var waba = Account(http);
        var name = http.Request.Query["name"].ToString();
        return graph.Templates.Remove(waba, name)
            ? GraphAnswers.SuccessAsync(http)
            : throw GraphErrors.Shape($"No template {name} exists for this WhatsApp Business Account.");
    }

    private static string Account(HttpContext http)
    {
        _ = GraphCall.Version(http);
        _ = GraphCall.Token(http);
        var id = (string)http.Request.RouteValues["id"]!;
        return NumberDirectory.IsId(id) ? id : throw GraphErrors.NoSuchObject(http.Request.Method, id);
    }

    private static string Category(Param body)
    {
        var category = body.Text("category", 32).ToUpperInvariant();
        return category is "UTILITY" or "MARKETING" or "AUTHENTICATION"
            ? category
            : throw GraphErrors.Invalid("category", $"must be one of {{AUTHENTICATION, MARKETING, UTILITY}} - got \"{category}\".");
    }

    private static bool Matches(string? wanted, string value) =>
        string.IsNullOrEmpty(wanted) || wanted.Split(',').Contains(value, StringComparer.OrdinalIgnoreCase);

    private static JsonObject Fields(Template template, string fields)
    {
        var json = template.ToJson();
        if (fields.Length == 0)
        {
            return json;
        }

        var wanted = fields.Split(',', StringSplitOptions.TrimEntries).Append("id").ToHashSet(StringComparer.Ordinal);
        foreach (var key in json.Select(p => p.Key).Where(k => !wanted.Contains(k)).ToList())
        {
            json.Remove(key);
        }

        return json;
    }

    private static string Cursor(int position) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"sandbox:{position:00000}")));

    private static int Position(string cursor)
    {
        var bytes = new byte[64];
        return Convert.TryFromBase64String(cursor, bytes, out var length)
            && Encoding.ASCII.GetString(bytes, 0, length) is ['s', 'a', 'n', 'd', 'b', 'o', 'x', ':', .. var digits]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
                ? position
                : throw new GraphRefusal(GraphErrors.BadCursor);
    }

    private static string Next(HttpContext http, string after)
    {
        var query = new QueryBuilder(http.Request.Query
            .Where(q => q.Key is not ("after" or "access_token"))
            .Select(q => KeyValuePair.Create(q.Key, q.Value.ToString()))) { { "after", after } };
        return UriHelper.BuildAbsolute(
            http.Request.Scheme, http.Request.Host, http.Request.PathBase, http.Request.Path, query.ToQueryString());
    }

    [GeneratedRegex("^[a-z0-9_]{1,512}$")]
    private static partial Regex TemplateName();
}
