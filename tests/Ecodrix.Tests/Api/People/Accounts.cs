using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.People;

/// <summary>Makes people of a tenant and opens it on their behalf.</summary>
internal static class Accounts
{
    /// <summary>Makes an account and answers its scope, and its address.</summary>
    public static async Task<(TenantScope Scope, string Email)> MemberAsync(this TestTenant tenant, Role role = Role.Agent, bool onlyOwn = false, string? name = null)
    {
        var services = tenant.App.Services;
        var email = $"{Guid.NewGuid():n}@example.com";
        var account = new Account
        {
            Id = MongoDB.Bson.ObjectId.GenerateNewId(),
            Email = email,
            Name = name ?? $"Member {email[..6]}",
            Role = role,
            TenantCode = tenant.Code,
            OnlyOwn = onlyOwn,
            PasswordHash = "none",
            CreatedAt = tenant.App.Clock.GetUtcNow().UtcDateTime,
        };
        (await services.GetRequiredService<AccountStore>().InsertAsync(account, CancellationToken.None)).Should().BeTrue();
        var member = await services.GetRequiredService<MemberAccess>().OpenTenantAsync(account.Id.ToString(), tenant.Code, CancellationToken.None);
        return (member.Scope, email);
    }
}
