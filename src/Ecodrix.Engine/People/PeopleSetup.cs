using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.People;

internal static class PeopleSetup
{
    public static IServiceCollection AddPeople(this IServiceCollection services) => services
        .AddSingleton(Account.Indexes)
        .AddSingleton(Session.Indexes)
        .AddSingleton(AuditLog.Indexes)
        .AddOperation<AccountStore>()
        .AddOperation<AuditLog>()
        .AddOperation<Sessions>()
        .AddOperation<Members>()
        .AddOperation<Invitations>()
        .AddOperation<MemberAccess>();
}
