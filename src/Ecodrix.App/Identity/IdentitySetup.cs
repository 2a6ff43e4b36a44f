using System.Globalization;
using System.Threading.RateLimiting;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Ecodrix.App.Identity;

internal static class IdentitySetup
{
    /// <summary>The rate limit of everything that takes a password.</summary>
    public const string SignInLimit = "sign-in";

    /// <summary>Sign-in for people: ASP.NET Core Identity over the engine's accounts, with sessions kept on the server.</summary>
    public static IServiceCollection AddPeopleSignIn(this IServiceCollection services)
    {
        services.AddScoped<IUserStore<Account>, MongoUserStore>();
        services.AddIdentityCore<Account>(options =>
            {
                options.User.RequireUniqueEmail = true;
                options.User.AllowedUserNameCharacters = "";
                // NIST SP 800-63B: length counts, classes of characters do not.
                options.Password = new PasswordOptions { RequiredLength = 10, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false };
                options.Lockout = new LockoutOptions { MaxFailedAccessAttempts = 5, DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5), AllowedForNewUsers = true };
            })
            .AddSignInManager()
            // Not the default ones: asked who has a second factor, Identity asks every provider, and the one for phones fails over accounts without a number.
            .AddTokenProvider<AuthenticatorTokenProvider<Account>>(TokenOptions.DefaultAuthenticatorProvider);
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
        services.AddSingleton<SessionTickets>();
        services.AddOptions<CookieAuthenticationOptions>(IdentityConstants.ApplicationScheme).Configure<SessionTickets>((cookie, tickets) =>
        {
            cookie.SessionStore = tickets;
            cookie.Cookie.Name = "ecodrix";
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = TimeSpan.FromDays(14);
            cookie.SlidingExpiration = true;
            cookie.LoginPath = "/signin";
            cookie.AccessDeniedPath = "/signin";
            cookie.ReturnUrlParameter = "returnUrl";
        });
        services.AddAuthorization();
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, CircuitAuthentication>();
        services.AddScoped<SignInFlow>();
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<SignInLimits>>(Limit);
        services.AddOptions<SignInLimits>().BindConfiguration("Ecodrix:SignIn").ValidateDataAnnotations().ValidateOnStart();
        return services;
    }

    private static void Limit(RateLimiterOptions options, IOptions<SignInLimits> limits)
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = async (rejected, ct) =>
        {
            rejected.HttpContext.Response.Headers.RetryAfter = "60";
            await rejected.HttpContext.Response.WriteAsync("Too many attempts from this address. Wait a minute and try again.", ct);
        };
        options.AddPolicy(SignInLimit, context => HttpMethods.IsPost(context.Request.Method)
            ? RateLimitPartition.GetFixedWindowLimiter(
                context.Connection.RemoteIpAddress?.ToString() ?? "",
                _ => new FixedWindowRateLimiterOptions { PermitLimit = limits.Value.AttemptsPerMinute, Window = TimeSpan.FromMinutes(1) })
            : RateLimitPartition.GetNoLimiter(string.Create(CultureInfo.InvariantCulture, $"{context.Request.Method}")));
    }
}

/// <summary>How often one address may try to sign in (<c>Ecodrix:SignIn</c>).</summary>
internal sealed record SignInLimits
{
    /// <summary>Attempts a minute from one address, right or wrong.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 10_000)]
    public int AttemptsPerMinute { get; set; } = 30;
}
