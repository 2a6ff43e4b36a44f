using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Engine.WhatsApp.Outgoing;

/// <summary>Checks what Meta checks of messages with buttons and lists, and writes them in its form.</summary>
internal static class InteractiveReading
{
    private static readonly string[] Types = ["button", "list", "cta_url", "location_request_message"];

    public static BsonDocument Read(Check check, InteractiveInput input)
    {
        check.That(input.Type is not null, "interactive.type", $"interactive.type is required: one of {string.Join(", ", Types)}.");
        check.OneOf(input.Type, "interactive.type", Types);
        var body = check.Required(input.Body, "interactive.body", input.Type == "list" ? 4096 : 1024);
        var message = new BsonDocument { ["type"] = input.Type ?? "button", ["body"] = new BsonDocument("text", body) };
        if (check.Text(input.Header, "interactive.header", 60) is { } header && input.Type != "location_request_message")
        {
            message["header"] = new BsonDocument { ["type"] = "text", ["text"] = header };
        }

        if (check.Text(input.Footer, "interactive.footer", 60) is { } footer && input.Type != "location_request_message")
        {
            message["footer"] = new BsonDocument("text", footer);
        }

        message["action"] = input.Type switch
        {
            "list" => List(check, input),
            "cta_url" => Link(check, input),
            "location_request_message" => new BsonDocument("name", "send_location"),
            _ => Buttons(check, input.Buttons ?? []),
        };
        return message;
    }

    private static BsonDocument Buttons(Check check, IReadOnlyList<ButtonInput> buttons)
    {
        check.That(buttons.Count is >= 1 and <= 3, "interactive.buttons", "interactive.buttons must have 1 to 3 buttons.");
        check.That(buttons.Select(b => b.Title?.Trim()).Distinct().Count() == buttons.Count, "interactive.buttons", "The titles of buttons must differ.");
        var list = new BsonArray();
        foreach (var (index, button) in buttons.Index())
        {
            var at = $"interactive.buttons[{index}]";
            var title = check.Required(button.Title, $"{at}.title", 20);
            list.Add(new BsonDocument { ["type"] = "reply", ["reply"] = new BsonDocument { ["id"] = check.Text(button.Id, $"{at}.id", 256) ?? $"button-{index + 1}", ["title"] = title } });
        }

        check.That(AreDifferent(list.Select(b => b["reply"]["id"])), "interactive.buttons", "The ids of buttons must differ.");
        return new BsonDocument("buttons", list);
    }

    private static BsonDocument List(Check check, InteractiveInput input)
    {
        var sections = input.Sections ?? [];
        check.That(sections.Count is >= 1 and <= 10, "interactive.sections", "interactive.sections must have 1 to 10 sections.");
        check.That(sections.Sum(s => s.Rows?.Count ?? 0) is >= 1 and <= 10, "interactive.sections", "A list must have 1 to 10 rows in all.");
        var read = new BsonArray();
        var number = 0;
        foreach (var (index, section) in sections.Index())
        {
            var at = $"interactive.sections[{index}]";
            var title = check.Text(section.Title, $"{at}.title", 24);
            check.That(title is not null || sections.Count == 1, $"{at}.title", $"{at}.title is required when there are several sections.");
            var rows = new BsonArray();
            foreach (var (place, row) in (section.Rows ?? []).Index())
            {
                var one = new BsonDocument
                {
                    ["id"] = check.Text(row.Id, $"{at}.rows[{place}].id", 200) ?? $"row-{++number}",
                    ["title"] = check.Required(row.Title, $"{at}.rows[{place}].title", 24),
                };
                if (check.Text(row.Description, $"{at}.rows[{place}].description", 72) is { } description)
                {
                    one["description"] = description;
                }

                rows.Add(one);
            }

            var entry = new BsonDocument("rows", rows);
            read.Add(title is null ? entry : new BsonDocument("title", title).Merge(entry));
        }

        check.That(AreDifferent(read.SelectMany(s => s["rows"].AsBsonArray).Select(r => r["id"])), "interactive.sections", "The ids of rows must differ.");
        return new BsonDocument { ["button"] = check.Required(input.ButtonText, "interactive.buttonText", 20), ["sections"] = read };
    }

    private static bool AreDifferent(IEnumerable<BsonValue> ids) => ids.GroupBy(id => id).All(same => same.Count() == 1);

    private static BsonDocument Link(Check check, InteractiveInput input)
    {
        var url = check.Required(input.Url, "interactive.url", 2000);
        check.That(url.Length == 0 || Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http", "interactive.url", "interactive.url must be a web address.");
        return new BsonDocument
        {
            ["name"] = "cta_url",
            ["parameters"] = new BsonDocument { ["display_text"] = check.Required(input.ButtonText, "interactive.buttonText", 20), ["url"] = url },
        };
    }
}
