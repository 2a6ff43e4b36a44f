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

    private async Task NewAsync()
    {
        var dialog = await Dialogs.ShowAsync<NewTenantDialog>("New tenant");
        if (await dialog.Result is { Canceled: false })
        {
            await LoadAsync();
        }
    }
}
