using Ecodrix.App.Hosting;

var app = await EcodrixHost.BuildAsync(WebApplication.CreateBuilder(args));
await app.RunAsync();
