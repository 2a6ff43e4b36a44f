using System.Threading.Channels;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Live;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Ecodrix.App.Pages;

/// <summary>
/// A page of one tenant: opens it for the signed-in person, reads with <see cref="ReadAsync{T}"/>, changes with
/// <see cref="DoAsync"/>, and listens with <see cref="ListenAsync"/>. A refusal becomes a sentence on the page or in a snackbar.
/// </summary>
[Authorize]
public abstract class TenantPage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();

    /// <summary>Makes a page that lasts until it is left.</summary>
    protected TenantPage() => Gone = _gone.Token;

    /// <summary>The client code of the address.</summary>
    [Parameter]
    public string Code { get; set; } = "";

    /// <summary>Why the page cannot show what it should; null when it can.</summary>
    protected RefusedException? Fault { get; set; }

    /// <summary>Cancelled when the page is left.</summary>
    /// <remarks>Taken once: what is still under way when the page goes may ask for it after its source is disposed.</remarks>
    protected CancellationToken Gone { get; }

    [Inject]
    private protected SignedIn Me { get; set; } = null!;

    [Inject]
    private protected ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    private protected NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private protected ILiveBus Live { get; set; } = null!;

    [Inject]
    private ILogger<TenantPage> Log { get; set; } = null!;

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what the page has under way.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && !_gone.IsCancellationRequested)
        {
            _gone.Cancel();
            _gone.Dispose();
        }
    }

    /// <summary>Reads something of the tenant; a refusal is kept in <see cref="Fault"/> and the answer is null.</summary>
    protected async Task<T?> ReadAsync<T>(Func<TenantScope, CancellationToken, Task<T>> read)
        where T : class
    {
        try
        {
            var member = await Me.OpenAsync(Code, Gone);
            var result = await read(member.Scope, Gone);
            Fault = null;
            return result;
        }
        catch (RefusedException refused) when (refused.Code == "SIGNED_OUT")
        {
            Navigation.NavigateTo("/signin", forceLoad: true);
        }
        catch (RefusedException refused) when (refused.Code == "TWO_FACTOR_REQUIRED")
        {
            Navigation.NavigateTo(AppPaths.SecondFactor);
        }
        catch (RefusedException refused)
        {
            Fault = refused;
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception e) when (e is MongoDB.Driver.MongoException or TimeoutException)
        {
            Log.LogError(e, "A page of {Tenant} could not be read", Code);
            Fault = new RefusedException(RefusalKind.Unavailable, "DATABASE_UNAVAILABLE", "The database does not answer. Try again in a moment.");
        }

        return null;
    }

    /// <summary>Changes something, if the person may; says so in a snackbar, or why not.</summary>
    /// <param name="permission">What the change asks for.</param>
    /// <param name="change">The change.</param>
    /// <param name="done">What to say afterwards; nothing when null.</param>
    /// <returns>Whether it was made.</returns>
    protected async Task<bool> DoAsync(Permission permission, Func<TenantScope, CancellationToken, Task> change, string? done = null)
    {
        try
        {
            var member = await Me.OpenAsync(Code, Gone);
            await change(member.For(permission), Gone);
            if (done is not null)
            {
                Snackbar.Add(done, Severity.Success);
            }

            return true;
        }
        catch (RefusedException refused)
        {
            Snackbar.Add(refused.Message, Severity.Error);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception e) when (e is MongoDB.Driver.MongoException or TimeoutException)
        {
            Log.LogError(e, "A change of {Tenant} could not be made", Code);
            Snackbar.Add("The database does not answer, and nothing was changed. Try again in a moment.", Severity.Error);
        }

        return false;
    }

    /// <summary>Narrows the page's list: puts a filter into the address, or takes it out when it is blank, and goes to the first page.</summary>
    protected void Narrow(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(
        new Dictionary<string, object?> { [name] = string.IsNullOrWhiteSpace(value) ? null : value, ["page"] = null }));

    /// <summary>Goes to another page of the list.</summary>
    protected void ToPage(int page) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("page", page == 1 ? null : (int?)page));

    /// <summary>Whether the person may do something here: for hiding what would be refused.</summary>
    protected async Task<bool> MayAsync(Permission permission) => (await Me.OpenAsync(Code, Gone)).Role.May(permission);

    /// <summary>
    /// Reads the page anew on live events with one of the names, until it is left. What comes while it still reads makes it read
    /// once more, however much it was: a burst of a hundred events is two readings. Do not await it.
    /// </summary>
    protected Task RereadAsync(Func<Task> read, params IReadOnlyList<string> names) => RereadAsync(read, _ => true, names);

    /// <summary>The same for events that concern the page.</summary>
    protected async Task RereadAsync(Func<Task> read, Func<LiveEvent, bool> concerns, params IReadOnlyList<string> names)
    {
        var wanted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
        var reading = ReadOnDemandAsync(wanted.Reader, read);
        await ListenAsync(
            live =>
            {
                if (concerns(live))
                {
                    wanted.Writer.TryWrite(true);
                }

                return Task.CompletedTask;
            },
            names);
        wanted.Writer.Complete();
        await reading;
    }

    /// <summary>Calls back on the page for each live event with one of the names, until the page is left. Do not await it.</summary>
    protected async Task ListenAsync(Func<LiveEvent, Task> heard, params IReadOnlyList<string> names)
    {
        try
        {
            var actor = (await Me.OpenAsync(Code, Gone)).Scope.Actor;
            await foreach (var live in Live.ListenAsync(Code, Gone))
            {
                if (live.MayReach(actor) && (names.Count == 0 || names.Contains(live.Name)))
                {
                    await InvokeAsync(() => heard(live));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or RefusedException)
        {
            // The page was left, or the person no longer belongs here.
        }
    }

    private async Task ReadOnDemandAsync(ChannelReader<bool> wanted, Func<Task> read)
    {
        try
        {
            await foreach (var _ in wanted.ReadAllAsync(Gone))
            {
                await InvokeAsync(read);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }
}
