using Ecodrix.App.Api;
using Ecodrix.App.Api.Docs;
using Ecodrix.App.Identity;
using Ecodrix.App.Live;
using Ecodrix.App.Pages;
using Ecodrix.App.Workers;
using Ecodrix.EmbeddedMongo;
using Ecodrix.Engine;
using Ecodrix.Engine.Email;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.Tenants;
using Ecodrix.Sandbox;
using Microsoft.AspNetCore.DataProtection;

namespace Ecodrix.App.Hosting;

/// <summary>Puts the process together: store, engine, workers, doors.</summary>
internal static class EcodrixHost
{
    /// <summary>Builds the application, with its store running and its control database ready.</summary>
    public static async Task<WebApplication> BuildAsync(WebApplicationBuilder builder)
    {
        // By name, for hosts that are not our own entry assembly; and the files of a build serve a production start as well as a development one.
        builder.Environment.ApplicationName = "Ecodrix.App";
        builder.WebHost.UseStaticWebAssets();
        var settings = HostSettings.Read(builder.Configuration);
        Directory.CreateDirectory(settings.DataPath);
        var store = await StoreAsync(builder, settings);

        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddDataProtection().SetApplicationName("Ecodrix").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(settings.DataPath, "keys")));
        services.AddEcodrixEngine();
        services.AddPeopleSignIn();
        services.AddApi();
        services.AddLive(settings.Redis);
        services.AddTelemetry(builder.Configuration);
        services.AddPages();
        services.AddWorkers();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = ApiGate.LargestBody);
        if (settings.Sandbox)
        {
            services.AddEcodrixSandbox(options => options.DataPath = Path.Combine(settings.DataPath, "sandbox.jsonl"));
            // The sandbox's mail server signs its own certificate: this one is trusted, by its fingerprint, and no other.
            services.AddOptions<EmailOptions>().Configure<SandboxState>((email, sandbox) =>
            {
                sandbox.Mail.Start();
                email.TrustedCertificates.Add(sandbox.Mail.Fingerprint);
            });
        }

        var app = builder.Build();
        if (store is not null)
        {
            app.Lifetime.ApplicationStopped.Register(() => store.DisposeAsync().AsTask().GetAwaiter().GetResult());
        }

        app.UsePages();
        app.UseApi();
        app.MapApi();
        app.MapLive();
        app.MapTelemetry();
        app.MapApiDocs();
        app.MapPages();
        if (settings.Sandbox)
        {
            app.MapEcodrixSandbox();
        }

        await PrepareAsync(app, singleNode: store is not null);
        app.Lifetime.ApplicationStarted.Register(() => _ = StartUp.GreetAsync(app));
        return app;
    }

    private static async Task<EmbeddedMongoServer?> StoreAsync(WebApplicationBuilder builder, HostSettings settings)
    {
        if (!string.IsNullOrEmpty(builder.Configuration["Ecodrix:Mongo:Uri"]))
        {
            return null;
        }

        var store = await EmbeddedMongoServer.StartAsync(
            new EmbeddedMongoOptions
            {
                DirectoryPath = Path.Combine(settings.DataPath, "mongo"),
                Port = builder.Configuration.GetValue("Ecodrix:Mongo:EmbeddedPort", 0),
            },
            CancellationToken.None);
        builder.Configuration["Ecodrix:Mongo:Uri"] = store.ConnectionString;
        PrivateFile.Write(Path.Combine(settings.DataPath, "mongodb.uri"), store.ConnectionString);
        return store;
    }

    private static async Task PrepareAsync(WebApplication app, bool singleNode)
    {
        if (app.Services.GetService<RedisLiveBus>() is { } bus)
        {
            await bus.ConnectAsync();
        }

        await app.Services.GetRequiredService<ControlDatabase>().EnsureIndexesAsync(CancellationToken.None);
        var made = await app.Services.GetRequiredService<PlatformAccess>().EnsureAdminKeyAsync(CancellationToken.None);
        if (made is not null)
        {
            app.Logger.LogInformation("The admin key, shown this once: {AdminKey}", made);
        }

        if (singleNode)
        {
            // The embedded store serves one process: whatever was running died with the last one.
            await app.Services.GetRequiredService<JobRunner>().ReclaimAllAsync(CancellationToken.None);
        }
    }
}
