using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants;
using Ecodrix.Engine.WhatsApp.Webhooks;

namespace Ecodrix.Engine.WhatsApp.Graph;

/// <content>Everything but sending.</content>
internal sealed partial class GraphClient
{
    private const int TemplatePage = 100;

    /// <summary>For a whole file: the client's own timeout ends with the headers, and a body may drip for ever.</summary>
    private static readonly TimeSpan LongestDownload = TimeSpan.FromMinutes(3);

    private const string TemplateFields = "name,language,status,category,components,parameter_format,quality_score,rejected_reason,id";

    public async Task MarkReadAsync(TenantScope scope, string wamid, bool typing, CancellationToken ct)
    {
        var body = new JsonObject { ["messaging_product"] = "whatsapp", ["status"] = "read", ["message_id"] = wamid };
        if (typing)
        {
            body["typing_indicator"] = new JsonObject { ["type"] = "text" };
        }

        using var request = Request(scope, HttpMethod.Post, $"{Number(scope)}/messages");
        request.Content = JsonContent.Create(body, options: EcodrixJson.Options);
        using var answer = await CallAsync(request, ct);
    }

    public async Task<string> UploadAsync(TenantScope scope, Stream content, string mimeType, string fileName, CancellationToken ct)
    {
        using var file = new StreamContent(content);
        file.Headers.ContentType = MediaTypeHeaderValue.Parse(mimeType);
        using var form = new MultipartFormDataContent { { new StringContent("whatsapp"), "messaging_product" }, { new StringContent(mimeType), "type" }, { file, "file", fileName } };
        using var request = Request(scope, HttpMethod.Post, $"{Number(scope)}/media");
        request.Content = form;
        using var answer = await CallAsync(request, ct);
        return answer.RootElement.Text("id") ?? throw Odd("the id of the upload");
    }

    public async Task<GraphMedia> DescribeAsync(TenantScope scope, string mediaId, CancellationToken ct)
    {
        using var request = Request(scope, HttpMethod.Get, $"{Uri.EscapeDataString(mediaId)}?phone_number_id={Number(scope)}");
        using var answer = await CallAsync(request, ct);
        return new GraphMedia(answer.RootElement.Text("url") ?? throw Odd("the address of the file"), answer.RootElement.Text("mime_type"), answer.RootElement.Text("sha256"));
    }

    public async Task<bool> DownloadAsync(TenantScope scope, string url, Stream into, long most, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", scope.RequireSecret(SecretCatalogue.WhatsAppToken));
        using var time = new CancellationTokenSource(LongestDownload, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        try
        {
            using var response = await http.CreateClient(HttpName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw Said(new GraphError((int)response.StatusCode, $"Meta answered {(int)response.StatusCode} to the download.", null), TimeSpan.FromSeconds(10));
            }

            await using var from = await response.Content.ReadAsStreamAsync(limit.Token);
            var buffer = new byte[81920];
            long copied = 0;
            for (int read; (read = await from.ReadAsync(buffer, limit.Token)) > 0;)
            {
                copied += read;
                if (copied > most)
                {
                    return false;
                }

                await into.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw Away(e);
        }
    }

    public async Task<GraphTemplatePage> TemplatesAsync(TenantScope scope, string? name, string? after, CancellationToken ct)
    {
        var query = $"{scope.RequireSecret(SecretCatalogue.WhatsAppBusinessId)}/message_templates?fields={TemplateFields}&limit={TemplatePage}"
            + (name is null ? "" : $"&name={Uri.EscapeDataString(name)}") + (after is null ? "" : $"&after={Uri.EscapeDataString(after)}");
        using var request = Request(scope, HttpMethod.Get, query);
        using var answer = await CallAsync(request, ct);
        var paging = answer.RootElement.Get("paging");
        // The cursor after the last page is there too: only "next" tells whether there is more.
        var next = paging?.Text("next") is not null ? paging.Value.Get("cursors")?.Text("after") : null;
        return new GraphTemplatePage([.. answer.RootElement.Items("data").Select(t => t.Clone())], next);
    }

    public async Task<GraphNumber> NumberAsync(TenantScope scope, CancellationToken ct)
    {
        using var request = Request(scope, HttpMethod.Get, $"{Number(scope)}?fields=display_phone_number,verified_name,status,quality_rating");
        using var answer = await CallAsync(request, ct);
        var number = answer.RootElement;
        return new GraphNumber(number.Text("display_phone_number"), number.Text("verified_name"), number.Text("status"), number.Text("quality_rating"));
    }

    private static string Number(TenantScope scope) => scope.RequireSecret(SecretCatalogue.WhatsAppPhoneNumberId);

    private HttpRequestMessage Request(TenantScope scope, HttpMethod method, string path)
    {
        var token = scope.RequireSecret(SecretCatalogue.WhatsAppToken);
        var version = scope.Secret(SecretCatalogue.WhatsAppApiVersion) ?? DefaultVersion;
        var request = new HttpRequestMessage(method, $"{options.Value.GraphUrl.TrimEnd('/')}/{version}/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private async Task<JsonDocument> CallAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            using var response = await http.CreateClient(HttpName).SendAsync(request, ct);
            var body = await response.Content.ReadAsByteArrayAsync(ct);
            var json = JsonTexts.Parse(body);
            if (json.RootElement.Get("error") is { } error)
            {
                var read = ReadError(error);
                throw Said(read, read.Verdict == GraphVerdict.Final ? null : response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(10));
            }

            return json;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            throw Away(e);
        }
    }

    private static RefusedException Said(GraphError error, TimeSpan? retryAfter) => new(
        RefusalKind.Upstream, "UPSTREAM_ERROR", $"Meta said no: {error.Title} ({error.Code}). {error.Hint}", new { error.Code, error.Title, details = error.Details, error.Hint })
    {
        RetryAfter = retryAfter,
    };

    private static RefusedException Away(Exception e) => new(
        RefusalKind.Upstream, "UPSTREAM_ERROR", e is JsonException ? "Meta's answer was not readable. Try again in a moment." : $"Meta could not be reached: {e.Message}")
    {
        RetryAfter = TimeSpan.FromSeconds(10),
    };

    private static RefusedException Odd(string what) => new(RefusalKind.Upstream, "UPSTREAM_ERROR", $"Meta's answer lacks {what}.");
}
