using System.Text.Json;
using Ecodrix.App.Hosting;
using Ecodrix.Components.Onboarding;
using Ecodrix.Engine.Meetings;
using Ecodrix.Engine.People;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.Tenants.Checklist;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages.Tenants;

/// <summary>Leads through the eight steps of onboarding one tenant. It can be left and resumed: the steps tell where they stand.</summary>
public sealed partial class OnboardPage
{
    private ChecklistView? _list;
    private IReadOnlyCollection<string> _set = [];
    private WebhookSecretView? _secret;
    private GoogleLinkView? _link;
    private KeyView? _key;
    private string? _uri;
    private string? _origin;
    private bool _confirmed;
    private bool _testing;

    /// <summary>The step shown; the first that is not done when absent.</summary>
    [SupplyParameterFromQuery]
    public int? Step { get; set; }

    [Inject]
    private OnboardingChecklist Checklist { get; set; } = null!;

    [Inject]
    private TenantSecrets Secrets { get; set; } = null!;

    [Inject]
    private TenantKeys Keys { get; set; } = null!;

    [Inject]
    private TenantOrigins Origins { get; set; } = null!;

    [Inject]
    private TenantDatasource Datasource { get; set; } = null!;

    [Inject]
    private GoogleConnection Google { get; set; } = null!;

    [Inject]
    private TemplateSync Templates { get; set; } = null!;

    [Inject]
    private HostSettings Host { get; set; } = null!;

    private ChecklistStep Here => _list!.Steps.FirstOrDefault(s => s.Number == Step)
        ?? _list.Steps.FirstOrDefault(s => !s.Optional && s.State != CheckState.Done) ?? _list.Steps[^1];

    /// <inheritdoc />
    protected override Task OnInitializedAsync() => TestAsync();

    private async Task TestAsync()
    {
        _testing = true;
        StateHasChanged();
        var list = await ReadAsync(async (_, _) =>
        {
            var member = await Me.OpenAsync(Code, Gone);
            var scope = member.For(Permission.Administer);
            _set = [.. (await Secrets.ListAsync(scope, Gone)).Select(s => s.Name)];
            return await Checklist.LookAsync(scope, Host.PublicUrl, Gone);
        });
        // Held to where the person is: a step that turns green must not move the page under their hands.
        var here = _list is null ? Step : Here.Number;
        _list = list ?? _list;
        Step = here;
        _testing = false;
    }

    private void Go(int number) => Navigation.NavigateTo($"/c/{Code}/onboarding?step={number}");

    private async Task SaveAsync(GivenSecrets given)
    {
        var values = given.Values.ToDictionary(v => v.Key, v => JsonSerializer.SerializeToElement(v.Value));
        given.Accepted = await DoAsync(Permission.Administer, (scope, ct) => Secrets.MergeAsync(scope, values, ct), "Saved");
        given.Faults = FieldFaults;
        if (given.Accepted)
        {
            await TestAsync();
        }
    }

    private Task MakeSecretAsync() => OnceAsync(() => ThenTestAsync(async (scope, ct) => _secret = await Secrets.RotateWebhookAsync(scope, ct), "Secret made"));

    private Task SyncAsync() => ThenTestAsync(Templates.SyncAsync, "Templates read");

    private Task AllowAsync() => ThenTestAsync((scope, ct) => Origins.AddAsync(scope, _origin, ct), "Origin allowed");

    private Task MakeKeyAsync() => OnceAsync(() => ThenTestAsync(
        async (scope, ct) => _key = await Keys.CreateAsync(scope, new NewKey { Name = "Shared at onboarding", Scopes = [ApiScope.All] }, ct), "Key made"));

    private async Task SwitchAsync()
    {
        if (await ThenTestAsync((scope, ct) => Datasource.ChangeAsync(scope, new NewDatasource { DbUri = _uri, Confirm = _confirmed }, ct), "The client lives there from now on"))
        {
            _uri = null;
        }
    }

    private Task LinkAsync() => DoAsync(Permission.Administer, async (scope, ct) => _link = await Google.LinkAsync(scope, Host.PublicUrl, ct));

    private async Task<bool> ThenTestAsync(Func<TenantScope, CancellationToken, Task> change, string done)
    {
        var made = await DoAsync(Permission.Administer, change, done);
        if (made)
        {
            await TestAsync();
        }

        return made;
    }
}
