using Ecodrix.Bench;

if (args is ["main"])
{
    await MainBench.RunAsync(Console.Out);
    return 0;
}

if (args is ["store"])
{
    await StoreBench.RunAsync(Console.Out);
    return 0;
}

if (args is ["store-lists"])
{
    await StoreLists.RunAsync(Console.Out);
    return 0;
}

if (args is ["store-large"])
{
    await StoreLarge.RunAsync(Console.Out);
    return 0;
}

if (args is ["crm"])
{
    await CrmBench.RunAsync(Console.Out);
    return 0;
}

if (args is ["chat", .. var parts])
{
    await ChatBench.RunAsync(Console.Out, parts);
    return 0;
}

int Size(string[] sizes, int at, int usual) => sizes.Length > at && int.TryParse(sizes[at], out var size) ? size : usual;

if (args is ["desk", .. var desk])
{
    await DeskBench.RunAsync(Console.Out, Size(desk, 0, 200), Size(desk, 1, 10_000), Size(desk, 2, 50_000));
    return 0;
}

if (args is ["flow", .. var flow])
{
    await FlowBench.RunAsync(Console.Out, Size(flow, 0, 10_000), Size(flow, 1, 50_000));
    return 0;
}

if (args is ["circuits", var url, var code, var pages])
{
    await CircuitClient.HoldAsync(url, code, int.Parse(pages, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["store-writer", var folder, var log])
{
    await StoreWriter.RunAsync(folder, log);
    return 0;
}

await Console.Error.WriteLineAsync("usage: Ecodrix.Bench main | store | store-lists | store-large | chat [latency] [inbound] [list] [broadcast] | crm | desk [agents] [leads] [conversations] | flow [delayed actions] [queued sends]");
return 2;
