using System.Text.Json;
using Ecodrix.Sandbox.Graph.Numbers;
using Ecodrix.Sandbox.Graph.Templates;
using Microsoft.AspNetCore.Http;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary><c>POST /{version}/{phone-number-id}/messages</c>.</summary>
internal sealed class MessageEndpoint(GraphSandbox graph, SandboxOptions options)
{
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(5);

    private readonly MessageRules _rules = new(options, graph.Templates, graph.Media);
    private readonly ThroughputGate _gate = new(options);

    public async Task HandleAsync(HttpContext http)
    {
        byte[] body = [];
        try
        {
            var (version, number) = (GraphCall.Version(http), GraphCall.Number(http, graph.Directory));
            body = await GraphCall.BodyAsync(http);
            await HandleAsync(http, version, number, body);
        }
        catch (GraphRefusal refusal)
        {
            graph.Refuse((string)http.Request.RouteValues["id"]!, refusal.Error, body);
            throw;
        }
    }

    private async Task HandleAsync(HttpContext http, string version, BusinessNumber number, byte[] body)
    {
        using var document = GraphCall.Parse(body);
        var root = document.RootElement;
        if (!root.TryGetProperty("messaging_product", out var product) || product.ValueKind != JsonValueKind.String
            || !product.ValueEquals("whatsapp"))
        {
            throw GraphErrors.Shape("The parameter messaging_product is required.");
        }

        if (root.TryGetProperty("status", out _))
        {
            Read(new Param(root, ""));
            graph.NoteRead(body);
            await GraphAnswers.SuccessAsync(http);
            return;
        }

        await SendAsync(http, version, number, root, body);
    }

    private static void Read(Param root)
    {
        root.Only("messaging_product", "status", "message_id", "typing_indicator");
        _ = root.OneOf("status", "read");
        if (!root.Text("message_id", 512).StartsWith("wamid.", StringComparison.Ordinal))
        {
            throw GraphErrors.Value("The message_id is not that of a message.");
        }

        if (root.OptionalObject("typing_indicator") is { } typing)
        {
            _ = typing.Only("type").OneOf("type", "text");
        }
    }

    private async Task SendAsync(HttpContext http, string version, BusinessNumber number, JsonElement root, byte[] body)
    {
        var envelope = MessageEnvelope.Read(root, number);
        _rules.Check(new Param(root, ""), envelope.Type, number.WabaId);
        if (envelope.WaId is not null && envelope.WaId == number.Digits)
        {
            throw new GraphRefusal(GraphErrors.SameNumber);
        }

        if (!_gate.Admits(number.Id))
        {
            throw new GraphRefusal(GraphErrors.Throughput);
        }

        graph.Admit(envelope.Recipient);
        var magic = options.MagicNumbers ? MagicNumbers.Of(envelope.Recipient) : null;
        if (magic is not null && await FailsAsync(http, magic, number, envelope))
        {
            return;
        }

        if (options.EnforceWindow && envelope.Type != "template" && !envelope.Group && !graph.Windows.IsOpen(number.Id, envelope.Recipient))
        {
            throw new GraphRefusal(GraphErrors.WindowClosed);
        }

        var message = Accepted(version, number, envelope, root, body);
        graph.Accept(message);
        if (magic?.Fault == CallFault.DropAfter || graph.Loses(envelope.Recipient))
        {
            http.Abort();
        }
        else
        {
            if (magic?.Fault == CallFault.Slow)
            {
                await Task.Delay(SlowAnswer, options.TimeProvider, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await GraphAnswers.AcceptedAsync(http, message, envelope, graph.WaIdOf(envelope.WaId ?? envelope.To), magic);
        }

        graph.Player.Start(message, graph.Plan(message));
    }

    private async Task<bool> FailsAsync(HttpContext http, MagicNumber magic, BusinessNumber number, MessageEnvelope envelope)
    {
        if (magic.Fault is CallFault.None or CallFault.Slow or CallFault.DropAfter
            || !graph.Magic.Fails(magic, number.Id, envelope.Recipient))
        {
            return false;
        }

        switch (magic.Fault)
        {
            case CallFault.HtmlError:
                await GraphAnswers.HtmlErrorAsync(http);
                return true;
            case CallFault.DropBefore:
                http.Abort();
                return true;
            default:
                throw new GraphRefusal(magic.Error!);
        }
    }

    private SentMessage Accepted(string version, BusinessNumber number, MessageEnvelope envelope, JsonElement root, byte[] body) => new()
    {
        Id = GraphIds.Wamid(envelope.WaId ?? "", inbound: false),
        PhoneNumberId = number.Id,
        To = envelope.To,
        WaId = envelope.WaId,
        UserId = envelope.UserId ?? (envelope.WaId is { } waId ? GraphIds.UserId(waId) : null),
        Type = envelope.Type,
        OpaqueData = envelope.OpaqueData,
        ReplyTo = envelope.ReplyTo,
        Category = envelope.Type == "template" ? Category(number, root.GetProperty("template")) : "service",
        AcceptedAt = options.TimeProvider.GetUtcNow(),
        Version = version,
        Body = body,
    };

    private string Category(BusinessNumber number, JsonElement template)
    {
        Template? found = graph.Templates.Find(
            number.WabaId, template.GetProperty("name").GetString()!, template.GetProperty("language").GetProperty("code").GetString()!);
        return found?.Category.ToLowerInvariant() ?? "utility";
    }
}
