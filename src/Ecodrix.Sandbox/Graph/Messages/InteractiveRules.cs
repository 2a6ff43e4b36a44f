using System.Globalization;

namespace Ecodrix.Sandbox.Graph.Messages;

/// <summary>What Meta demands of interactive messages, including what its schema cannot say.</summary>
internal static class InteractiveRules
{
    private const int BodyLimit = 1024;
    private const int ListBodyLimit = 4096;
    private const int ShortLimit = 60;
    private const int ButtonLimit = 20;
    private const int TitleLimit = 24;
    private const int MostRows = 10;

    public static void Check(Param interactive, MessageRules rules)
    {
        interactive.Only("type", "header", "body", "footer", "action");
        var type = interactive.Text("type", 64);
        if (interactive.OptionalObject("header") is { } header)
        {
            Header(header, type, rules);
        }

        if (type is not ("product" or "carousel") || interactive.Has("body"))
        {
            _ = interactive.Object("body").Text("text", type == "list" ? ListBodyLimit : BodyLimit);
        }

        if (interactive.OptionalObject("footer") is { } footer)
        {
            _ = footer.Only("text").Text("text", ShortLimit);
        }

        Action(type, interactive.Object("action"), rules);
    }

    private static void Action(string type, Param action, MessageRules rules)
    {
        switch (type)
        {
            case "button":
                Buttons(action);
                break;
            case "list":
                List(action);
                break;
            case "cta_url":
                CallToAction(action);
                break;
            case "location_request_message":
                _ = action.OneOf("name", "send_location");
                break;
            case "contact_request":
                _ = action.OneOf("name", "request_contact_info");
                break;
            case "carousel":
                Carousel(action, rules);
                break;
            case "product":
                _ = action.Text("catalog_id", 256);
                _ = action.Text("product_retailer_id", 256);
                break;
            case "product_list":
                _ = action.Text("catalog_id", 256);
                _ = action.List("sections", 1, 10);
                break;
            case "flow":
                _ = action.OneOf("name", "flow");
                _ = action.Object("parameters").Text("flow_cta", 30);
                break;
            case "catalog_message" or "order_details" or "order_status" or "address_message" or "call_permission_request" or "voice_call":
                _ = action.Text("name", 64);
                break;
            default:
                throw GraphErrors.Invalid("interactive['type']", $"is not a supported interactive type - got \"{type}\".");
        }
    }

    private static void Header(Param header, string type, MessageRules rules)
    {
        var kind = type == "list" ? header.OneOf("type", "text") : header.OneOf("type", "text", "image", "video", "document");
        if (kind == "text")
        {
            _ = header.Text("text", ShortLimit);
        }
        else
        {
            rules.Media(header.Object(kind), caption: false);
        }
    }

    private static void Buttons(Param action)
    {
        var titles = new HashSet<string>(StringComparer.Ordinal);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var button in action.List("buttons", 1, 3))
        {
            _ = button.OneOf("type", "reply");
            var reply = button.Object("reply").Only("id", "title");
            if (!ids.Add(reply.Text("id", 256)) || !titles.Add(reply.Text("title", ButtonLimit)))
            {
                throw GraphErrors.Value("Button titles and ids must be unique within a message.");
            }
        }
    }

    private static void List(Param action)
    {
        _ = action.Text("button", ButtonLimit);
        var sections = action.List("sections", 1, 10);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in sections)
        {
            _ = sections.Count > 1 ? section.Text("title", TitleLimit) : section.OptionalText("title", TitleLimit);
            foreach (var row in section.List("rows", 1, MostRows))
            {
                row.Only("id", "title", "description");
                _ = row.Text("title", TitleLimit);
                _ = row.OptionalText("description", 72);
                if (!ids.Add(row.Text("id", 200)))
                {
                    throw GraphErrors.Value("Row ids must be unique within a list.");
                }
            }
        }

        if (ids.Count > MostRows)
        {
            throw GraphErrors.Value(string.Create(
                CultureInfo.InvariantCulture, $"Total row count exceeds the allowed maximum of {MostRows}, got {ids.Count}."));
        }
    }

    private static void CallToAction(Param action)
    {
        _ = action.OneOf("name", "cta_url");
        var parameters = action.Object("parameters").Only("display_text", "url");
        _ = parameters.Text("display_text", ButtonLimit);
        var url = parameters.Text("url", 2000);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
        {
            throw GraphErrors.Value($"{parameters.PathOf("url")} is not a valid URL.");
        }
    }

    private static void Carousel(Param action, MessageRules rules)
    {
        foreach (var card in action.List("cards", 2, 10))
        {
            _ = card.Number("card_index", 0, 9);
            if (card.OptionalObject("header") is { } header)
            {
                Header(header, "carousel", rules);
            }

            _ = card.Object("action");
        }
    }
}
