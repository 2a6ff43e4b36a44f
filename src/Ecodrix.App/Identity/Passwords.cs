using Ecodrix.Engine.People;
using Microsoft.AspNetCore.Identity;

namespace Ecodrix.App.Identity;

/// <summary>Passwords that people choose.</summary>
internal static class Passwords
{
    extension(UserManager<Account> users)
    {
        /// <summary>Puts a password onto an account, which is to be saved by the caller; answers what is wrong with it, in sentences, or null.</summary>
        public async Task<string?> TakePasswordAsync(Account account, string password)
        {
            foreach (var validator in users.PasswordValidators)
            {
                if (await validator.ValidateAsync(users, account, password) is { Succeeded: false } bad)
                {
                    return bad.InWords();
                }
            }

            account.PasswordHash = users.PasswordHasher.HashPassword(account, password);
            account.AccessFailedCount = 0;
            return null;
        }
    }

    extension(IdentityResult result)
    {
        /// <summary>What went wrong, in sentences.</summary>
        public string InWords() => string.Join(" ", result.Errors.Select(e => e.Description));
    }
}
