using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.People;

internal static class PeopleSetup
{
    public static IServiceCollection AddPeople(this IServiceCollection services) => services
        .AddSingleton(Account.Indexes)
        .AddSingleton(Session.Indexes)
        .AddSingleton(AuditLog.Indexes)
        .AddSingleton<ITenantBelongings, TenantPeople>()
        .AddOperation<AccountStore>()
        .AddOperation<AuditLog>()
        .AddOperation<Sessions>()
        .AddOperation<Members>()
        .AddOperation<Invitations>()
        .AddOperation<MemberAccess>();
}
