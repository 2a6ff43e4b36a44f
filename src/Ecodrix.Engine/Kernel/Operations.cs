using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Ecodrix.Engine.Kernel;

/// <summary>Registers operation classes: stateless singletons whose constructors are internal, so that only the engine wires them.</summary>
internal static class Operations
{
    /// <summary>Registers a class by its only constructor, public or internal.</summary>
    public static IServiceCollection AddOperation<T>(this IServiceCollection services)
        where T : class
    {
        var constructor = typeof(T).GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Single();
        var provider = Expression.Parameter(typeof(IServiceProvider));
        var resolve = typeof(ServiceProviderServiceExtensions).GetMethod(nameof(ServiceProviderServiceExtensions.GetRequiredService), [typeof(IServiceProvider), typeof(Type)])!;
        var arguments = constructor.GetParameters()
            .Select(p => Expression.Convert(Expression.Call(resolve, provider, Expression.Constant(p.ParameterType)), p.ParameterType));
        var make = Expression.Lambda<Func<IServiceProvider, T>>(Expression.New(constructor, arguments), provider).Compile();
        return services.AddSingleton(make);
    }
}
