using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Ecodrix.App.Pages;

/// <summary>
/// A page over operations of the engine. A refusal becomes a sentence on the page or in a snackbar; who is signed out, or must set up
/// a second factor, is led there.
/// </summary>
[Authorize]
public abstract class EnginePage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private int _asked;

    /// <summary>Makes a page that lasts until it is left.</summary>
    protected EnginePage() => Gone = _gone.Token;

    /// <summary>Why the page cannot show what it should; null when it can.</summary>
    protected RefusedException? Fault { get; set; }

    /// <summary>Why the last change was not made; null when it was.</summary>
    protected RefusedException? Refusal { get; private set; }

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
    private protected ILogger<EnginePage> Log { get; set; } = null!;

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

    /// <summary>Reads something; a refusal is kept in <see cref="Fault"/> and the answer is null.</summary>
    protected Task<T?> ReadAsync<T>(Func<CancellationToken, Task<T>> read)
        where T : class => ReadAsync(read, static () => true);

    /// <summary>
    /// Reads the list of a page, whose question changes while answers are under way: only the answer to the latest question counts.
    /// An earlier one that comes after it is null, whatever became of it, and leaves <see cref="Fault"/> alone.
    /// </summary>
    protected Task<T?> LatestAsync<T>(Func<CancellationToken, Task<T>> read)
        where T : class
    {
        var mine = ++_asked;
        return ReadAsync(read, () => mine == _asked);
    }

    private async Task<T?> ReadAsync<T>(Func<CancellationToken, Task<T>> read, Func<bool> counts)
        where T : class
    {
        try
        {
            var result = await read(Gone);
            if (!counts())
            {
                return null;
            }

            Fault = null;
            return result;
        }
        catch (RefusedException refused)
        {
            Fault = Navigation.LeadOn(refused) || !counts() ? Fault : refused;
        }
        catch (OperationCanceledException) when (Gone.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception e) when (e.IsAway())
        {
            Log.LogError(e, "{Page} could not be read", Navigation.Uri);
            Fault = counts() ? new RefusedException(RefusalKind.Unavailable, "DATABASE_UNAVAILABLE", "The database does not answer. Try again in a moment.") : Fault;
        }

        return null;
    }

    /// <summary>Reads something the page can do without: when it cannot be read the answer is null, and the page stays as it is.</summary>
    protected async Task<T?> TryReadAsync<T>(Func<CancellationToken, Task<T>> read)
        where T : class
    {
        try
        {
            return await read(Gone);
        }
        catch (RefusedException refused)
        {
            Navigation.LeadOn(refused);
        }
        catch (OperationCanceledException) when (Gone.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception e) when (e.IsAway())
        {
            Log.LogWarning(e, "Part of {Page} could not be read", Navigation.Uri);
        }

        return null;
    }

    /// <summary>
    /// Changes something; says so in a snackbar, or why not. It is made to its end, also where the page is left meanwhile: what somebody has
    /// sent or dropped is sent or dropped.
    /// </summary>
    /// <param name="change">The change.</param>
    /// <param name="done">What to say afterwards; nothing when null.</param>
    /// <returns>Whether it was made.</returns>
    protected async Task<bool> DoAsync(Func<CancellationToken, Task> change, string? done)
    {
        Refusal = null;
        try
        {
            await change(CancellationToken.None);
            if (done is not null)
            {
                Snackbar.Add(done, Severity.Success);
            }

            return true;
        }
        catch (RefusedException refused)
        {
            Refusal = refused;
            if (!Navigation.LeadOn(refused))
            {
                Snackbar.Add(refused.Message, Severity.Error);
            }
        }
        catch (OperationCanceledException) when (Gone.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception e) when (e.IsAway())
        {
            Log.LogError(e, "A change on {Page} could not be made", Navigation.Uri);
            Snackbar.Add("The database does not answer, and nothing was changed. Try again in a moment.", Severity.Error);
        }

        return false;
    }

    /// <summary>Whether something asked of <see cref="OnceAsync"/> is under way: its button rests meanwhile.</summary>
    protected bool Doing { get; private set; }

    /// <summary>Does what must not be done twice: a second click comes before the first is answered, and does nothing.</summary>
    protected async Task OnceAsync(Func<Task> act)
    {
        if (Doing)
        {
            return;
        }

        Doing = true;
        try
        {
            await act();
        }
        finally
        {
            Doing = false;
        }
    }

    /// <summary>Whether something may be done: for hiding what would be refused.</summary>
    protected async Task<bool> MayAsync(Func<Task<bool>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RefusedException refused)
        {
            Navigation.LeadOn(refused);
        }
        catch (Exception e) when (e.IsAway())
        {
            Log.LogWarning(e, "What may be done on {Page} could not be read", Navigation.Uri);
        }

        return false;
    }

    /// <summary>What is wrong with which field of the last change, where it was refused for that.</summary>
    protected IReadOnlyList<Fault> FieldFaults => Refusal?.Details as IReadOnlyList<Fault> ?? [];

    /// <summary>Narrows the page's list: puts a filter into the address, or takes it out when it is blank, and goes to the first page.</summary>
    protected void Narrow(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(
        new Dictionary<string, object?> { [name] = string.IsNullOrWhiteSpace(value) ? null : value.Trim(), ["page"] = null }));

    /// <summary>Goes to another page of the list.</summary>
    protected void ToPage(int page) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("page", page == 1 ? null : (int?)page));
}
