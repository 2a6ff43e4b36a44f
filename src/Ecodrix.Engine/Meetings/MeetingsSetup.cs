using System.ComponentModel.DataAnnotations;
using Ecodrix.Engine.Jobs;
using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Meetings;

/// <summary>Where Google is (<c>Ecodrix:Google</c>), or the sandbox's stand-in.</summary>
public sealed record GoogleOptions
{
    /// <summary>The calendar API's host.</summary>
    [Required, Url]
    public string BaseUrl { get; set; } = "https://www.googleapis.com";

    /// <summary>Where people consent.</summary>
    [Required, Url]
    public string AuthUrl { get; set; } = "https://accounts.google.com/o/oauth2/v2/auth";

    /// <summary>Where codes and refresh tokens are exchanged.</summary>
    [Required, Url]
    public string TokenUrl { get; set; } = "https://oauth2.googleapis.com/token";
}

internal static class MeetingsSetup
{
    public static IServiceCollection AddMeetings(this IServiceCollection services)
    {
        services.AddOptions<GoogleOptions>().BindConfiguration("Ecodrix:Google").ValidateDataAnnotations().ValidateOnStart();
        services.AddHttpClient(GoogleTokens.HttpName, client => client.Timeout = TimeSpan.FromSeconds(8))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        services.AddSingleton<GoogleTokens>();
        services.AddSingleton<IMeetings, GoogleMeetings>();
        services.AddSingleton<MeetingCancelling>();
        services.AddSingleton<IJobHandler, MeetingCancelJob>();
        services.AddSingleton(GoogleConnection.Indexes);
        return services.AddOperation<GoogleConnection>();
    }
}
