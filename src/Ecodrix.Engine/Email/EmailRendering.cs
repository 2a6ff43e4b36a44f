using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.Email;

/// <summary>The configuration of a mail, rendered over the facts of an event.</summary>
internal sealed record RenderedEmail(string? To, string Subject, string Html, string Text)
{
    private const int LongestSubject = 500;

    /// <summary>Renders subject, body and recipient; the body's values are escaped for HTML.</summary>
    /// <param name="config"><c>{subject, htmlBody, to?}</c>.</param>
    /// <param name="facts">What they may refer to.</param>
    /// <param name="otherwise">Who gets it when <c>to</c> is not given; one that is given and comes out empty means nobody.</param>
    /// <param name="ct">Stops the rendering.</param>
    /// <exception cref="RefusedException">TEMPLATE_INVALID, EMAIL_INVALID.</exception>
    public static async Task<RenderedEmail> OfAsync(BsonDocument config, BsonDocument facts, string? otherwise, CancellationToken ct)
    {
        var subject = (await RenderAsync("subject", LiquidEncoding.Plain)).Trim();
        if (subject.Any(char.IsControl))
        {
            throw Invalid("The subject came out with a line break or control character in it, which would forge headers. Put one line into it.");
        }

        if (subject.Length is 0 or > LongestSubject)
        {
            throw Invalid(subject.Length == 0 ? "The subject came out empty." : $"The subject came out longer than {LongestSubject} characters.");
        }

        var said = (await RenderAsync("to", LiquidEncoding.Plain)).Trim();
        var html = await RenderAsync("htmlBody", LiquidEncoding.Html);
        var given = config.GetValue("to", BsonNull.Value) is BsonString { Value: var to } && !string.IsNullOrWhiteSpace(to);
        return new RenderedEmail(Address(given ? said : otherwise), subject, html, PlainText.Of(html));

        ValueTask<string> RenderAsync(string name, LiquidEncoding encoding) =>
            LiquidText.RenderAsync(config.GetValue(name, BsonNull.Value) is BsonString { Value: var text } ? text : "", facts, encoding, ct);
    }

    private static string? Address(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var check = new Check();
        var address = check.Email(text, "to");
        return address is not null && !address.Any(char.IsControl) ? address : throw Invalid($"\"{Texts.Cut(text, 60)}\" is not one e-mail address.");
    }

    private static RefusedException Invalid(string why) => new(RefusalKind.Unprocessable, "EMAIL_INVALID", why);
}
