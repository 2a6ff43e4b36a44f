using System.Text.Json;
using Microsoft.JSInterop;

namespace Ecodrix.App.Pages;

/// <summary>What the browser keeps for a person, as JSON: looks and drafts, nothing that matters elsewhere.</summary>
internal static class BrowserStore
{
    extension(IJSRuntime js)
    {
        /// <summary>What is kept under a key; null when there is nothing, or nothing that can be read.</summary>
        public async Task<T?> KeptAsync<T>(string key)
            where T : class
        {
            try
            {
                return await js.InvokeAsync<string?>("ecodrix.kept", key) is { } json ? JsonSerializer.Deserialize<T>(json) : null;
            }
            catch (JsonException)
            {
                // Written by another version: the defaults do.
                return null;
            }
        }

        /// <summary>Keeps something under a key; null removes it.</summary>
        public ValueTask KeepAsync<T>(string key, T? value)
            where T : class => js.InvokeVoidAsync("ecodrix.keep", key, value is null ? "" : JsonSerializer.Serialize(value));
    }
}
