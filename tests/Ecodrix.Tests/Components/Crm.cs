using Bunit;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;

namespace Ecodrix.Tests.Components;

/// <summary>Renders components; disposed asynchronously, as MudBlazor's services want it.</summary>
public abstract class CrmComponentTest : IAsyncLifetime
{
    protected BunitContext Context { get; } = new();

    protected static readonly IReadOnlyList<StageView> Stages =
    [
        new("s1", "New", "#6366f1", 10, 0, false, false), new("s2", "Proposal", "#f59e0b", 60, 1, false, false), new("s3", "Won", "#067647", 100, 2, true, false),
    ];

    public Task InitializeAsync()
    {
        Context.Services.AddMudServices(mud => mud.PopoverOptions.CheckForPopoverProvider = false);
        Context.Services.AddSingleton(TimeProvider.System);
        Context.JSInterop.Mode = JSRuntimeMode.Loose;
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await Context.DisposeAsync();

    protected static LeadView Lead(int score = 72, string? owner = "asha.rao@example.com", params string[] tags) => new()
    {
        Id = "65b2000000000000000000aa",
        FirstName = "Ravi",
        LastName = "Kumar",
        Status = LeadStatus.Open,
        PipelineId = "p",
        StageId = "s1",
        DealValue = 120000,
        Score = score,
        Tags = tags,
        AssignedTo = owner,
        Metadata = new LeadMetadataView([], []),
        StageEnteredAt = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc),
        OptedOut = false,
        Version = 3,
        CreatedAt = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc),
        UpdatedAt = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc),
    };
}
