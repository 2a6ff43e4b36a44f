using System.Text;
using System.Text.RegularExpressions;
using MimeKit.Text;

namespace Ecodrix.Engine.Email;

/// <summary>Makes the text alternative of an HTML body.</summary>
internal static partial class PlainText
{
    public static string Of(string html)
    {
        var text = new StringBuilder();
        string? link = null;
        var linkAt = 0;
        var hidden = 0;
        var tokens = new HtmlTokenizer(new StringReader(html)) { DecodeCharacterReferences = true };
        while (tokens.ReadNextToken(out var token))
        {
            switch (token)
            {
                case HtmlTagToken { Id: HtmlTagId.Head or HtmlTagId.Style or HtmlTagId.Script or HtmlTagId.Title } tag:
                    hidden = tag.IsEndTag ? Math.Max(0, hidden - 1) : tag.IsEmptyElement ? hidden : hidden + 1;
                    break;
                case HtmlTagToken { Id: HtmlTagId.A, IsEndTag: false } tag:
                    link = tag.Attributes.FirstOrDefault(a => a.Id == HtmlAttributeId.Href)?.Value;
                    linkAt = text.Length;
                    break;
                case HtmlTagToken { Id: HtmlTagId.A }:
                    // A link whose text is its address says it once.
                    if (!string.IsNullOrWhiteSpace(link) && !link.StartsWith('#') && text.ToString(linkAt, text.Length - linkAt).Trim() != link)
                    {
                        text.Append(" (").Append(link).Append(')');
                    }

                    link = null;
                    break;
                case HtmlTagToken tag when hidden == 0:
                    text.Append(Around(tag));
                    break;
                case HtmlDataToken { Data: { } data } when hidden == 0 && token.Kind == HtmlTokenKind.Data:
                    text.Append(Blanks().Replace(data, " "));
                    break;
            }
        }

        return TooManyLines().Replace(BlanksAtEdges().Replace(text.ToString(), "\n"), "\n\n").Trim();
    }

    private static string Around(HtmlTagToken tag) => tag.Id switch
    {
        HtmlTagId.Br => "\n",
        HtmlTagId.HR => "\n----\n",
        HtmlTagId.LI => tag.IsEndTag ? "" : "\n- ",
        HtmlTagId.TD or HtmlTagId.TH => tag.IsEndTag ? " " : "",
        HtmlTagId.P or HtmlTagId.H1 or HtmlTagId.H2 or HtmlTagId.H3 or HtmlTagId.H4 or HtmlTagId.H5 or HtmlTagId.H6 or HtmlTagId.UL or HtmlTagId.OL
            or HtmlTagId.Table or HtmlTagId.BlockQuote => "\n\n",
        HtmlTagId.Div or HtmlTagId.TR => "\n",
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"[ \t]*\n[ \t]*")]
    private static partial Regex BlanksAtEdges();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex TooManyLines();
}
