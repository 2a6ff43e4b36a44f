using System.Globalization;
using Ecodrix.App.Identity;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using MudBlazor;
using QRCoder;

namespace Ecodrix.App.Pages.Account;

/// <summary>One's own account: second factor and sessions.</summary>
public sealed partial class AccountPage
{
    private SignedInPerson? _who;
    private bool _twoFactor;
    private string? _key;
    private string? _uri;
    private string? _qr;
    private string? _here;
    private string? _old;
    private string? _new;
    private string? _passwordFault;
    private string? _code;
    private IReadOnlyList<string>? _codes;
    private IReadOnlyList<SessionView> _sessions = [];

    /// <summary>Whether the person was led here because something they wanted asks for a second factor.</summary>
    [SupplyParameterFromQuery]
    public bool Required { get; set; }

    [Inject]
    private MemberAccess Access { get; set; } = null!;

    [Inject]
    private Sessions Sessions { get; set; } = null!;

    [Inject]
    private AccountStore Accounts { get; set; } = null!;

    [Inject]
    private AuditLog Audit { get; set; } = null!;

    [Inject]
    private IServiceScopeFactory Scopes { get; set; } = null!;

    /// <inheritdoc />
    protected override Task OnInitializedAsync() => LoadAsync();

    private Task LoadAsync() => ReadAsync(async ct =>
    {
        var who = await Me.WhoAsync(ct);
        (_sessions, _twoFactor, _here) = (await Sessions.ListAsync(who.Id, ct), who.TwoFactorEnabled, await Me.SessionAsync());
        return _who = who;
    });

    private async Task EndAsync(SessionView session)
    {
        await DoAsync(ct => Sessions.EndOneAsync(_who!.Id, session.Id, ct), "That browser is signed out");
        await LoadAsync();
    }

    /// <summary>Sets another password, where the one of now is right. This browser stays signed in, and no other.</summary>
    private Task ChangePasswordAsync() => OnceAsync(() => WithAccountAsync(async (users, account) =>
    {
        _passwordFault = null;
        if (await users.IsLockedOutAsync(account) || !await users.CheckPasswordAsync(account, _old ?? ""))
        {
            // Guessing here is held back as at the sign-in.
            await users.AccessFailedAsync(account);
            _passwordFault = "This is not your password of now. After some wrong ones, wait five minutes.";
            return;
        }

        // Not by UserManager.ChangePasswordAsync: that changes the security stamp, which ends this very session as well.
        _passwordFault = await users.TakePasswordAsync(account, _new ?? "");
        if (_passwordFault is not null)
        {
            return;
        }

        if (!(await users.UpdateAsync(account)).Succeeded)
        {
            _passwordFault = "Your account was changed by somebody at the same moment. Try again.";
            return;
        }

        await Sessions.EndOthersAsync(_who!.Id, _here, CancellationToken.None);
        await Audit.NoteAccountAsync(account, "person.password_set", null, CancellationToken.None);
        (_old, _new) = (null, null);
        Snackbar.Add("Your password is changed", Severity.Success);
        await LoadAsync();
    }));

    private Task BeginAsync() => WithAccountAsync(async (users, account) =>
    {
        if (account.TwoFactorEnabled)
        {
            // Switched on in another tab: a new key would make their app's codes wrong at the next sign-in.
            (_twoFactor, _key) = (true, null);
            Snackbar.Add("The second factor is on already", Severity.Info);
            return;
        }

        // Not by UserManager.ResetAuthenticatorKeyAsync: that changes the security stamp, which ends this very session within half a minute.
        _key = users.GenerateNewAuthenticatorKey();
        Accounts.SetAuthenticatorKey(account, _key);
        await users.UpdateAsync(account);
        // The otpauth format that authenticator apps read.
        _uri = string.Create(CultureInfo.InvariantCulture, $"otpauth://totp/Ecodrix:{Uri.EscapeDataString(account.Email)}?secret={_key}&issuer=Ecodrix&digits=6");
        using var code = QRCodeGenerator.GenerateQrCode(_uri, QRCodeGenerator.ECCLevel.M);
        _qr = new SvgQRCode(code).GetGraphic(4);
    });

    private Task SwitchOnAsync() => WithAccountAsync(async (users, account) =>
    {
        var digits = new string([.. (_code ?? "").Where(char.IsAsciiDigit)]);
        if (!await users.VerifyTwoFactorTokenAsync(account, users.Options.Tokens.AuthenticatorTokenProvider, digits))
        {
            Snackbar.Add("This code is not valid now. Codes change every 30 seconds; check the phone's clock.", Severity.Error);
            return;
        }

        // Set on the account for the same reason; the codes below save it.
        account.TwoFactorEnabled = true;
        _codes = [.. await users.GenerateNewTwoFactorRecoveryCodesAsync(account, 8) ?? []];
        _twoFactor = true;
        await Audit.NoteAccountAsync(account, "person.second_factor_on", null, CancellationToken.None);
    });

    private Task RenewCodesAsync() => WithAccountAsync(async (users, account) =>
    {
        _codes = [.. await users.GenerateNewTwoFactorRecoveryCodesAsync(account, 8) ?? []];
        await Audit.NoteAccountAsync(account, "person.recovery_codes_renewed", null, CancellationToken.None);
    });

    private Task SwitchOffAsync() => WithAccountAsync(async (users, account) =>
    {
        try
        {
            await Access.RequireFactorOptionalAsync(account.Id.ToString(), CancellationToken.None);
        }
        catch (RefusedException refused)
        {
            Snackbar.Add(refused.Message, Severity.Error);
            return;
        }

        account.TwoFactorEnabled = false;
        await users.UpdateAsync(account);
        (_twoFactor, _key, _codes) = (false, null, null);
        await Audit.NoteAccountAsync(account, "person.second_factor_off", null, CancellationToken.None);
    });

    // A circuit outlives what Identity expects of a scope: each step gets one of its own, and the account as it is now.
    private async Task WithAccountAsync(Func<UserManager<Engine.People.Account>, Engine.People.Account, Task> act)
    {
        await using var scope = Scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Engine.People.Account>>();
        if (await users.FindByIdAsync(_who!.Id) is { } account)
        {
            await act(users, account);
        }
    }
}
