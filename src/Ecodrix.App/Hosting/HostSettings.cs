namespace Ecodrix.App.Hosting;

/// <summary>What the host itself must know (<c>Ecodrix</c>).</summary>
internal sealed record HostSettings(string DataPath, string PublicUrl, bool Sandbox, bool Demo, string? Redis)
{
    public static HostSettings Read(ConfigurationManager configuration)
    {
        // Not in appsettings.json: a file outranks ASPNETCORE_URLS, which is what people set.
        configuration["Urls"] ??= "http://127.0.0.1:5080";
        var url = configuration["Urls"]!.Split(';')[0];
        var settings = new HostSettings(
            Path.GetFullPath(configuration["Ecodrix:DataPath"] ?? "./data"),
            configuration["Ecodrix:PublicUrl"] is { Length: > 0 } said ? said.TrimEnd('/') : url.TrimEnd('/'),
            configuration.GetValue("Ecodrix:Sandbox", false),
            configuration.GetValue("Ecodrix:Demo", false),
            ReadRedis(configuration["Ecodrix:Redis"]));
        configuration["Ecodrix:PublicUrl"] = settings.PublicUrl;
        if (settings.Sandbox && configuration["Ecodrix:WhatsApp:GraphUrl"] is null or "https://graph.facebook.com")
        {
            configuration["Ecodrix:WhatsApp:GraphUrl"] = settings.Sandbox ? $"{url.TrimEnd('/')}/sandbox/graph" : "https://graph.facebook.com";
        }

        if (settings.Sandbox && string.IsNullOrEmpty(configuration["Ecodrix:Google:BaseUrl"]))
        {
            var google = $"{url.TrimEnd('/')}/sandbox/google";
            configuration["Ecodrix:Google:BaseUrl"] = google;
            configuration["Ecodrix:Google:AuthUrl"] = $"{google}/auth";
            configuration["Ecodrix:Google:TokenUrl"] = $"{google}/token";
        }

        return settings;
    }

    private static string? ReadRedis(string? said)
    {
        try
        {
            return string.IsNullOrWhiteSpace(said) || StackExchange.Redis.ConfigurationOptions.Parse(said).EndPoints.Count > 0
                ? said
                : throw new ArgumentException("it names no server");
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException($"Ecodrix:Redis must be like host:6379,password=…; {e.Message}.");
        }
    }
}

/// <summary>Files that only the process's own user may read.</summary>
internal static class PrivateFile
{
    public static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
