namespace Ecodrix.Sandbox.Mail;

/// <summary>A mail that was delivered to the sandbox.</summary>
public sealed record CaughtMail
{
    /// <summary>From 1.</summary>
    public required long Number { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The connection it came by, from 1.</summary>
    public required int Connection { get; init; }

    /// <summary>Whether that connection was encrypted.</summary>
    public required bool Encrypted { get; init; }

    /// <summary>Who had signed in.</summary>
    public required string? User { get; init; }

    /// <summary>The envelope's sender.</summary>
    public required string EnvelopeFrom { get; init; }

    /// <summary>The envelope's recipients.</summary>
    public required IReadOnlyList<string> EnvelopeTo { get; init; }

    /// <summary>The From header.</summary>
    public required string From { get; init; }

    /// <summary>The To header.</summary>
    public required string To { get; init; }

    /// <summary>The Subject header.</summary>
    public required string Subject { get; init; }

    /// <summary>The Message-ID header, without its angle brackets.</summary>
    public required string? MessageId { get; init; }

    /// <summary>The HTML body.</summary>
    public required string? Html { get; init; }

    /// <summary>The text body.</summary>
    public required string? Text { get; init; }

    /// <summary>The whole mail as it came over the wire.</summary>
    public required string Raw { get; init; }
}

/// <summary>Something that shall go wrong once.</summary>
/// <param name="At"><c>connect</c>, <c>auth</c>, <c>mail</c>, <c>rcpt</c>, <c>data</c> or <c>end</c> (after the last line of the mail).</param>
/// <param name="Code">What is answered; null drops the connection without a word.</param>
/// <param name="Text">The answer's text.</param>
public sealed record MailFailure(string At, int? Code, string Text = "Programmed by the sandbox");
