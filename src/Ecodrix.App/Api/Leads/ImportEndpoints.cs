using System.Text;
using System.Text.Json;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Leads;
using Ecodrix.Engine.Tenants;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api.Leads;

internal static class ImportEndpoints
{
    private const long LargestImport = 5 * 1024 * 1024;

    /// <summary>Maps import and export of leads: JSON as well as files.</summary>
    public static void MapLeadFiles(this IEndpointRouteBuilder crm)
    {
        var leads = crm.MapGroup("/leads").WithTags("Leads");

        leads.MapPost("/import", ImportAsync).WithSummary("Import up to 1000 leads as JSON or CSV")
            .Refuses("VALIDATION_ERROR", "TOO_MANY_LEADS").WithMetadata(new BodyLimit(LargestImport))
            .Accepts<ImportRequest>("application/json", "text/csv", "multipart/form-data").RequireScope(ApiScope.CrmWrite).Idempotent("import");
        leads.MapGet("/import", ListAsync).WithSummary("The imports of the last seven days, without their faults").RequireScope(ApiScope.CrmRead);
        leads.MapGet("/import/{importId}", GetAsync).WithSummary("What an import did").Refuses("INVALID_ID", "IMPORT_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        leads.MapGet("/import/{importId}/errors", ErrorsAsync).WithSummary("The faults of an import as CSV").Refuses("INVALID_ID", "IMPORT_NOT_FOUND").RequireScope(ApiScope.CrmRead);
        leads.MapPost("/import/{importId}/revert", RevertAsync).WithSummary("Undo an import")
            .Refuses("INVALID_ID", "IMPORT_NOT_FOUND", "IMPORT_TOO_OLD").RequireScope(ApiScope.CrmWrite);
        leads.MapGet("/export", Export).WithSummary("Export leads as CSV").Refuses("VALIDATION_ERROR", "INVALID_ID").RequireScope(ApiScope.CrmRead);
    }

    private static async Task<Ok<Envelope<ImportView>>> ImportAsync(HttpContext http, bool? dryRun, string? mapping, Caller caller, LeadImport import, CancellationToken ct) =>
        Answer.Ok(await ImportBody.ReadAsync(http.Request, mapping, ct) is var sent && sent.Csv is { } csv
            ? await import.RunCsvAsync(caller.Scope, csv, sent.Mapping, dryRun ?? sent.DryRun, ct)
            : await import.RunJsonAsync(caller.Scope, sent.Leads, dryRun ?? sent.DryRun, ct));

    private static async Task<Ok<PageEnvelope<ImportView>>> ListAsync(int? page, int? limit, Caller caller, LeadImport import, CancellationToken ct) =>
        Answer.Page(await import.ListAsync(caller.Scope, Paging.From(page, limit), ct));

    private static async Task<Ok<Envelope<ImportView>>> GetAsync(string importId, Caller caller, LeadImport import, CancellationToken ct) =>
        Answer.Ok(await import.GetAsync(caller.Scope, importId, ct));

    private static async Task<FileContentHttpResult> ErrorsAsync(string importId, Caller caller, LeadImport import, CancellationToken ct) =>
        TypedResults.File(Encoding.UTF8.GetBytes(await import.ErrorsCsvAsync(caller.Scope, importId, ct)), "text/csv; charset=utf-8", $"import-{importId}-errors.csv");

    private static async Task<Ok<Envelope<RevertView>>> RevertAsync(string importId, Caller caller, LeadImport import, CancellationToken ct) =>
        Answer.Ok(await import.RevertAsync(caller.Scope, importId, ct));

    private static PushStreamHttpResult Export([AsParameters] LeadFilter filter, Caller caller, LeadExport export, CancellationToken ct)
    {
        export.Check(caller.Scope, filter);
        return TypedResults.Stream(output => export.WriteAsync(caller.Scope, filter, output, ct), "text/csv; charset=utf-8", "leads.csv");
    }
}

/// <summary>An <see cref="ImportRequest"/> whose rows are read later, one by one.</summary>
internal sealed record ImportJson(IReadOnlyList<JsonElement>? Leads = null, bool? DryRun = null);

/// <summary>The body of an import: JSON, a bare CSV, or a form with a file.</summary>
internal sealed record ImportBody(bool DryRun, string? Csv = null, IReadOnlyDictionary<string, string>? Mapping = null, IReadOnlyList<JsonElement>? Leads = null)
{
    public static async Task<ImportBody> ReadAsync(HttpRequest request, string? mapping, CancellationToken ct)
    {
        if (request.HasFormContentType)
        {
            var form = await FormAsync(request, ct);
            var file = form.Files.Count > 0 ? form.Files[0] : throw RefusedException.Validation("file", "Send the CSV as the form's file.");
            using var reader = new StreamReader(file.OpenReadStream(), Encoding.UTF8);
            return new ImportBody(Flag(form, "dryRun"), await reader.ReadToEndAsync(ct), Map(mapping ?? form["mapping"]));
        }

        if (request.ContentType?.StartsWith("text/csv", StringComparison.OrdinalIgnoreCase) == true)
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            return new ImportBody(false, await reader.ReadToEndAsync(ct), Map(mapping));
        }

        if (!request.HasJsonContentType())
        {
            throw new RefusedException(RefusalKind.UnsupportedMedia, "UNSUPPORTED_MEDIA_TYPE", "Send application/json, text/csv, or a form with a file.");
        }

        var body = await JsonSerializer.DeserializeAsync<ImportJson>(request.Body, EcodrixJson.Options, ct);
        return new ImportBody(body?.DryRun == true, Leads: body?.Leads);
    }

    private static async Task<IFormCollection> FormAsync(HttpRequest request, CancellationToken ct)
    {
        try
        {
            return await request.ReadFormAsync(ct);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw RefusedException.Validation("file", "The form cannot be read: its parts do not fit its boundary, or it ends too early.");
        }
    }

    /// <summary>What is no boolean is refused rather than read as no: a dry run must never write.</summary>
    private static bool Flag(IFormCollection form, string name) =>
        form.TryGetValue(name, out var sent) && (bool.TryParse(sent, out var flag) ? flag : throw RefusedException.Validation(name, $"{name} must be true or false."));

    private static Dictionary<string, string>? Map(string? json)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return null;
        }

        try
        {
            var sent = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json, EcodrixJson.Options);
            var check = new Check();
            foreach (var (column, target) in sent ?? [])
            {
                check.That(target.ValueKind == JsonValueKind.String, $"mapping.{column}", $"mapping.{column} must be the name of a field, or \"\" to leave the column out.");
            }

            check.Throw();
            return sent?.ToDictionary(e => e.Key, e => e.Value.GetString()!, StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            throw RefusedException.Validation("mapping", "mapping must be a JSON object of column to field.");
        }
    }
}
