using System.Text.RegularExpressions;
using Ecodrix.Sandbox.Callbacks;
using Ecodrix.Sandbox.Google;
using Ecodrix.Sandbox.Graph.Messages;
using Ecodrix.Sandbox.Graph.Numbers;
using Ecodrix.Sandbox.Mail;
using Ecodrix.Sandbox.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Sandbox.Control;

/// <summary>The API that the page and tests steer the sandbox with.</summary>
internal static partial class ControlEndpoints
{
    public static void MapControl(this IEndpointRouteBuilder sandbox, SandboxState state)
    {
        var views = new StateViews(state);
        var api = sandbox.MapGroup("/api");

        sandbox.MapGet("/magic-numbers", () => ControlJson.Ok(MagicNumbers.All));
        api.MapGet("/state", (int? limit) => ControlJson.Ok(views.State(limit ?? 200)));
        api.MapGet("/stats", (string? reference) => ControlJson.Ok(views.Stats(reference)));
        api.MapGet("/live", http => LiveStream.RunAsync(http, state.Live));
        api.MapPost("/clear", () => Clear(state));

        api.MapGet("/messages", (string? to, string? reference, int? limit) => ControlJson.Ok(views.Messages(to, reference, limit ?? 100)));
        api.MapGet("/messages/{id}", (string id) => Message(state, views, id));
        api.MapPost("/messages/{id}/status", ControlJson.Taking<StatusBody>((http, body) => SetStatus(state, Route(http, "id"), body)));
        api.MapPost("/inbound", ControlJson.Taking<InboundMessage>((_, body) => Inbound(state, body)));
        api.MapPost("/events", ControlJson.Taking<EventBody>((_, body) => Event(state, body)));
        api.MapPost("/windows", ControlJson.Taking<WindowBody>((_, body) => OpenWindow(state, body)));

        api.MapPut("/webhook", ControlJson.Taking<WebhookBody>((http, body) => SetWebhookAsync(state, body, http.RequestAborted)));
        api.MapPut("/numbers/{id}", ControlJson.Taking<NumberBody>((http, body) => SetNumber(state, Route(http, "id"), body)));
        api.MapPut("/settings", ControlJson.Taking<SettingsBody>((_, body) => Change(state, body)));

        api.MapGet("/callbacks", (string? name, int? limit) => ControlJson.Ok(views.Callbacks(name, limit ?? 100)));
        api.MapPut("/callbacks/{name}", ControlJson.Taking<CallbackBody>((http, body) => SetCallback(state, Route(http, "name"), body)));
        api.MapGet("/mail", () => ControlJson.Ok(state.Mail.All));
        api.MapPost("/mail/failures", ControlJson.Taking<MailFailureBody>((_, body) => FailMail(state, body)));
        api.MapGet("/google", () => ControlJson.Ok(views.Google()));
        api.MapPut("/google", ControlJson.Taking<GoogleBody>((_, body) => SetGoogle(state, views, body)));
        api.MapPost("/google/expire", () => Google(state, views, google => google.ExpireAccess()));
        api.MapPost("/google/revoke", () => Google(state, views, google => google.Revoke()));
        api.MapPost("/signature", ControlJson.Taking<SignatureBody>((_, body) => CheckSignature(body)));
    }

    private static string Route(HttpContext http, string name) => (string)http.GetRouteValue(name)!;

    private static IResult Clear(SandboxState state)
    {
        state.Clear();
        return ControlJson.Ok(new { cleared = true });
    }

    private static IResult Message(SandboxState state, StateViews views, string id) =>
        state.Graph.Log.Find(id) is { } message ? ControlJson.Ok(views.Message(message)) : ControlJson.NotFound($"There is no message {id}.");

    private static IResult SetStatus(SandboxState state, string id, StatusBody body) =>
        body.Status is not ("sent" or "delivered" or "read" or "failed")
            ? ControlJson.Bad("status is one of sent, delivered, read and failed.")
            : state.Graph.SetStatus(id, body.Status, body.ErrorCode)
                ? ControlJson.Ok(new { id, body.Status })
                : ControlJson.NotFound($"There is no message {id}.");

    private static IResult Inbound(SandboxState state, InboundMessage message) =>
        MessageType().IsMatch(message.Type)
            && (message.PhoneNumberId is null || NumberDirectory.IsId(message.PhoneNumberId))
                ? ControlJson.Ok(state.Graph.Receive(message))
                : ControlJson.Bad("type is a word in lower case, and phoneNumberId has digits only.");

    private static IResult Event(SandboxState state, EventBody body)
    {
        if (body.Field is not { Length: > 0 } field || body.Value.ValueKind != System.Text.Json.JsonValueKind.Object)
        {
            return ControlJson.Bad("field must be a webhook field and value its object.");
        }

        state.Graph.PostEvent(Number(body.PhoneNumberId), field, body.Value);
        return ControlJson.Ok(new { posted = field });
    }

