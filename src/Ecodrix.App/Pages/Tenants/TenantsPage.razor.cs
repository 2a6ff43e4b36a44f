using Ecodrix.App.Pages.Shared;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Ecodrix.App.Pages.Tenants;

/// <summary>All tenants, for the platform's staff.</summary>
public sealed partial class TenantsPage
{
    private Page<ClientView>? _tenants;
    private bool _mayStaff;

    /// <summary>Part of a name or code.</summary>
    [SupplyParameterFromQuery]
    public string? Search { get; set; }

    /// <summary>One status.</summary>
    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    /// <summary>The page, from 1.</summary>
    [SupplyParameterFromQuery]
    public int? Page { get; set; }

    [Inject]
    private TenantOnboarding Onboarding { get; set; } = null!;

    [Inject]
    private TenantDirectory Directory { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    /// <inheritdoc />
    protected override Task OnParametersSetAsync() => LoadAsync();

    private static IEnumerable<string> SetUp(ClientView tenant)
    {
        var names = tenant.SecretNames;
        if (names.Contains("whatsappToken"))
        {
            yield return "WhatsApp";
        }

        if (names.Contains("smtpHost"))
        {
            yield return "E-mail";
        }

        if (names.Contains("automationWebhookSecret"))
        {
            yield return "Callbacks";
        }
    }

    private async Task LoadAsync()
    {
        _tenants = await LatestAsync(Permission.ManageTenants, (platform, ct) => Onboarding.ListAsync(platform, Search, EnumWords.Parse<TenantStatus>(Status, "status"), Paging.From(Page), ct)) ?? _tenants;
        _mayStaff = await MayAsync(Permission.ManageStaff);
    }

    private Task SuspendAsync(ClientView tenant) => ChangeAsync(
        tenant,
        Onboarding.SuspendAsync,
        "is suspended",
        ($"Suspend {tenant.Name}?", "Its API keys and its people are refused at once, and nothing is taken in for it. Nothing is deleted; what was under way goes on when it is resumed.", "Suspend"));

    private Task ResumeAsync(ClientView tenant) => ChangeAsync(tenant, Onboarding.ResumeAsync, "works again");

    private Task ArchiveAsync(ClientView tenant) => ChangeAsync(
        tenant,
        (scope, ct) => Onboarding.DeleteAsync(scope, purge: false, null, ct),
        "is archived",
        ($"Archive {tenant.Name}?", "Its keys and people are refused, what was still to be done for it is given up, and it leaves this list. Its data stays, and it can be taken out of the archive.", "Archive"));

    private async Task PurgeAsync(ClientView tenant)
    {
        var dialog = await Dialogs.ShowAsync<PurgeTenantDialog>($"Delete {tenant.Name} for good", new DialogParameters<PurgeTenantDialog> { { d => d.Tenant, tenant } });
        if (await dialog.Result is { Canceled: false })
        {
            await LoadAsync();
        }
    }

    private async Task ChangeAsync(
        ClientView tenant, Func<TenantScope, CancellationToken, Task> change, string done, (string Title, string Text, string Yes)? question = null)
    {
        if ((question is not { } sure || await Dialogs.SureAsync(sure.Title, sure.Text, sure.Yes))
            && await DoAsync(Permission.ManageTenants, async (platform, ct) => await change(await Directory.OpenAsync(platform, tenant.ClientCode, ct), ct), $"{tenant.Name} {done}"))
        {
            await LoadAsync();
        }
    }

    private async Task NewAsync()
    {
        var dialog = await Dialogs.ShowAsync<NewTenantDialog>("New tenant");
        if (await dialog.Result is { Canceled: false })
        {
            await LoadAsync();
        }
    }
}
