using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Coravel.Invocable;
using Ecodrix.App.Hosting;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.Queries;

/// <summary>
/// Every query that the API, the jobs and the timers can cause is served by an index: all routes are walked with all their parameters, over
/// data enough to matter, and each distinct command is explained. What pages ask for beside it is watched in every other test of the application.
/// </summary>
public sealed class EveryQueryTests(AppFixture app) : IClassFixture<AppFixture>
{
    /// <summary>Parameters that are refused whenever they are there, before anything is looked up.</summary>
    private static readonly string[] Refused = ["get /api/auth/google/callback?error"];

    [Fact]
    public async Task No_query_of_any_route_job_or_timer_reads_a_whole_collection()
    {
        var tenant = await app.TenantAsync();
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappWebhookToken = "sandbox-verify" }, ("x-admin-key", AppFixture.AdminKey));
        using var jobs = new JobsDone(tenant.Code);
        var walk = new RouteWalk(app, tenant);

        await walk.FillAsync();
        await walk.RulesAsync();
        await walk.LeadsAsync();
        await walk.ReportsAsync();
        await walk.TemplatesAsync();
        await walk.ConversationsAsync();
        await walk.BroadcastsAsync();
        await walk.EventsAsync();
        await walk.ClientsAsync();
        await walk.PipelinesAsync();
        await TickAsync(tenant);

        var routes = Routes();
        routes.Should().HaveCountGreaterThan(100);
        routes.Except(app.Walked.Routes).Should().BeEmpty("every route is walked");
        (await ParametersAsync()).Except(app.Walked.Parameters, StringComparer.OrdinalIgnoreCase).Except(Refused).Should().BeEmpty("every parameter of every route is walked");
        app.Services.GetServices<IJobHandler>().Select(h => h.Kind).Except(jobs.Kinds).Should().BeEmpty("every kind of job is run");
        app.Commands.Shapes.Should().HaveCountGreaterThan(200).And.Contain(CommandLog.Whole.Keys, "an exception that nothing needs is none");
        var (scans, unshown) = await app.Commands.ExplainAsync(app.Looking);
        string.Join("\n", scans).Should().BeEmpty();
        string.Join("\n", unshown).Should().BeEmpty("a plan over a collection that is not there shows nothing");
    }

    /// <summary>Has everything done that the clock does.</summary>
    private async Task TickAsync(TestTenant tenant)
    {
        var timers = typeof(EcodrixHost).Assembly.GetTypes().Where(t => typeof(IInvocable).IsAssignableFrom(t) && !t.IsAbstract).ToList();
        timers.Should().HaveCountGreaterThanOrEqualTo(4);
        foreach (var timer in timers)
        {
            await ((IInvocable)ActivatorUtilities.CreateInstance(app.Services, timer)).Invoke();
        }

        await app.ScanForSilenceAsync(tenant.Code);
        app.Clock.Advance(TimeSpan.FromHours(1));
        await app.RunDueAsync();
    }

    private List<string> Routes() => [.. app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText!.TrimStart('/').StartsWith("api/", StringComparison.Ordinal))
        .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(m => $"{m.ToLowerInvariant()} /{e.RoutePattern.RawText!.Trim('/')}") ?? [])];

    private async Task<IEnumerable<string>> ParametersAsync()
    {
        var document = JsonDocument.Parse(await app.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))).RootElement;
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               where operation.Value.TryGetProperty("parameters", out _)
               from parameter in operation.Value.GetProperty("parameters").EnumerateArray()
               where parameter.GetProperty("in").GetString() == "query"
               select $"{operation.Name} {path.Name}?{parameter.GetProperty("name").GetString()}",
        ];
    }

    /// <summary>Which kinds of jobs have been run for a tenant.</summary>
    private sealed class JobsDone : IDisposable
    {
        private readonly ConcurrentDictionary<string, bool> _kinds = new();
        private readonly ActivityListener _listener;

        public JobsDone(string tenant)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Telemetry.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = done =>
                {
                    if (done.OperationName.StartsWith("job ", StringComparison.Ordinal) && done.GetTagItem("ecodrix.tenant") as string == tenant)
                    {
                        _kinds[done.OperationName[4..]] = true;
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public ICollection<string> Kinds => _kinds.Keys;

        public void Dispose() => _listener.Dispose();
    }
}
