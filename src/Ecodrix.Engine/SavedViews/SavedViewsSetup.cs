using Ecodrix.Engine.Kernel;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.SavedViews;

internal static class SavedViewsSetup
{
    public static IServiceCollection AddSavedViews(this IServiceCollection services) =>
        services.AddSingleton(SavedFilter.Indexes).AddOperation<SavedFilters>();
}
