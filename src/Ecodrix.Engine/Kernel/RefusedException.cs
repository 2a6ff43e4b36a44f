namespace Ecodrix.Engine.Kernel;

/// <summary>Why an operation was refused, in the terms every door can translate (the API into a status, a page into a snackbar).</summary>
public enum RefusalKind
{
    /// <summary>The input is wrong (400).</summary>
    Invalid,

    /// <summary>Who asks is unknown (401).</summary>
    Unauthenticated,

    /// <summary>Who asks may not (403).</summary>
    Forbidden,

    /// <summary>There is no such thing, or not for who asks (404).</summary>
    NotFound,

    /// <summary>The request is well formed, the state forbids it (409).</summary>
    Conflict,

    /// <summary>The request is understood and cannot be carried out as it stands (422).</summary>
    Unprocessable,

    /// <summary>The body is larger than the route takes (413).</summary>
    TooLarge,

    /// <summary>The body is of a kind the route does not take (415).</summary>
    UnsupportedMedia,

    /// <summary>Too many requests (429).</summary>
    RateLimited,

    /// <summary>Meta, Google, a mail server or another outside system said no (502).</summary>
    Upstream,

    /// <summary>Something this product needs is away for the moment (503).</summary>
    Unavailable,
}

/// <summary>One field at fault.</summary>
/// <param name="Field">The field as the caller wrote it, dotted where nested: <c>meetConfig.startTime</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record Fault(string Field, string Message);

/// <summary>
/// An expected failure with a stable code: the one way an engine operation says no. Jobs do not retry it; anything else thrown is
/// a fault of ours or of the moment and is retried.
/// </summary>
public sealed class RefusedException : Exception
{
    /// <summary>Refuses with a kind, a stable code and a sentence for a human.</summary>
    /// <param name="kind">The kind of refusal.</param>
    /// <param name="code">The stable code, for example <c>LEAD_NOT_FOUND</c>.</param>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="details">What helps further: a list of <see cref="Fault"/>, or an object such as the existing lead's id.</param>
    public RefusedException(RefusalKind kind, string code, string message, object? details = null)
        : base(message)
    {
        Kind = kind;
        Code = code;
        Details = details;
    }

    /// <summary>The kind of refusal.</summary>
    public RefusalKind Kind { get; }

    /// <summary>The stable code clients may branch on.</summary>
    public string Code { get; }

    /// <summary>What helps further, or null. Never holds a secret.</summary>
    public object? Details { get; }

    /// <summary>For a refusal that passes by itself (a rate limit), how long to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A refusal because of one or more fields.</summary>
    public static RefusedException Validation(params IReadOnlyList<Fault> faults) =>
        new(RefusalKind.Invalid, "VALIDATION_ERROR", string.Join(" ", faults.Select(f => f.Message)), faults);

    /// <summary>A refusal because of one field.</summary>
    public static RefusedException Validation(string field, string message) => Validation([new Fault(field, message)]);
}
