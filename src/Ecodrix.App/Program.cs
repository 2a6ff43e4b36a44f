using Ecodrix.App.Hosting;

if (await StoreCommands.TryRunAsync(args) is { } code)
{
    return code;
}

var app = await EcodrixHost.BuildAsync(WebApplication.CreateBuilder(args));
await app.RunAsync();
return 0;
