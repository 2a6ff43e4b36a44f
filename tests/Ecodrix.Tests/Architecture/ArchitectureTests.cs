using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Ecodrix.App.Api;
using Ecodrix.Engine;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Tests.Api;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Driver;

namespace Ecodrix.Tests.Architecture;

/// <summary>The rules of the design that a compiler does not keep. Each first makes sure that it looks at something.</summary>
public sealed partial class ArchitectureTests(AppFixture app) : IClassFixture<AppFixture>
{
    /// <summary>Operations that stand before a tenant is known or beside all of them; each was thought about.</summary>
    private static readonly HashSet<string> WithoutScope =
    [
        "ControlDatabase", "TenantDirectory", "PlatformAccess", "AccountStore", "Sessions", "MemberAccess", "JobRunner", "QueueWatch", "OutboxPump", "WebhookIntake", "MediaDelivery",
    ];

    private static readonly Assembly Engine = typeof(EngineSetup).Assembly;

    [Fact]
    public void Every_public_operation_takes_the_tenants_scope_first()
    {
        var services = new ServiceCollection().AddEcodrixEngine();
        var operations = services.Select(s => s.ServiceType).Where(t => t.Assembly == Engine && t is { IsPublic: true, IsClass: true, IsAbstract: false } && !t.Name.EndsWith("Options", StringComparison.Ordinal)
            && !WithoutScope.Contains(t.Name) && !typeof(Ecodrix.Engine.Live.ILiveBus).IsAssignableFrom(t)).ToList();
        operations.Should().HaveCountGreaterThan(15);

        var offenders = operations
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(m => !m.IsSpecialName && typeof(System.Threading.Tasks.Task).IsAssignableFrom(m.ReturnType)))
            .Where(m => m.GetParameters() is not [{ ParameterType: var first }, ..] || (first != typeof(TenantScope) && first != typeof(PlatformScope) && first != typeof(Account)))
            .Where(m => !Unscoped(m))
            .Select(m => $"{m.DeclaringType!.Name}.{m.Name}");

        offenders.Should().BeEmpty();
    }

    [Fact]
    public void Only_tenants_touches_the_driver_s_client()
    {
        var holders = Engine.GetTypes().Where(t => t.GetFields(BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public).Any(f => Mentions(f.FieldType))).ToList();
        holders.Should().NotBeEmpty();

        holders.Where(t => t.Namespace != "Ecodrix.Engine.Tenants").Select(t => t.FullName).Should().BeEmpty();

        static bool Mentions(Type type) => typeof(IMongoClient).IsAssignableFrom(type) || (type.IsGenericType && type.GetGenericArguments().Any(Mentions));
    }

    [Fact]
    public void Every_api_route_is_authenticated_or_in_the_short_list()
    {
        string[] anonymous =
        [
            "/api/saas/health", "/api/saas/whatsapp/webhook", "/api/saas/whatsapp/webhook/{clientCode}", "/api/saas/media/{token}", "/api/auth/google/connect", "/api/auth/google/callback",
        ];
        var routes = app.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText?.TrimStart('/').StartsWith("api/", StringComparison.Ordinal) == true).ToList();
        routes.Should().HaveCountGreaterThan(60);

        var open = routes.Where(e => e.Metadata.GetMetadata<TenantRoute>() is null && e.Metadata.GetMetadata<AdminRoute>() is null)
            .Select(e => "/" + e.RoutePattern.RawText!.Trim('/')).Distinct();

        open.Where(path => !anonymous.Any(a => path == a || path.StartsWith("/api/saas/media/", StringComparison.Ordinal))).Should().BeEmpty();
    }

    [Fact]
    public void Components_inject_nothing_of_the_engine()
    {
        var components = typeof(Ecodrix.Components.Formats.TenantFormat).Assembly.GetTypes().Where(t => typeof(ComponentBase).IsAssignableFrom(t)).ToList();
        components.Should().HaveCountGreaterThan(10);

        components.SelectMany(t => t.GetProperties(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
            .Where(p => p.GetCustomAttribute<InjectAttribute>() is not null && p.PropertyType.Assembly == Engine)
            .Select(p => $"{p.DeclaringType!.Name}.{p.Name}").Should().BeEmpty();
    }

    [Fact]
    public void Projects_know_only_whom_the_design_lets_them_know()
    {
        var root = Root();
        Dictionary<string, string[]> may = new()
        {
            ["Ecodrix.Engine"] = [],
            ["Ecodrix.EmbeddedMongo"] = [],
            ["Ecodrix.Sandbox"] = [],
            ["Ecodrix.Components"] = ["Ecodrix.Engine"],
            ["Ecodrix.App"] = ["Ecodrix.Components", "Ecodrix.EmbeddedMongo", "Ecodrix.Engine", "Ecodrix.Sandbox"],
        };
        foreach (var (project, allowed) in may)
        {
            var text = File.ReadAllText(Path.Combine(root, "src", project, $"{project}.csproj"));
            References().Matches(text).Select(m => m.Groups[1].Value).Should().BeSubsetOf(allowed, project);
        }
    }

    [Fact]
    public void No_source_file_is_longer_than_four_hundred_lines()
    {
        var files = Sources.All("src");
        files.Should().HaveCountGreaterThan(200);

        files.Where(f => File.ReadLines(f).Count() > 400).Select(Path.GetFileName).Should().BeEmpty();
    }

    private static bool Unscoped(MethodInfo method) =>
        method.DeclaringType!.Name is "Invitations" or "AuditLog" or "Members" or "SilenceScan" or "TemplateSyncRound" or "GoogleConnection" || method.GetCustomAttribute<CompilerGeneratedAttribute>() is not null;

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    [GeneratedRegex("ProjectReference Include=\"[^\"]*?([A-Za-z.]+)\\.csproj\"")]
    private static partial Regex References();
}
