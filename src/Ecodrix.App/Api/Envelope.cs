using System.Text.Json.Serialization;
using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ecodrix.App.Api;

/// <summary>What every success looks like.</summary>
internal sealed record Envelope<T>([property: JsonPropertyOrder(1)] T Data, bool Success = true);

/// <summary>What every page looks like.</summary>
internal sealed record PageEnvelope<T>(
    [property: JsonPropertyOrder(1)] IReadOnlyList<T> Data,
    [property: JsonPropertyOrder(2)] long Total,
    [property: JsonPropertyOrder(3)] int Page,
    [property: JsonPropertyOrder(4)] int Limit,
    [property: JsonPropertyOrder(5)] long TotalPages,
    bool Success = true);

/// <summary>What every failure looks like.</summary>
internal sealed record Failure(
    [property: JsonPropertyOrder(1)] string Message,
    [property: JsonPropertyOrder(2)] string Code,
    [property: JsonPropertyOrder(3)] string RequestId,
    [property: JsonPropertyOrder(4), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? Details,
    bool Success = false);

/// <summary>Makes answers in the envelope.</summary>
internal static class Answer
{
    public static Ok<Envelope<T>> Ok<T>(T data) => TypedResults.Ok(new Envelope<T>(data));

    public static Created<Envelope<T>> Created<T>(T data) => TypedResults.Created((string?)null, new Envelope<T>(data));

    public static Ok<PageEnvelope<T>> Page<T>(Page<T> page) =>
        TypedResults.Ok(new PageEnvelope<T>(page.Items, page.Total, page.Paging.Number, page.Paging.Limit, page.TotalPages));
}
