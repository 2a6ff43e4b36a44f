using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Triggers;
using MongoDB.Bson;

namespace Ecodrix.Engine.Automations.Actions;

/// <summary>
/// <c>http_request</c>: <c>{url, method=POST, headers?, body?}</c>; address, header values and body are templates. Signed like a callback
/// and under the same address rules. Without a body the event and its lead are sent as JSON.
/// </summary>
internal sealed class HttpRequest(OutboundCalls calls, OutboundAddresses addresses, TimeProvider clock) : IRuleAction
{
    private const int LongestBody = 64 * 1024;
    private const int MostHeaders = 20;
    private const int ShownBody = 4 * 1024;

    private static readonly string[] Methods = ["POST", "PUT", "PATCH", "GET", "DELETE"];

    /// <summary>Headers the platform sets itself, or that steer the connection.</summary>
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer", "Expect", "Proxy-Authorization", "User-Agent",
        "x-ecodrix-signature", "webhook-id", "webhook-timestamp", "webhook-signature",
    };

    public string Type => "http_request";

    public void Check(Check check, BsonDocument config, string at)
    {
        check.RequireText(config, "url", at, 2048);
        var url = config.GetValue("url", "").ToString()!;
        if (!url.Contains('{', StringComparison.Ordinal) && url.Length > 0 && addresses.Fault(url) is { } fault)
        {
            check.That(false, $"{at}url", $"{at}url {fault}");
        }

        check.That(Methods.Contains(Method(config)), $"{at}method", $"{at}method must be one of {string.Join(", ", Methods)}.");
        var body = config.GetValue("body", BsonNull.Value);
        check.That(body is BsonNull or BsonString, $"{at}body", $"{at}body must be a text: a Liquid template.");
        if (body is BsonString { Value: { Length: > 0 } text })
        {
            check.That(text.Length <= LongestBody, $"{at}body", $"{at}body may have at most {LongestBody} characters.");
            check.That(LiquidText.Fault(text) is null, $"{at}body", $"{at}body is not a readable template: {LiquidText.Fault(text)}");
        }

        CheckHeaders(check, config.GetValue("headers", BsonNull.Value), $"{at}headers");
    }

    public async Task<ActionOutcome> RunAsync(ActionRun run, CancellationToken ct)
    {
        var call = await CallAsync(run, ct);
        var input = Input(call);
        if (Fault(call) is { } fault)
        {
            return ActionOutcome.Fail(fault.Code, fault.Message, input);
        }

        var keys = WebhookSigning.KeysOf(run.Scope, clock.GetUtcNow().UtcDateTime);
        if (keys.Current is null)
        {
            return ActionOutcome.Skip(Unsigned, input, "WEBHOOK_SECRET_MISSING");
        }

        var answer = await calls.SendAsync(call, keys, ct);
        var output = new BsonDocument { ["statusCode"] = answer.StatusCode is { } code ? code : BsonNull.Value, ["latencyMs"] = answer.LatencyMs };
        output["head"] = answer.Head is null ? BsonNull.Value : answer.Head;
        output["body"] = answer.Body is null ? BsonNull.Value : Texts.Cut(answer.Body, ShownBody);
        if (answer.Succeeded)
        {
            return ActionOutcome.Done(input, output);
        }

        var why = answer.Error ?? $"The receiver answered {answer.StatusCode}.";
        if (!answer.IsPassing)
        {
            return new ActionOutcome.Ended(new ActionEnd(ActionStatus.Failed) { Input = input, Output = output, Error = why });
        }

        var wait = Jobs.JobRunner.BackOff(run.Action.Attempts + 2);
        var asked = answer.RetryAfter > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : answer.RetryAfter;
        return new ActionOutcome.Later(clock.GetUtcNow().UtcDateTime + (asked > wait ? asked.Value : wait), why, true, new ActionEnd(ActionStatus.Retrying) { Input = input, Output = output });
    }

    public async Task<ActionPreview> PreviewAsync(ActionRun run, CancellationToken ct)
    {
        var call = await CallAsync(run, ct);
        var obstacles = new List<Obstacle>();
        if (Fault(call) is { } fault)
        {
            obstacles.Add(fault);
        }

        if (WebhookSigning.KeysOf(run.Scope, clock.GetUtcNow().UtcDateTime).Current is null)
        {
            obstacles.Add(new Obstacle("WEBHOOK_SECRET_MISSING", Unsigned));
        }

        return new ActionPreview(Input(call)) { To = call.Url, Text = call.Body is null ? null : Encoding.UTF8.GetString(call.Body), Obstacles = obstacles };
    }

    private const string Unsigned = "This client has no automationWebhookSecret to sign it with, and nothing is sent unsigned.";

    private static void CheckHeaders(Check check, BsonValue headers, string at)
    {
        check.That(headers is BsonNull or BsonDocument { ElementCount: <= MostHeaders }, at, $"{at} must be an object of at most {MostHeaders} names.");
        foreach (var (name, value) in (headers as BsonDocument ?? []).Select(h => (h.Name, h.Value)))
        {
            check.That(name.Length is > 0 and <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), at, $"{at}: \"{name}\" is no name of a header.");
            check.That(!Own.Contains(name), at, $"{at}: {name} is set by the platform.");
            check.That(value is BsonString { Value.Length: <= 2048 } text && LiquidText.Fault(text.Value) is null, $"{at}.{name}", $"{at}.{name} must be a text, or a template that can be read.");
        }
    }

    private static string Method(BsonDocument config) => config.GetValue("method", BsonNull.Value) is BsonString { Value: { Length: > 0 } said } ? said.ToUpperInvariant() : "POST";

    private static async Task<OutboundCall> CallAsync(ActionRun run, CancellationToken ct)
    {
        var method = Method(run.Action.Config);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in (run.Action.Config.GetValue("headers", BsonNull.Value) as BsonDocument ?? []).Select(h => (h.Name, h.Value)))
        {
            // A value with a line break would begin another header.
            headers[name] = string.Concat((await LiquidText.RenderAsync(value.ToString()!, run.Facts, LiquidEncoding.Plain, ct)).Where(c => !char.IsControl(c)));
        }

        var url = (await run.RenderAsync("url", ct)).Trim();
        var body = method is "GET" or "DELETE" ? null : await BodyAsync(run, ct);
        return new OutboundCall(new HttpMethod(method), url, run.Action.Id.ToString(), body is null ? null : Encoding.UTF8.GetBytes(body)) { Headers = headers };
    }

    private static async Task<string> BodyAsync(ActionRun run, CancellationToken ct)
    {
        if (run.Action.Config.GetValue("body", BsonNull.Value) is BsonString { Value: { Length: > 0 } })
        {
            return await run.RenderAsync("body", ct);
        }

        return new JsonObject
        {
            ["id"] = run.Action.Id.ToString(),
            ["eventLogId"] = run.Event.Id.ToString(),
            ["trigger"] = run.Event.Trigger,
            ["lead"] = BsonJson.ToJson(run.Facts["lead"]),
            ["variables"] = BsonJson.ToJson(run.Facts["variables"]),
            ["data"] = BsonJson.ToJson(run.Facts["data"]),
            ["meet"] = BsonJson.ToJson(run.Facts["meet"]),
        }.ToJsonString(EcodrixJson.Options);
    }

    private Obstacle? Fault(OutboundCall call)
    {
        if (addresses.Fault(call.Url) is { } fault)
        {
            return new Obstacle("ADDRESS_REFUSED", $"The address {fault}");
        }

        var isJson = !call.Headers.TryGetValue("Content-Type", out var type) || type.Contains("json", StringComparison.OrdinalIgnoreCase);
        if (call.Body is not { } body || !isJson)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return null;
        }
        catch (JsonException e)
        {
            return new Obstacle("BODY_NOT_JSON", $"The body came out as no JSON (line {e.LineNumber + 1}). Write texts as {{{{ lead.firstName | json }}}}, or set another Content-Type.");
        }
    }

    private static BsonDocument Input(OutboundCall call) => new()
    {
        ["method"] = call.Method.Method,
        ["url"] = call.Url,
        // Values may be credentials.
        ["headers"] = new BsonArray(call.Headers.Keys),
        ["body"] = call.Body is null ? BsonNull.Value : Encoding.UTF8.GetString(call.Body),
    };
}
