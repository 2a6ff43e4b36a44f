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

        api.MapPost("/{version}/{id}/messages", Answering(graph, messages.HandleAsync, counted: true));
        api.MapGet("/{version}/{id}/message_templates", Answering(graph, templates.ListAsync));
        api.MapPost("/{version}/{id}/message_templates", Answering(graph, templates.CreateAsync));
        api.MapDelete("/{version}/{id}/message_templates", Answering(graph, templates.DeleteAsync));
        api.MapGet("/{version}/{id}/phone_numbers", Answering(graph, numbers.ListAsync));
        api.MapGet("/{version}/{id}/subscribed_apps", Answering(graph, numbers.SubscriptionsAsync));
        api.MapPost("/{version}/{id}/subscribed_apps", Answering(graph, numbers.SubscribeAsync));
        api.MapDelete("/{version}/{id}/subscribed_apps", Answering(graph, numbers.UnsubscribeAsync));
        api.MapPost("/{version}/{id}/media", Answering(graph, media.UploadAsync));
        api.MapGet("/{version}/debug_token", Answering(graph, NumberEndpoints.DebugTokenAsync));
        api.MapGet("/{version}/{id}", Answering(graph, http => media.Knows(http) ? media.DescribeAsync(http) : numbers.DescribeAsync(http)));
        api.MapDelete("/{version}/{id}", Answering(graph, media.DeleteAsync));
        api.MapGet("/media/{id}", Answering(graph, media.DownloadAsync));
        api.Map("/{**path}", Answering(graph, NothingHereAsync));
    }

    /// <summary>Turns refusals and malformed input into Meta's error shape: the stand-in never answers with a bare 500.</summary>
    private static RequestDelegate Answering(GraphSandbox graph, RequestDelegate handler, bool counted = false) => async http =>
    {
        try
        {
            await handler(http);
        }
        catch (GraphRefusal refusal)
        {
            if (counted)
            {
                graph.Log.Refused(refusal.Error.Code);
            }

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
