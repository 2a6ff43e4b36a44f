using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ecodrix.Tests.Api.People;

/// <summary>Where a second factor is required, nobody opens anything without one.</summary>
public sealed class TwoFactorTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task A_tenant_that_requires_it_opens_to_nobody_without_and_other_tenants_stay_open()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var member = await AccountAsync(Role.Agent, tenant.Code);
        var staff = await AccountAsync(Role.Staff, null);
        await Access.OpenTenantAsync(member, tenant.Code, default);
        (await Access.WhoAsync(member, default)).TwoFactorRequired.Should().BeFalse();

        (await RequireAsync(tenant, true)).Data.GetProperty("requireTwoFactor").GetBoolean().Should().BeTrue();

        await RefusedAsync(() => Access.OpenTenantAsync(member, tenant.Code, default));
        await RefusedAsync(() => Access.OpenTenantAsync(staff, tenant.Code, default));
        (await Access.WhoAsync(member, default)).TwoFactorRequired.Should().BeTrue();
        (await Access.OpenTenantAsync(staff, other.Code, default)).Scope.Code.Should().Be(other.Code);
        (await tenant.GetAsync("/api/crm/leads")).Status.Should().Be(200, "API keys are no people");

        await SwitchOnAsync(member);
        (await Access.OpenTenantAsync(member, tenant.Code, default)).Scope.Code.Should().Be(tenant.Code);
        await RefusedAsync(() => OffAsync(member));

        (await RequireAsync(tenant, null)).Data.GetProperty("requireTwoFactor").GetBoolean().Should().BeFalse();
        await OffAsync(member);
    }

    [Fact]
    public async Task The_change_is_in_the_audit_log_with_what_it_was()
    {
        var tenant = await app.TenantAsync();
        await RequireAsync(tenant, true);

        var scope = await Get<TenantDirectory>().OpenForSystemAsync(tenant.Code, default);
        var entry = (await Get<AuditLog>().ListAsync(scope!, new AuditFilter("client.changed"), default))[0];

        entry.Changes.Should().ContainSingle().Which.Should().Be(new AuditChange("requireTwoFactor", "no", "yes"));
    }

    [Fact]
    public async Task A_platform_that_requires_it_opens_neither_tenants_nor_administration_without()
    {
        var tenant = await app.TenantAsync();
        var strict = new MemberAccess(Get<AccountStore>(), Get<Sessions>(), Get<TenantDirectory>(), Options.Create(new PlatformOptions { RequireTwoFactor = true }));
        var (member, admin) = (await AccountAsync(Role.TenantAdmin, tenant.Code), await AccountAsync(Role.PlatformAdmin, null));

        await RefusedAsync(() => strict.OpenTenantAsync(member, tenant.Code, default));
        await RefusedAsync(() => strict.OpenPlatformAsync(admin, Permission.ManageTenants, default));
        (await strict.WhoAsync(admin, default)).TwoFactorRequired.Should().BeTrue();
        await SwitchOnAsync(admin);
        await strict.OpenPlatformAsync(admin, Permission.ManageTenants, default);
        await RefusedAsync(async () =>
        {
            await strict.RequireFactorOptionalAsync(admin, default);
            return true;
        });
    }

    [Fact]
    public async Task An_admin_takes_a_lost_factor_off_their_own_people_and_their_sessions_end()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var person = await AccountAsync(Role.Agent, tenant.Code);
        await SwitchOnAsync(person);
        var cookie = await Get<Sessions>().BeginAsync(person, [1], "Firefox", "127.0.0.1", app.Clock.GetUtcNow().UtcDateTime.AddHours(1), default);
        var (admin, _) = await tenant.MemberAsync(Role.TenantAdmin);
        var (stranger, _) = await other.MemberAsync(Role.TenantAdmin);

        var refused = await FluentActions.Awaiting(() => Get<Members>().ResetTwoFactorAsync(stranger, person, default)).Should().ThrowAsync<RefusedException>();
        refused.Which.Code.Should().Be("PERSON_NOT_FOUND");
        (await Get<Members>().ResetTwoFactorAsync(admin, person, default)).TwoFactorEnabled.Should().BeFalse();

        (await Get<Sessions>().OpenAsync(cookie, default)).Should().BeNull();
        var account = await Get<AccountStore>().FindAsync(person, default);
        (account!.TwoFactorEnabled, account.AuthenticatorCipher, account.RecoveryCodes.Count).Should().Be((false, null, 0));
        (await Get<AuditLog>().ListAsync(admin, new AuditFilter("person.second_factor_reset"), default)).Should().ContainSingle();
    }

    private MemberAccess Access => Get<MemberAccess>();

    private static async Task RefusedAsync<T>(Func<Task<T>> act) => (await act.Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("TWO_FACTOR_REQUIRED");

    private async Task<bool> OffAsync(string account)
    {
        await Access.RequireFactorOptionalAsync(account, default);
        return true;
    }

    private T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    private Task<TestAnswer> RequireAsync(TestTenant tenant, bool? required) =>
        app.SendAsync(HttpMethod.Patch, $"/api/clients/{tenant.Code}", new { requireTwoFactor = required }, ("x-admin-key", AppFixture.AdminKey));

    private async Task<string> AccountAsync(Role role, string? tenantCode)
    {
        var account = new Account
        {
            Id = MongoDB.Bson.ObjectId.GenerateNewId(),
            Email = $"{Guid.NewGuid():n}@example.com",
            Name = "Asha",
            Role = role,
            TenantCode = tenantCode,
            PasswordHash = "none",
        };
        (await Get<AccountStore>().InsertAsync(account, default)).Should().BeTrue();
        return account.Id.ToString();
    }

    private async Task SwitchOnAsync(string id)
    {
        var account = (await Get<AccountStore>().FindAsync(id, default))!;
        account.TwoFactorEnabled = true;
        account.AuthenticatorCipher = "sealed";
        account.RecoveryCodes = ["hash"];
        (await Get<AccountStore>().SaveAsync(account, default)).Should().BeTrue();
    }
}