    private static IResult OpenWindow(SandboxState state, WindowBody body)
    {
        if (body.Contact is not { Length: > 0 } contact)
        {
            return ControlJson.Bad("contact must be the digits of a number, or a user id.");
        }

        state.Graph.OpenWindow(Number(body.PhoneNumberId), contact);
        return ControlJson.Ok(new { open = contact });
    }

    private static async Task<IResult> SetWebhookAsync(SandboxState state, WebhookBody body, CancellationToken ct)
    {
        if (body.Url is { Length: > 0 } && (!Uri.TryCreate(body.Url, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)))
        {
            return ControlJson.Bad("url must be an absolute http or https address.");
        }

        var options = state.Options;
        var settings = new WebhookSettings(
            body.Url ?? options.WebhookUrl ?? "", body.AppSecret ?? options.AppSecret, body.VerifyToken ?? options.VerifyToken);
        if (body.Verify && await NumberEndpoints.VerifyAsync(settings.Url, settings.VerifyToken, ct) is { } fault)
        {
            return ControlJson.Bad($"The handshake failed: {fault}.");
        }

        if (body.PhoneNumberId is { } id)
        {
            state.Graph.ConfigureWebhook(Number(id), settings);
        }
        else
        {
            (options.WebhookUrl, options.AppSecret, options.VerifyToken) = (settings.Url, settings.AppSecret, settings.VerifyToken);
            state.Live.Hint("settings");
        }

        return ControlJson.Ok(new { settings.Url, verified = body.Verify });
    }

    private static IResult SetNumber(SandboxState state, string id, NumberBody body)
    {
        var before = state.Graph.Directory.Get(Number(id));
        var after = before with
        {
            WabaId = body.WabaId ?? before.WabaId,
            DisplayPhoneNumber = body.DisplayPhoneNumber ?? before.DisplayPhoneNumber,
            VerifiedName = body.VerifiedName ?? before.VerifiedName,
            CallingCode = body.CallingCode ?? before.CallingCode,
            QualityRating = body.QualityRating ?? before.QualityRating,
            MessagingLimit = body.MessagingLimit ?? before.MessagingLimit,
            AccessToken = body.AccessToken ?? before.AccessToken,
        };
        state.Graph.Configure(after);
        return ControlJson.Ok(after);
    }

    private static IResult Change(SandboxState state, SettingsBody body)
    {
        body.ApplyTo(state.Options);
        state.Live.Hint("settings");
        return ControlJson.Ok(SettingsBody.Of(state.Options));
    }

    private static IResult SetCallback(SandboxState state, string name, CallbackBody body)
    {
        if (body.RespondWith?.Any(s => s is < 200 or > 599) is true)
        {
            return ControlJson.Bad("respondWith holds HTTP statuses from 200 to 599.");
        }

        state.Callbacks.Configure(name, body.Over(state.Callbacks.Behaviour(name)));
        return ControlJson.Ok(state.Callbacks.Behaviour(name));
    }

    private static IResult FailMail(SandboxState state, MailFailureBody body)
    {
        if (body.At is not ("connect" or "auth" or "mail" or "rcpt" or "data" or "end") || body.Code is < 400 or > 599)
        {
            return ControlJson.Bad("at is one of connect, auth, mail, rcpt, data and end; code is from 400 to 599, or absent to drop the connection.");
        }

        state.Mail.Fail([.. Enumerable.Repeat(new MailFailure(body.At, body.Code), Math.Clamp(body.Times ?? 1, 1, 100))]);
        return ControlJson.Ok(new { body.At, body.Code });
    }

    private static IResult SetGoogle(SandboxState state, StateViews views, GoogleBody body)
    {
        if (body.PendingLooks is < 0 or > 1000 || body.DelayMs is < 0 or > 120_000 || body.QuotaErrors is < 0 or > 1000)
        {
            return ControlJson.Bad("pendingLooks and quotaErrors are from 0 to 1000, delayMs from 0 to 120000.");
        }

        return Google(state, views, body.ApplyTo);
    }

    private static IResult Google(SandboxState state, StateViews views, Action<GoogleSandbox> change)
    {
        change(state.Google);
        state.Live.Hint("google");
        return ControlJson.Ok(views.Google());
    }

    private static IResult CheckSignature(SignatureBody body) => ControlJson.Ok(new
    {
        verdict = CallbackSignatures.Check(System.Text.Encoding.UTF8.GetBytes(body.Body ?? ""), body.Signature, body.Secret),
        expected = body.Secret is { Length: > 0 } ? CallbackSignatures.Sign(System.Text.Encoding.UTF8.GetBytes(body.Body ?? ""), body.Secret) : null,
    });

    private static string Number(string? id) => id switch
    {
        null => NumberDirectory.DefaultNumber,
        _ when NumberDirectory.IsId(id) => id,
        _ => throw new ArgumentException("A phone number id has digits only."),
    };

    [GeneratedRegex("^[a-z_]{2,32}$")]
    private static partial Regex MessageType();
}
