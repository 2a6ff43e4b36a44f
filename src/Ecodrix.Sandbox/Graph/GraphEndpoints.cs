using Ecodrix.Sandbox.Graph.Media;
using Ecodrix.Sandbox.Graph.Messages;
using Ecodrix.Sandbox.Graph.Numbers;
using Ecodrix.Sandbox.Graph.Templates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Sandbox.Graph;

/// <summary>The routes of the Graph API stand-in.</summary>
internal static class GraphEndpoints
{
    public static void MapGraph(this IEndpointRouteBuilder sandbox, SandboxState state)
    {
        var (graph, options) = (state.Graph, state.Options);
        var (messages, templates) = (new MessageEndpoint(graph, options), new TemplateEndpoints(graph));
        var (numbers, media) = (new NumberEndpoints(graph), new MediaEndpoints(graph));
        var api = sandbox.MapGroup("/graph");

        api.MapPost("/{version}/{id}/messages", Answering(messages.HandleAsync));
        api.MapGet("/{version}/{id}/message_templates", Answering(templates.ListAsync));
        api.MapPost("/{version}/{id}/message_templates", Answering(templates.CreateAsync));
        api.MapDelete("/{version}/{id}/message_templates", Answering(templates.DeleteAsync));
        api.MapGet("/{version}/{id}/phone_numbers", Answering(numbers.ListAsync));
        api.MapGet("/{version}/{id}/subscribed_apps", Answering(numbers.SubscriptionsAsync));
        api.MapPost("/{version}/{id}/subscribed_apps", Answering(numbers.SubscribeAsync));
        api.MapDelete("/{version}/{id}/subscribed_apps", Answering(numbers.UnsubscribeAsync));
        api.MapPost("/{version}/{id}/media", Answering(media.UploadAsync));
        api.MapGet("/{version}/debug_token", Answering(NumberEndpoints.DebugTokenAsync));
        api.MapGet("/{version}/{id}", Answering(http => media.Knows(http) ? media.DescribeAsync(http) : numbers.DescribeAsync(http)));
        api.MapDelete("/{version}/{id}", Answering(media.DeleteAsync));
        api.MapGet("/media/{id}", Answering(media.DownloadAsync));
        api.Map("/{**path}", Answering(NothingHereAsync));
    }

    /// <summary>Turns refusals and malformed input into Meta's error shape: the stand-in never answers with a bare 500.</summary>
    private static RequestDelegate Answering(RequestDelegate handler) => async http =>
    {
        try
        {
            await handler(http);
        }
        catch (GraphRefusal refusal)
        {
            await GraphAnswers.ErrorAsync(http, refusal.Error);
        }
        catch (Exception e) when (e is InvalidOperationException or BadHttpRequestException or InvalidDataException or IOException
            && !http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            // Text that is no valid Unicode, a broken form, a body cut short.
            await GraphAnswers.ErrorAsync(http, GraphErrors.Shape("The request could not be read.").Error);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
    };

    private static Task NothingHereAsync(HttpContext http) =>
        throw GraphErrors.UnknownPath("/" + (http.GetRouteValue("path") as string));
}
