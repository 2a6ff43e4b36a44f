using System.Security.Claims;
using Ecodrix.App.Identity;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ecodrix.Tests.Api.People;

/// <summary>The platform's own people are for its admins; a tenant's people are not among them.</summary>
public sealed class StaffTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Only_an_admin_of_the_platform_opens_its_people()
    {
        var staff = await AccountAsync(Role.Staff);

        var refused = await FluentActions.Awaiting(() => Get<MemberAccess>().OpenPlatformAsync(staff, Permission.ManageStaff, default)).Should().ThrowAsync<RefusedException>();

        refused.Which.Code.Should().Be("NOT_PERMITTED");
        await Get<MemberAccess>().OpenPlatformAsync(await AccountAsync(Role.PlatformAdmin), Permission.ManageStaff, default);
    }

    [Fact]
    public async Task An_admin_sees_where_staff_are_signed_in_ends_one_session_and_takes_a_lost_factor_off()
    {
        var platform = await AdminAsync();
        var staff = await AccountAsync(Role.Staff, twoFactor: true);
        var (phone, desk) = (await SignInAsync(staff, "Firefox on a phone"), await SignInAsync(staff, "Chrome at the desk"));

        var sessions = await Get<Members>().SessionsAsync(platform, staff, default);
        sessions.Select(s => s.Device).Should().BeEquivalentTo("Firefox on a phone", "Chrome at the desk");
        await Get<Members>().EndSessionAsync(platform, staff, sessions.Single(s => s.Device.StartsWith("Firefox", StringComparison.Ordinal)).Id, default);
        (await Get<Sessions>().OpenAsync(phone, default)).Should().BeNull();
        (await Get<Sessions>().OpenAsync(desk, default)).Should().NotBeNull();

        (await Get<Members>().ResetTwoFactorAsync(platform, staff, default)).TwoFactorEnabled.Should().BeFalse();
        (await Get<Sessions>().OpenAsync(desk, default)).Should().BeNull();
        (await Get<AuditLog>().ListAsync(platform, new AuditFilter("person.session_ended"), default)).Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_tenants_people_are_out_of_reach_of_the_platforms_list_and_the_other_way_round()
    {
        var tenant = await app.TenantAsync();
        var (scope, email) = await tenant.MemberAsync(Role.TenantAdmin);
        var member = scope.Actor.Id!;
        var platform = await AdminAsync();
        var staff = await AccountAsync(Role.Staff);

        (await Get<Members>().ListAsync(platform, default)).Should().OnlyContain(p => p.Role.IsPlatform()).And.NotContain(p => p.Email == email);
        await GoneAsync(() => Get<Members>().SessionsAsync(platform, member, default));
        await GoneAsync(() => Get<Members>().ResetTwoFactorAsync(platform, member, default));
        await GoneAsync(() => Get<Members>().SessionsAsync(scope, staff, default));
        (await Get<Members>().SessionsAsync(scope, member, default)).Should().BeEmpty();
    }

    [Fact]
    public async Task An_open_page_is_left_when_its_session_has_ended_whatever_other_sessions_its_person_has()
    {
        var staff = await AccountAsync(Role.Staff);
        var (cookie, _) = (await SignInAsync(staff, "Firefox"), await SignInAsync(staff, "Chromium"));
        var account = (await Get<AccountStore>().FindAsync(staff, default))!;
        var session = (await Get<Sessions>().OpenAsync(cookie, default))!.Id;
        var person = new ClaimsPrincipal(new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, staff), new Claim("AspNet.Identity.SecurityStamp", account.SecurityStamp), new Claim(SessionTickets.SessionClaim, session)], "test"));
        using var pages = new CircuitAuthentication(NullLoggerFactory.Instance, Get<MemberAccess>());

        (await pages.MayStayAsync(person, default)).Should().BeTrue();
        await Get<Sessions>().EndAsync(cookie, default);
        (await pages.MayStayAsync(person, default)).Should().BeFalse();
        (await pages.MayStayAsync(new ClaimsPrincipal(), default)).Should().BeFalse();
    }

    private static async Task GoneAsync<T>(Func<Task<T>> act) => (await act.Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("PERSON_NOT_FOUND");

    private T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    private async Task<PlatformScope> AdminAsync() => await Get<MemberAccess>().OpenPlatformAsync(await AccountAsync(Role.PlatformAdmin), Permission.ManageStaff, default);

    private Task<string> SignInAsync(string account, string device) =>
        Get<Sessions>().BeginAsync(account, [1], device, "127.0.0.1", app.Clock.GetUtcNow().UtcDateTime.AddHours(1), default);

    private async Task<string> AccountAsync(Role role, bool twoFactor = false)
    {
        var account = new Account { Id = MongoDB.Bson.ObjectId.GenerateNewId(), Email = $"{Guid.NewGuid():n}@example.com", Name = "Asha", Role = role, PasswordHash = "none", TwoFactorEnabled = twoFactor };
        (await Get<AccountStore>().InsertAsync(account, default)).Should().BeTrue();
        return account.Id.ToString();
    }
}
