using System.Threading.Channels;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages;

/// <summary>
/// A page of one tenant: opens it for the signed-in person, reads with <see cref="ReadAsync{T}"/>, changes with
/// <see cref="DoAsync"/>, and listens with <c>ListenAsync</c>. A refusal becomes a sentence on the page or in a snackbar.
/// </summary>
public abstract class TenantPage : EnginePage
{
    /// <summary>How many times as long as its reading took a page rests before it reads anew: many pages that hear the same leave the machine air for what is written.</summary>
    private const int RestsFor = 4;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>How long is waited before listening is tried again.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private long? _heard;

    /// <summary>The client code of the address.</summary>
    [Parameter]
    public string Code { get; set; } = "";

    [Inject]
    private protected ILiveBus Live { get; set; } = null!;

    /// <summary>What is read now must hold what changed before this moment: the change that makes the page read anew, else all there is.</summary>
    /// <remarks>To be taken before anything is waited for.</remarks>
    protected long Since => _heard ?? SharedReadings.Now;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private SharedReadings Shared { get; set; } = null!;

    /// <summary>Reads something of the tenant; a refusal is kept in <see cref="EnginePage.Fault"/> and the answer is null.</summary>
    protected Task<T?> ReadAsync<T>(Func<TenantScope, CancellationToken, Task<T>> read)
        where T : class =>
        ReadAsync(async ct => await read((await Me.OpenAsync(Code, ct)).Scope, ct));

    /// <summary>Reads the page's list: only the answer to the latest question counts, as <see cref="EnginePage.LatestAsync{T}"/> tells.</summary>
    protected Task<T?> LatestAsync<T>(Func<TenantScope, CancellationToken, Task<T>> read)
        where T : class =>
        LatestAsync(async ct => await read((await Me.OpenAsync(Code, ct)).Scope, ct));

    /// <summary>Reads something of the tenant that the page can do without; null when it cannot be read.</summary>
    protected Task<T?> TryReadAsync<T>(Func<TenantScope, CancellationToken, Task<T>> read)
        where T : class =>
        TryReadAsync(async ct => await read((await Me.OpenAsync(Code, ct)).Scope, ct));

    /// <summary>Reads what other pages of the tenant read as well, once for all who may see the same.</summary>
    /// <param name="scope">The tenant.</param>
    /// <param name="what">Names what is read, with all it depends on but the tenant and what one may see of it.</param>
    /// <param name="since">The <see cref="Since"/> of the reading this is part of.</param>
    /// <param name="read">The reading. Its answer must not be changed.</param>
    protected Task<T> SharedAsync<T>(TenantScope scope, string what, long since, Func<CancellationToken, Task<T>> read)
        where T : class =>
        Shared.ReadAsync($"{scope.Code}\n{scope.Actor.OnlyAssignedTo}\n{what}", since, () => read(CancellationToken.None));

    /// <summary>Changes something, if the person may; says so in a snackbar, or why not.</summary>
    /// <param name="permission">What the change asks for.</param>
    /// <param name="change">The change.</param>
    /// <param name="done">What to say afterwards; nothing when null.</param>
    /// <returns>Whether it was made.</returns>
    protected Task<bool> DoAsync(Permission permission, Func<TenantScope, CancellationToken, Task> change, string? done = null) =>
        DoAsync(async ct => await change((await Me.OpenAsync(Code, ct)).For(permission), ct), done);

    /// <summary>Whether the person may do something here: for hiding what would be refused.</summary>
    protected Task<bool> MayAsync(Permission permission) => MayAsync(async () => (await Me.OpenAsync(Code, Gone)).Role.May(permission));

    /// <summary>
    /// Reads the page anew on live events with one of the names, until it is left. What comes while it still reads makes it read
    /// once more, however much it was, and not before it has rested: a burst of a hundred events is two readings. Do not await it.
    /// </summary>
    protected Task RereadAsync(Func<Task> read, params IReadOnlyList<string> names) => RereadAsync(read, _ => true, names);

    /// <summary>The same for events that concern the page.</summary>
    protected async Task RereadAsync(Func<Task> read, Func<LiveEvent, bool> concerns, params IReadOnlyList<string> names)
    {
        var wanted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
        var heard = 0L;
        var reading = ReadOnDemandAsync(wanted.Reader, () => AsOfAsync(heard, read));
        await ListenAsync(
            live =>
            {
                if (concerns(live))
                {
                    heard = live.HeardAt;
                    wanted.Writer.TryWrite(true);
                }

                return Task.CompletedTask;
            },
            names);
        wanted.Writer.Complete();
        await reading;
    }

    /// <summary>Calls back on the page for each live event with one of the names, until the page is left. Do not await it.</summary>
    protected Task ListenAsync(Func<LiveEvent, Task> heard, params IReadOnlyList<string> names) => ListenAsync(heard, static () => { }, names);

    /// <summary>The same, and tells when nothing is missed any more.</summary>
    protected async Task ListenAsync(Func<LiveEvent, Task> heard, Action ready, params IReadOnlyList<string> names)
    {
        while (true)
        {
            try
            {
                await HearAsync(heard, ready, names);
                return;
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or RefusedException)
            {
                // The page was left, or the person no longer belongs here.
                return;
            }
            catch (Exception e) when (e.IsAway())
            {
                Log.LogWarning(e, "{Page} hears nothing for a moment", Navigation.Uri);
            }

            if (!await RestAsync())
            {
                return;
            }
        }
    }

    private async Task HearAsync(Func<LiveEvent, Task> heard, Action ready, IReadOnlyList<string> names)
    {
        var actor = (await Me.OpenAsync(Code, Gone)).Scope.Actor;
        await using var events = Live.ListenAsync(Code, Gone).GetAsyncEnumerator(Gone);
        // The first step begins the listening.
        var next = events.MoveNextAsync();
        ready();
        for (; await next; next = events.MoveNextAsync())
        {
            var live = events.Current;
            if (live.MayReach(actor) && (names.Count == 0 || names.Contains(live.Name)))
            {
                await InvokeAsync(() => heard(live));
            }
        }
    }

    /// <summary>Waits a little before something is tried again; answers whether the page is still there.</summary>
    private async Task<bool> RestAsync()
    {
        try
        {
            await Task.Delay(Rest, Time, Gone);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task ReadOnDemandAsync(ChannelReader<bool> wanted, Func<Task> read)
    {
        try
        {
            await foreach (var _ in wanted.ReadAllAsync(Gone))
            {
                var begun = Time.GetTimestamp();
                await ReadAnewAsync(read);
                var pause = RestsFor * Time.GetElapsedTime(begun);
                await Task.Delay(pause < LongestPause ? pause : LongestPause, Time, Gone);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }

    /// <summary>Begins a reading that need not hold more than what was heard.</summary>
    private Task AsOfAsync(long heard, Func<Task> read)
    {
        _heard = heard;
        try
        {
            return read();
        }
        finally
        {
            _heard = null;
        }
    }

    /// <summary>A reading that fails ends no listening: the next change reads the page anew.</summary>
    private async Task ReadAnewAsync(Func<Task> read)
    {
        try
        {
            await InvokeAsync(read);
        }
        catch (Exception e) when (e.IsAway())
        {
            Log.LogWarning(e, "{Page} could not be read anew", Navigation.Uri);
        }
    }
}
