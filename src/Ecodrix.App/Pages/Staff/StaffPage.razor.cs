using Ecodrix.App.Hosting;
using Ecodrix.App.Pages.Shared;
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
    private InviteView? _invite;
    private string? _me;
    private string? _open;
    private string? _name;
    private string? _email;
    private Role _role = Role.Staff;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private Members Members { get; set; } = null!;

    [Inject]
    private Invitations Invitations { get; set; } = null!;

    [Inject]
    private HostSettings Host { get; set; } = null!;

    /// <inheritdoc />
    protected override Task OnInitializedAsync() => LoadAsync();

    // One may have shut oneself out, or ended the session one is in: then reading leads to sign-in.
    private Task LoadAsync() => ReadAsync(Permission.ManageStaff, async (platform, ct) =>
    {
        _me = platform.Actor.Id;
        _people = await Members.ListAsync(platform, ct);
        _sessions = _open is null ? [] : await Members.SessionsAsync(platform, _open, ct);
        return _people;
    });

    private async Task<bool> ActAsync(Func<PlatformScope, CancellationToken, Task> change, string? done = null)
    {
        var made = await DoAsync(Permission.ManageStaff, change, done);
        await LoadAsync();
        return made;
    }

    private Task InviteAsync() => OnceAsync(async () =>
    {
        if (await ActAsync(async (p, ct) => _invite = await Invitations.InviteAsync(p, new NewPerson { Name = _name, Email = _email, Role = _role }, ct)))
        {
            (_name, _email) = (null, null);
        }
    });

    private Task ResetAsync(PersonView person) => ActAsync(async (p, ct) => _invite = await Invitations.ResetAsync(p, person.Id, ct));

    private async Task ResetTwoFactorAsync(PersonView person)
    {
        if (await Dialogs.SureAsync($"Reset the second factor of {person.Name}?", "They are signed out everywhere, and sign in with their password alone until they set up a new one.", "Reset it"))
        {
            await ActAsync((p, ct) => Members.ResetTwoFactorAsync(p, person.Id, ct), $"{person.Name} signs in without a second factor until they set up a new one");
        }
    }

    private Task ChangeAsync(PersonView person, PersonChanges changes) => ActAsync((p, ct) => Members.ChangeAsync(p, person.Id, changes, ct), $"{person.Name} changed");

    private Task ShowSessionsAsync(PersonView person)
    {
        _open = _open == person.Id ? null : person.Id;
        return LoadAsync();
    }

    private Task EndAsync(PersonView person, SessionView session) =>
        ActAsync((p, ct) => Members.EndSessionAsync(p, person.Id, session.Id, ct), "That browser is signed out");
}
