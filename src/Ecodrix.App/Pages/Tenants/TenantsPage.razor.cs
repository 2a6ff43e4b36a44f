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
    private RefusedException? _fault;
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
    private SignedIn Me { get; set; } = null!;

    [Inject]
    private TenantOnboarding Onboarding { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

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
        try
        {
            var platform = await Me.PlatformAsync(Permission.ManageTenants, CancellationToken.None);
            _tenants = await Onboarding.ListAsync(platform, Search, EnumWords.Parse<TenantStatus>(Status, "status"), Paging.From(Page), CancellationToken.None);
            _mayStaff = (await Me.WhoAsync(CancellationToken.None)).Role.May(Permission.ManageStaff);
            _fault = null;
        }
        catch (RefusedException refused)
        {
            _fault = refused;
        }
    }

    private void Go(string? search, string? status, int? page) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
    {
        ["search"] = string.IsNullOrWhiteSpace(search) ? null : search.Trim(),
        ["status"] = string.IsNullOrEmpty(status) ? null : status,
        ["page"] = page is null or 1 ? null : page,
    }));

    private void FindAsync(string search) => Go(search, Status, null);

    private void FilterAsync(string status) => Go(Search, status, null);

    private void GoAsync(int page) => Go(Search, Status, page);

    private void ClearAsync() => Go(null, null, null);

    private async Task NewAsync()
    {
        var dialog = await Dialogs.ShowAsync<NewTenantDialog>("New tenant");
        if (await dialog.Result is { Canceled: false })
        {
            await LoadAsync();
        }
    }
}
