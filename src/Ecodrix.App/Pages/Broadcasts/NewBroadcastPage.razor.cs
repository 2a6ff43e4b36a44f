using System.Text.Json;
using Ecodrix.App.Pages.Shared;
using Ecodrix.Components.Formats;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.People;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Templates;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.JSInterop;
using MudBlazor;

namespace Ecodrix.App.Pages.Broadcasts;

/// <summary>Makes a broadcast: what, to whom, when, and a look at what it would do before it is sent.</summary>
public sealed partial class NewBroadcastPage
{
    private const long LargestFile = 10 * 1024 * 1024;

    // Three bytes each at most, as Devanagari has: together they stay within one message of the circuit.
    private const int MostPasted = 300_000;

    private IReadOnlyList<TemplateView>? _templates;
    private PreflightView? _report;
    private NewBroadcast? _checked;
    private RecipientFile? _file;
    private string _name = "";
    private string _template = "";
    private string _kind = "filter";
    private string? _tags;
    private string _status = "";
    private string? _source;
    private string? _pasted;
    private int? _minScore;
    private int? _rate;
    private int? _stop = 20;
    private DateTime? _at;
    private bool _busy;
    private bool _launched;
    private KeptDraft? _kept;
    private bool _mayDesign = true;

    [CascadingParameter]
    private TenantFormat Format { get; set; } = TenantFormat.Default;

    [Inject]
    private TemplateMappings Templates { get; set; } = null!;

    [Inject]
    private BroadcastLaunch Launch { get; set; } = null!;

    // The browser cuts what is pasted without a word, a little earlier where it would part a character.
    private bool CutOff => _file is null && _pasted?.Length >= MostPasted;

    // What was checked is what is sent: a report of anything else would lie.
    private bool IsChecked => _report is not null && Input() == _checked;

    /// <inheritdoc />
    protected override async Task OnInitializedAsync()
    {
        await LoadAsync();
        _mayDesign = Fault is not null || await MayAsync(Permission.Design);
    }

    private async Task LoadAsync() => _templates = await ReadAsync(Templates.ApprovedAsync);

    /// <summary>Whether leaving would lose something that takes more than a word to write again.</summary>
    private bool IsBegun() => !_launched && _mayDesign && (_file is not null || !string.IsNullOrWhiteSpace(_pasted) || (_name.Length > 0 && _template.Length > 0));

    private NewBroadcast Input() => new()
    {
        Name = _name,
        TemplateName = _template.Split('|')[0],
        TemplateLanguage = _template.Split('|') is [_, var language] ? language : null,
        Audience = _kind == "filter" ? new AudienceInput(new LeadFilter { Tags = Blank(_tags), Status = Blank(_status), Source = Blank(_source), MinScore = _minScore }) : null,
        Csv = _kind == "csv" ? _file?.Csv ?? Headed(_pasted ?? "") : null,
        ScheduledAt = _at is { } at ? new DateTimeOffset(Format.ToUtc(at), TimeSpan.Zero) : null,
        RatePerSecond = _rate,
        PauseIfFailureRateAbove = _stop / 100.0,
    };

    /// <summary>The form as it stands, for the browser to keep. A file is on its disk already, and may be more than it keeps.</summary>
    private string Draft() => JsonSerializer.Serialize(new Written(_name, _template, _kind, _tags, _status, _source, _pasted, _minScore, _rate, _stop, _at));

    private void Restore(string draft) =>
        (_name, _template, _kind, _tags, _status, _source, _pasted, _minScore, _rate, _stop, _at) = JsonSerializer.Deserialize<Written>(draft)!;

    // Bare numbers have no header.
    private static string Headed(string text) => text.TrimStart() is [>= '0' and <= '9' or '+', ..] ? "phone\n" + text : text;

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private async Task TakeAsync(InputFileChangeEventArgs change)
    {
        if (change.File.Size > LargestFile)
        {
            Snackbar.Add("The file is larger than 10 MB. Split it.", Severity.Error);
            return;
        }

        _busy = true;
        try
        {
            using var reader = new StreamReader(change.File.OpenReadStream(LargestFile, Gone));
            var csv = Headed(await reader.ReadToEndAsync(Gone));
            _file = new RecipientFile(change.File.Name, csv, Math.Max(0, csv.Split('\n').Count(line => !string.IsNullOrWhiteSpace(line)) - 1));
        }
        catch (Exception e) when (e is IOException or JSException)
        {
            Snackbar.Add("The file could not be read. Choose it again.", Severity.Error);
        }
        finally
        {
            _busy = false;
        }
    }

    private async Task CheckAsync()
    {
        _busy = true;
        _report = null;
        var input = _checked = Input();
        await DoAsync(Permission.Design, async (scope, ct) => _report = await Launch.PreflightAsync(scope, input, ct));
        _busy = false;
    }

    private async Task LaunchAsync()
    {
        // A press on the button may itself be what ends an edit; a second one comes before the first is answered.
        if (!IsChecked || _busy)
        {
            return;
        }

        _busy = true;
        var input = _checked!;
        BroadcastView? made = null;
        if (await DoAsync(Permission.Design, async (scope, ct) => made = await Launch.LaunchAsync(scope, input, ct), input.ScheduledAt is null ? "Broadcast begun" : "Broadcast scheduled"))
        {
            _launched = true;
            await _kept!.ForgetAsync();
            Navigation.NavigateTo(AppPaths.Broadcast(Code, made!.Id));
        }

        _busy = false;
    }

    /// <summary>What is written in the form.</summary>
    private sealed record Written(
        string Name, string Template, string Kind, string? Tags, string Status, string? Source, string? Pasted, int? MinScore, int? Rate, int? Stop, DateTime? At);

    /// <summary>A list from a file.</summary>
    /// <param name="Name">The file's.</param>
    /// <param name="Csv">What is in it, with a header.</param>
    /// <param name="Rows">Lines below the header.</param>
    private sealed record RecipientFile(string Name, string Csv, int Rows);
}
