using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ecodrix.Tests.Api.Queries;

/// <summary>Remembers which routes were answered well, and which parameters of theirs were asked with.</summary>
internal sealed class WalkedRoutes : IStartupFilter
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> _walked = new(StringComparer.Ordinal);

    /// <summary>Each route that has been answered with less than 400, as in <c>get /api/crm/leads</c>.</summary>
    public IReadOnlyCollection<string> Routes => [.. _walked.Keys];

    /// <summary>Each query parameter that a route was answered well with, as in <c>get /api/crm/leads?status</c>.</summary>
    public IReadOnlyCollection<string> Parameters => [.. _walked.SelectMany(r => r.Value.Keys.Select(p => $"{r.Key}?{p}"))];

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, rest) =>
        {
            await rest(context);
            if (context.Response.StatusCode < 400 && context.GetEndpoint() is RouteEndpoint route)
            {
                var parameters = _walked.GetOrAdd($"{context.Request.Method.ToLowerInvariant()} /{route.RoutePattern.RawText!.Trim('/')}", _ => new(StringComparer.OrdinalIgnoreCase));
                foreach (var name in context.Request.Query.Where(q => q.Value.ToString().Length > 0).Select(q => q.Key))
                {
                    parameters[name] = true;
                }
            }
        });
        next(app);
    };
}
