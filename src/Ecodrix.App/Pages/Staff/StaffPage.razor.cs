using Ecodrix.App.Hosting;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Ecodrix.App.Pages.Staff;

/// <summary>The platform's own people, for its admins: invited, let in and shut out.</summary>
public sealed partial class StaffPage
{
    private static readonly Role[] PlatformRoles = [Role.Staff, Role.PlatformAdmin];

    private IReadOnlyList<PersonView>? _people;
    private IReadOnlyList<SessionView> _sessions = [];
    private RefusedException? _fault;
    private InviteView? _invite;
    private string? _me;
    private string? _open;
    private string? _name;
    private string? _email;
    private Role _role = Role.Staff;

    [Inject]
    private SignedIn Me { get; set; } = null!;

    [Inject]
    private Members Members { get; set; } = null!;

    [Inject]
    private Invitations Invitations { get; set; } = null!;

    [Inject]
    private HostSettings Host { get; set; } = null!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <inheritdoc />
    protected override Task OnInitializedAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        try
        {
            var platform = await PlatformAsync();
            _me = platform.Actor.Id;
            _people = await Members.ListAsync(platform, CancellationToken.None);
            _sessions = _open is null ? [] : await Members.SessionsAsync(platform, _open, CancellationToken.None);
            _fault = null;
        }
        catch (RefusedException refused) when (refused.Code == "SIGNED_OUT")
        {
            // One may have shut oneself out, or ended the session one is in.
            Navigation.NavigateTo("/signin", forceLoad: true);
        }
        catch (RefusedException refused)
        {
            _fault = refused;
        }
    }

    private Task<PlatformScope> PlatformAsync() => Me.PlatformAsync(Permission.ManageStaff, CancellationToken.None);

    private async Task<bool> DoAsync(Func<PlatformScope, Task> change, string? done = null)
    {
        try
        {
            await change(await PlatformAsync());
            if (done is not null)
            {
                Snackbar.Add(done, Severity.Success);
            }

            return true;
        }
        catch (RefusedException refused)
        {
            Snackbar.Add(refused.Message, Severity.Error);
            return false;
        }
        finally
        {
            await LoadAsync();
        }
    }

    private async Task InviteAsync()
    {
        if (await DoAsync(async p => _invite = await Invitations.InviteAsync(p, new NewPerson { Name = _name, Email = _email, Role = _role }, CancellationToken.None)))
        {
            (_name, _email) = (null, null);
        }
    }

    private Task ResetAsync(PersonView person) => DoAsync(async p => _invite = await Invitations.ResetAsync(p, person.Id, CancellationToken.None));

    private Task ResetTwoFactorAsync(PersonView person) =>
        DoAsync(p => Members.ResetTwoFactorAsync(p, person.Id, CancellationToken.None), $"{person.Name} signs in without a second factor until they set up a new one");

    private Task ChangeAsync(PersonView person, PersonChanges changes) => DoAsync(p => Members.ChangeAsync(p, person.Id, changes, CancellationToken.None), $"{person.Name} changed");

    private Task ShowSessionsAsync(PersonView person)
    {
        _open = _open == person.Id ? null : person.Id;
        return LoadAsync();
    }

    private Task EndAsync(PersonView person, SessionView session) =>
        DoAsync(p => Members.EndSessionAsync(p, person.Id, session.Id, CancellationToken.None), "That browser is signed out");
}
