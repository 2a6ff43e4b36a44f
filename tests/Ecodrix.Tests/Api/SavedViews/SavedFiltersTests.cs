using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.SavedViews;
using Ecodrix.Tests.Api.People;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Tests.Api.SavedViews;

public sealed class SavedFiltersTests(AppFixture app) : IClassFixture<AppFixture>
{
    private SavedFilters Views => app.Services.GetRequiredService<SavedFilters>();

    [Fact]
    public async Task A_view_is_its_maker_s_alone_and_saving_under_the_same_name_replaces_it()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (asha, _) = await tenant.MemberAsync(name: "Asha");
        var (meera, _) = await tenant.MemberAsync();
        var (stranger, _) = await other.MemberAsync();
        await Views.SaveAsync(stranger, new NewSavedFilter("Theirs", "status=won"), default);
        await Views.SaveAsync(meera, new NewSavedFilter("Website", "source=meera"), default);

        await Views.SaveAsync(asha, new NewSavedFilter("Website", "source=website"), default);
        await Views.SaveAsync(asha, new NewSavedFilter("hot", "?minScore=70"), default);
        var again = await Views.SaveAsync(asha, new NewSavedFilter("Website", "source=website&status=open"), default);

        (await Views.ListAsync(asha, default)).Select(v => (v.Name, v.Query, v.Shared)).Should().Equal(("hot", "minScore=70", false), ("Website", "source=website&status=open", false));
        (await RefusedAsync(() => Views.RemoveAsync(meera, again.Id, default))).Should().Be("VIEW_NOT_FOUND");
        (await RefusedAsync(() => Views.ShareAsync(meera, again.Id, default))).Should().Be("VIEW_NOT_FOUND");
        await Views.RemoveAsync(asha, again.Id, default);
        (await Views.ListAsync(asha, default)).Select(v => v.Name).Should().Equal("hot");
        (await Views.ListAsync(meera, default)).Select(v => v.Query).Should().Equal("source=meera");
    }

    [Fact]
    public async Task A_shared_view_is_everybody_s_in_the_tenant_and_its_name_is_taken()
    {
        var (tenant, other) = (await app.TenantAsync(), await app.TenantAsync());
        var (admin, _) = await tenant.MemberAsync(Role.TenantAdmin, name: "Asha");
        var (agent, _) = await tenant.MemberAsync();
        var (stranger, _) = await other.MemberAsync();
        var made = await Views.SaveAsync(admin, new NewSavedFilter("Website", "source=website"), default);
        await Views.ShareAsync(admin, made.Id, default);

        (await Views.ListAsync(agent, default)).Should().Equal(new SavedFilterView(made.Id, "Website", "source=website", true, "Asha"));
        (await Views.ListAsync(stranger, default)).Should().BeEmpty();
        (await RefusedAsync(() => Views.RemoveAsync(admin, made.Id, default))).Should().Be("VIEW_NOT_FOUND", "it is no longer one person's");
        var second = await Views.SaveAsync(admin, new NewSavedFilter("Website", "source=web"), default);
        (await RefusedAsync(() => Views.ShareAsync(admin, second.Id, default))).Should().Be("NAME_TAKEN");
        (await RefusedAsync(() => Views.RemoveSharedAsync(stranger, made.Id, default))).Should().Be("VIEW_NOT_FOUND");
        await Views.RemoveSharedAsync(admin, made.Id, default);
        (await Views.ListAsync(agent, default)).Should().BeEmpty();
        var noted = await app.Services.GetRequiredService<AuditLog>().ListAsync(admin, new AuditFilter("view."), default);
        noted.Select(e => (e.Action, e.Target)).Should().Equal(("view.removed", "Website"), ("view.shared", "Website"));
    }

    [Fact]
    public async Task A_view_without_a_name_or_one_too_many_is_refused()
    {
        var tenant = await app.TenantAsync();
        var (asha, _) = await tenant.MemberAsync();
        (await RefusedAsync(() => Views.SaveAsync(asha, new NewSavedFilter(" ", new string('x', 1001)), default))).Should().Be("VALIDATION_ERROR");
        foreach (var at in Enumerable.Range(0, SavedFilters.Most))
        {
            await Views.SaveAsync(asha, new NewSavedFilter($"View {at}", ""), default);
        }

        (await RefusedAsync(() => Views.SaveAsync(asha, new NewSavedFilter("One more", ""), default))).Should().Be("VALIDATION_ERROR");
        await Views.SaveAsync(asha, new NewSavedFilter("View 1", "status=open"), default);
        await Views.ShareAsync(asha, (await Views.ListAsync(asha, default))[0].Id, default);
        (await Views.ListAsync(asha, default)).Should().HaveCount(SavedFilters.Most);
    }

    [Fact]
    public async Task Two_windows_that_save_the_same_name_at_once_make_one_view()
    {
        var tenant = await app.TenantAsync();
        var (asha, _) = await tenant.MemberAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(at => Views.SaveAsync(asha, new NewSavedFilter("Website", $"minScore={at}"), default)));
        (await Views.ListAsync(asha, default)).Should().ContainSingle();
    }

    private static async Task<string> RefusedAsync(Func<Task> act) => (await act.Should().ThrowAsync<RefusedException>()).Which.Code;
}
