namespace Ecodrix.Engine.Tenants;

/// <summary>What an API key may be used for.</summary>
public static class ApiScope
{
    /// <summary>Firing triggers.</summary>
    public const string Trigger = "trigger";

    /// <summary>Reading leads, pipelines, rules and reports.</summary>
    public const string CrmRead = "crm:read";

    /// <summary>Changing them.</summary>
    public const string CrmWrite = "crm:write";

    /// <summary>Reading conversations, templates and broadcasts.</summary>
    public const string ChatRead = "chat:read";

    /// <summary>Sending and changing them.</summary>
    public const string ChatWrite = "chat:write";

    /// <summary>Reading event logs, callback logs and jobs.</summary>
    public const string MonitoringRead = "monitoring:read";

    /// <summary>Everything.</summary>
    public const string All = "*";

    /// <summary>Every scope there is.</summary>
    public static IReadOnlyList<string> Known { get; } = [Trigger, CrmRead, CrmWrite, ChatRead, ChatWrite, MonitoringRead, All];
}
