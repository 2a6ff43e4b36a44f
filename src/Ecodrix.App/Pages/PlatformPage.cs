using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;

namespace Ecodrix.App.Pages;

/// <summary>A page of the platform itself, for its own people.</summary>
public abstract class PlatformPage : EnginePage
{
    /// <summary>Reads something of the platform, if the person may; a refusal is kept in <see cref="EnginePage.Fault"/> and the answer is null.</summary>
    protected Task<T?> ReadAsync<T>(Permission permission, Func<PlatformScope, CancellationToken, Task<T>> read)
        where T : class =>
        ReadAsync(async ct => await read(await Me.PlatformAsync(permission, ct), ct));

    /// <summary>Reads the page's list, if the person may: only the answer to the latest question counts, as <see cref="EnginePage.LatestAsync{T}"/> tells.</summary>
    protected Task<T?> LatestAsync<T>(Permission permission, Func<PlatformScope, CancellationToken, Task<T>> read)
        where T : class =>
        LatestAsync(async ct => await read(await Me.PlatformAsync(permission, ct), ct));

    /// <summary>Changes something of the platform, if the person may; says so in a snackbar, or why not.</summary>
    /// <returns>Whether it was made.</returns>
    protected Task<bool> DoAsync(Permission permission, Func<PlatformScope, CancellationToken, Task> change, string? done = null) =>
        DoAsync(async ct => await change(await Me.PlatformAsync(permission, ct), ct), done);

    /// <summary>Whether the person may do something on the platform: for hiding what would be refused.</summary>
    protected Task<bool> MayAsync(Permission permission) => MayAsync(async () => (await Me.WhoAsync(Gone)).Role.May(permission));
}
