using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Ecodrix.App.Hosting;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace Ecodrix.App.Identity;

/// <summary>How an attempt to sign in came out: a sentence for the person, or where to go next.</summary>
internal sealed record SignInStep(string? Fault, string? Next = null);

/// <summary>Signs people in and out and sets up passwords; every attempt is in the audit log.</summary>
internal sealed class SignInFlow(
    UserManager<Account> users, SignInManager<Account> signIn, AccountStore accounts, Invitations invitations, Sessions sessions, AuditLog audit,
    PlatformAccess platform, HostSettings settings, TimeProvider clock)
{
    // One sentence whatever was wrong, so that nobody learns which addresses exist.
    private const string Wrong = "This address and password do not belong together. Check both, or ask an admin for a reset link.";

    /// <summary>Whether the platform still waits for its first admin.</summary>
    public async Task<bool> NeedsSetupAsync(CancellationToken ct) => !await accounts.AnyAsync(ct);

    /// <summary>Whether set-up asks for the admin key: everywhere but on a developer's machine.</summary>
    public bool SetupNeedsKey => !settings.Demo;

    /// <summary>Makes the first platform admin and signs them in.</summary>
    public async Task<SignInStep> SetUpAsync(string adminKey, string name, string email, string password, CancellationToken ct)
    {
        if (!await NeedsSetupAsync(ct))
        {
            return new SignInStep("The platform has been set up already. Sign in.");
        }

        if (SetupNeedsKey)
        {
            try
            {
                platform.Authenticate(adminKey);
            }
            catch (RefusedException)
            {
                return new SignInStep("This is not the admin key. It was printed once, at the first start; Ecodrix__AdminKey sets another.");
            }
        }

        var account = new Account { Name = name.Trim(), Email = email.Trim(), Role = Role.PlatformAdmin, CreatedAt = clock.GetUtcNow().UtcDateTime };
        var made = await users.CreateAsync(account, password);
        if (!made.Succeeded)
        {
            return new SignInStep(made.InWords());
        }

        await audit.NoteAccountAsync(account, "platform.set_up", null, ct);
        await EnterAsync(account, remember: false, ct);
        return new SignInStep(null, "/");
    }

    /// <summary>Signs in with a password; the second factor, where there is one, is asked for next.</summary>
    public async Task<SignInStep> SignInAsync(string email, string password, bool remember, string? returnUrl, CancellationToken ct)
    {
        if (await users.FindByEmailAsync(email) is not { } account)
        {
            // As slow as a wrong password.
            new PasswordHasher<Account>().VerifyHashedPassword(new Account(), NobodysHash, password);
            return new SignInStep(Wrong);
        }

        var result = account.Deactivated || account.PasswordHash is null
            ? SignInResult.Failed
            : await signIn.PasswordSignInAsync(account, password, remember, lockoutOnFailure: true);
        if (result.RequiresTwoFactor)
        {
            return new SignInStep(null, $"/signin/two-factor?remember={(remember ? "true" : "false")}&returnUrl={Uri.EscapeDataString(Local(returnUrl))}");
        }

        await audit.NoteAccountAsync(account, result.Succeeded ? "person.signed_in" : result.IsLockedOut ? "person.locked_out" : "person.sign_in_failed", null, ct);
        if (result.Succeeded)
        {
            await NoteSignInAsync(account, ct);
            return new SignInStep(null, Local(returnUrl));
        }

        return new SignInStep(result.IsLockedOut ? "Too many wrong passwords. Wait five minutes, or ask an admin for a reset link." : Wrong);
    }

    /// <summary>The second factor: a code of the authenticator app, or a recovery code.</summary>
    public async Task<SignInStep> SecondFactorAsync(string code, bool remember, string? returnUrl, CancellationToken ct)
    {
        if (await signIn.GetTwoFactorAuthenticationUserAsync() is not { } account)
        {
            return new SignInStep(null, "/signin");
        }

        var digits = new string([.. code.Where(char.IsLetterOrDigit)]);
        var result = digits.Length == 6
            ? await signIn.TwoFactorAuthenticatorSignInAsync(digits, isPersistent: remember, rememberClient: false)
            : await RecoverAsync(account, code.Trim(), remember);
        await audit.NoteAccountAsync(account, result.Succeeded ? "person.signed_in" : "person.second_factor_failed", null, ct);
        if (!result.Succeeded)
        {
            return new SignInStep(result.IsLockedOut ? "Too many wrong codes. Wait five minutes." : "This code is not valid now. Codes change every 30 seconds; check the phone's clock.");
        }

        await NoteSignInAsync(account, ct);
        return new SignInStep(null, Local(returnUrl));
    }

    // Not by SignInManager.TwoFactorRecoveryCodeSignInAsync: that never keeps anybody signed in.
    private async Task<SignInResult> RecoverAsync(Account account, string code, bool remember)
    {
        if (!(await users.RedeemTwoFactorRecoveryCodeAsync(account, code)).Succeeded)
        {
            return SignInResult.Failed;
        }

        await users.ResetAccessFailedCountAsync(account);
        await signIn.Context.SignOutAsync(IdentityConstants.TwoFactorUserIdScheme);
        await signIn.SignInWithClaimsAsync(account, remember, [new Claim("amr", "mfa")]);
        return SignInResult.Success;
    }

    /// <summary>Sets the password of an invitation or a reset and signs the person in.</summary>
    public async Task<SignInStep> AcceptAsync(string token, string password, CancellationToken ct)
    {
        var account = await invitations.OpenAsync(token, ct);
        if (await users.TakePasswordAsync(account, password) is { } fault)
        {
            return new SignInStep(fault);
        }

        account.InviteHash = null;
        account.InviteExpiresAt = null;
        account.LockoutEnd = null;
        // A new stamp ends sessions that were open under the old password.
        await users.UpdateSecurityStampAsync(account);
        await sessions.EndAllAsync(account.Id.ToString(), ct);
        await audit.NoteAccountAsync(account, "person.password_set", null, ct);
        if (account.TwoFactorEnabled)
        {
            return new SignInStep(null, "/signin");
        }

        await EnterAsync(account, remember: false, ct);
        return new SignInStep(null, "/");
    }

    /// <summary>Signs the person of this request out.</summary>
    public Task SignOutAsync() => signIn.SignOutAsync();

    private static string NobodysHash { get; } =
        new PasswordHasher<Account>().HashPassword(new Account(), Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("nobody"))));

    // Only paths of this site: a link in a mail must not send people elsewhere after sign-in.
    private static string Local(string? url) => url is ['/', not ('/' or '\\'), ..] ? url : "/";

    private async Task EnterAsync(Account account, bool remember, CancellationToken ct)
    {
        await signIn.SignInAsync(account, remember);
        await NoteSignInAsync(account, ct);
    }

    private async Task NoteSignInAsync(Account account, CancellationToken ct)
    {
        account.LastSignInAt = clock.GetUtcNow().UtcDateTime;
        await accounts.SaveAsync(account, ct);
    }
}
