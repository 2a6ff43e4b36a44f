using Ecodrix.Components.Formats;
using Ecodrix.Components.Leads;
using Ecodrix.Components.People;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Scoring;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Layout;

/// <summary>The frame around every page: rail, top line, theme, palette, and how the tenant writes numbers and dates.</summary>
public sealed partial class AppLayout : IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _gone = new();
    private ErrorBoundary? _boundary;
    private bool _away;
    private DotNetObjectReference<AppLayout>? _self;
    private bool _ready;
    private bool _dark;
    private bool _actingAs;
    private bool _overlayOpen;
    private string? _code;
    private string? _tenant;
    private string _here = "";
    private Role _role = Role.Viewer;
    private SignedInPerson? _person;
    private TenantFormat _format = TenantFormat.Default;
    private MemberNames _names = MemberNames.None;
    private ScoreTones _tones = ScoreTones.Default;

    [Inject]
    private SignedIn Me { get; set; } = null!;

    [Inject]
    private Members Members { get; set; } = null!;

    [Inject]
    private LeadScoring Scoring { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    [Inject]
    private FrameRefreshing Refreshing { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private ILogger<AppLayout> Log { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    /// <summary>A key pressed outside of any field, from the browser.</summary>
    [JSInvokable]
    public Task KeyAsync(string key) => key switch
    {
        "palette" => InvokeAsync(OpenPaletteAsync),
        "?" => InvokeAsync(OpenHelpAsync),
        _ => Task.CompletedTask,
    };

    /// <inheritdoc />
    public void Dispose()
    {
        Navigation.LocationChanged -= OnMoved;
        Refreshing.Wanted -= OnRefreshAsync;
        _gone.Cancel();
        _gone.Dispose();
        _self?.Dispose();
    }

    /// <inheritdoc />
    protected override async Task OnInitializedAsync()
    {
        Navigation.LocationChanged += OnMoved;
        Refreshing.Wanted += OnRefreshAsync;
        await LocateAsync();
    }

    /// <inheritdoc />
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _self = DotNetObjectReference.Create(this);
            _dark = await Js.InvokeAsync<bool>("ecodrix.begin", _self);
            _ready = true;
            StateHasChanged();
        }
    }

    /// <summary>What the frame tells its pages has changed: the tenant's zone, its people, or from when on a lead is hot.</summary>
    private Task OnRefreshAsync() => InvokeAsync(async () =>
    {
        _code = null;
        await LocateAsync();
        StateHasChanged();
    });

    private void OnMoved(object? sender, LocationChangedEventArgs moved)
    {
        _boundary?.Recover();
        _ = InvokeAsync(async () =>
        {
            await LocateAsync();
            StateHasChanged();
        });
    }

    /// <summary>Finds out whose page it is; as long as the database does not answer, again and again.</summary>
    private async Task LocateAsync()
    {
        var asked = Navigation.Uri;
        while (asked == Navigation.Uri && !_gone.IsCancellationRequested)
        {
            try
            {
                await LookAsync();
                _away = false;
                return;
            }
            catch (Exception e) when (e.IsAway())
            {
                Log.LogWarning(e, "The frame of {Page} could not be read", asked);
                _away = true;
                StateHasChanged();
            }

            await Task.Delay(Rest, Clock, _gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task LookAsync()
    {
        _here = "/" + Navigation.ToBaseRelativePath(Navigation.Uri).Split('?', '#')[0];
        string? code = null;
        var asked = Navigation.Uri;
        try
        {
            // Asked anew while there is no second factor: it may have been set up on the last page, or become required since.
            _person = _person is { TwoFactorEnabled: true } ? _person : await Me.WhoAsync(CancellationToken.None);
            _role = _person.Role;
            if (_person is { TwoFactorRequired: true, TwoFactorEnabled: false })
            {
                LeadToSecondFactor();
                return;
            }

            // Pages of no tenant, one's own account for example, look as in the tenant one belongs to.
            code = AppPaths.TenantOf(_here) ?? (_role.IsPlatform() ? null : _person.TenantCode);
            if (code is not null && code != _code)
            {
                var member = await Me.OpenAsync(code, CancellationToken.None);
                var people = await Members.ListAsync(member.Scope, CancellationToken.None);
                var scoring = await Scoring.GetAsync(member.Scope, CancellationToken.None);
                if (asked != Navigation.Uri)
                {
                    // It took longer than the stay: around the page that is shown now belongs another tenant.
                    return;
                }

                _tenant = member.Scope.Name;
                _format = new TenantFormat(member.Scope.Settings.Country, member.Scope.Settings.Currency, member.Scope.Settings.TimeZone);
                _names = new MemberNames(people);
                _tones = new ScoreTones(scoring.HotThreshold, scoring.ColdThreshold);
            }
            else if (code is null)
            {
                (_format, _names, _tones) = (TenantFormat.Default, MemberNames.None, ScoreTones.Default);
            }

            _code = code;
        }
        catch (RefusedException refused) when (refused.Code == "TWO_FACTOR_REQUIRED")
        {
            LeadToSecondFactor();
            return;
        }
        catch (RefusedException refused) when (refused.Code == "SIGNED_OUT")
        {
            Navigation.ToSignIn();
            return;
        }
        catch (RefusedException) when (asked == Navigation.Uri)
        {
            // The page says what is wrong; the frame just shows no tenant.
            _code = null;
        }
        catch (RefusedException)
        {
            return;
        }

        _tenant = _code is null ? null : _tenant;
        _actingAs = _code is not null && _role.IsPlatform();
    }

    private void LeadToSecondFactor()
    {
        (_code, _tenant, _actingAs) = (null, null, false);
        if (_here != AppPaths.Account)
        {
            Navigation.NavigateTo(AppPaths.SecondFactor, replace: true);
        }
    }

    private async Task SwitchThemeAsync()
    {
        _dark = !_dark;
        await Js.InvokeVoidAsync("ecodrix.setDark", _dark);
    }

    private Task OpenPaletteAsync() => OverlayAsync<CommandPalette>("", new DialogParameters<CommandPalette> { { p => p.Code, _code }, { p => p.Role, _role }, { p => p.OnlyOwn, _person?.OnlyOwn == true } });

    private Task OpenHelpAsync() => OverlayAsync<ShortcutHelp>("Keyboard", []);

    private async Task OverlayAsync<T>(string title, DialogParameters parameters)
        where T : IComponent
    {
        if (_overlayOpen)
        {
            return;
        }

        _overlayOpen = true;
        var options = new DialogOptions { NoHeader = title.Length == 0, BackdropClick = true, CloseOnEscapeKey = true, MaxWidth = MaxWidth.Small, FullWidth = true, Position = DialogPosition.TopCenter };
        var dialog = await Dialogs.ShowAsync<T>(title, parameters, options);
        await dialog.Result;
        _overlayOpen = false;
    }

    private void Recover() => _boundary?.Recover();
}
