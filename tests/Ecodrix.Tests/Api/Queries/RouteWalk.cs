using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Ecodrix.Tests.Api.Queries;

/// <summary>Asks routes one after another on behalf of one tenant; each must be answered well, since a refused one looks nothing up.</summary>
internal sealed partial class RouteWalk(AppFixture app, TestTenant tenant)
{
    /// <summary>A route's answer; null where it is no JSON.</summary>
    private async Task<JsonElement?> AskAsync(string method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body switch
        {
            null => null,
            HttpContent content => content,
            string raw => new StringContent(raw, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        request.Headers.Add("x-api-key", tenant.Key);
        request.Headers.Add("x-client-code", tenant.Code);
        request.Headers.Add("x-admin-key", AppFixture.AdminKey);
        using var response = await app.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).Should().BeLessThan(400, $"{method} {path} should be answered: {text}");
        return response.Content.Headers.ContentType?.MediaType == "application/json" ? JsonDocument.Parse(text).RootElement : null;
    }

    private async Task<JsonElement> GetAsync(string path) => (await AskAsync("GET", path))?.GetProperty("data") ?? default;

    private async Task<JsonElement> PostAsync(string path, object? body = null) => (await AskAsync("POST", path, body ?? new { }))?.GetProperty("data") ?? default;

    private async Task<JsonElement> PatchAsync(string path, object? body = null) => (await AskAsync("PATCH", path, body ?? new { }))?.GetProperty("data") ?? default;

    private Task PutAsync(string path, object body) => AskAsync("PUT", path, body);

    private Task DeleteAsync(string path, object? body = null) => AskAsync("DELETE", path, body);

    /// <summary>Asks a list with each of the queries, plain and paged.</summary>
    private async Task ListAsync(string path, params IReadOnlyList<string> queries)
    {
        foreach (var query in (string[])["page=2&limit=10", .. queries])
        {
            await GetAsync($"{path}?{query}");
        }
    }

    private static string Id(JsonElement made) => made.GetProperty("id").GetString()!;

    private static MultipartFormDataContent Form(byte[] bytes, string name)
    {
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return new MultipartFormDataContent { { file, "file", name } };
    }
}
