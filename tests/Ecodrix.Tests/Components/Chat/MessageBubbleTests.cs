using System.Text.Json.Nodes;
using Bunit;
using Ecodrix.Components.Chat;
using Ecodrix.Engine.Media;
using Ecodrix.Engine.WhatsApp.Inbox;

namespace Ecodrix.Tests.Components.Chat;

public sealed class MessageBubbleTests : CrmComponentTest
{
    [Theory]
    [InlineData(MessageStatus.Queued, "Queued")]
    [InlineData(MessageStatus.Sent, "Sent")]
    [InlineData(MessageStatus.Delivered, "Delivered")]
    [InlineData(MessageStatus.Read, "Read")]
    public void What_we_sent_says_how_far_it_got_and_who_sent_it(MessageStatus status, string word)
    {
        var bubble = Show(Sent(status) with { SentBy = new SenderView(SenderKind.Agent, "1", "Asha Rao") });

        bubble.Find("article").GetAttribute("aria-label").Should().Be("From us");
        bubble.Find(".ticks").TextContent.Should().Be(word);
        bubble.Markup.Should().Contain("Asha Rao").And.Contain("Yes, 3 pm is free");
        bubble.FindAll(".failed, [role=alert]").Should().BeEmpty();
    }

    [Fact]
    public void What_a_contact_wrote_has_neither_ticks_nor_a_sender_of_ours()
    {
        var bubble = Show(Sent(MessageStatus.Read) with { Direction = MessageDirection.In, SentBy = new SenderView(SenderKind.Agent, "1", "Asha Rao") });

        bubble.Find("article").GetAttribute("aria-label").Should().Be("From the contact");
        bubble.FindAll(".ticks").Should().BeEmpty();
        bubble.Markup.Should().NotContain("Asha Rao");
    }

    [Theory]
    [InlineData(131047, "Send template")]
    [InlineData(131026, "Fix number")]
    [InlineData(131049, "Retry")]
    public void A_failure_says_why_in_words_and_offers_the_one_thing_that_helps(int code, string remedy)
    {
        MessageView? fixedOne = null;
        var message = Sent(MessageStatus.Failed) with { Error = new MessageErrorView(code, "Re-engagement message", null, "Send a template instead.", false) };
        var bubble = Context.Render<MessageBubble>(p => p.Add(c => c.Message, message).Add(c => c.CanAct, true).Add(c => c.OnFix, m => fixedOne = m));

        bubble.Find(".bubble.failed");
        bubble.Find("[role=alert]").TextContent.Should().Contain("Re-engagement message").And.Contain("Send a template instead.").And.Contain($"{code}");
        bubble.Find("[role=alert] button").TextContent.Trim().Should().Be(remedy);
        bubble.Find("[role=alert] button").Click();
        fixedOne.Should().Be(message);

        Show(message).FindAll("[role=alert] button").Should().BeEmpty("who may only look is offered nothing");
    }

    [Fact]
    public void The_code_that_meta_puts_before_its_words_stands_behind_them()
    {
        var bubble = Show(Sent(MessageStatus.Failed) with { Error = new MessageErrorView(131047, "(#131047) Re-engagement message", null, "Send a template instead.", false) });

        bubble.Find("[role=alert] strong").TextContent.Should().Be("Re-engagement message");
        bubble.Find("[role=alert] .meta").TextContent.Should().Be("131047");
    }

    [Fact]
    public void A_template_shows_its_header_footer_and_buttons_and_a_reply_what_it_answers()
    {
        var bubble = Show(Sent(MessageStatus.Sent) with
        {
            Type = "template",
            Template = new TemplateUseView("appointment_confirmed", "en_US", "Appointment confirmed", "Reply STOP", ["Reschedule", "Cancel"], null),
            ReplyTo = new ReplyView("1", null, "Is 3 pm free?"),
            Reactions = [new ReactionView("🙏", MessageDirection.In, default)],
            Starred = true,
        });

        bubble.Find(".head").TextContent.Should().Be("Appointment confirmed");
        bubble.FindAll(".button-line").Select(b => b.TextContent).Should().Equal("Reschedule", "Cancel");
        bubble.Find(".quote").TextContent.Should().Be("Is 3 pm free?");
        bubble.Find(".reactions").TextContent.Should().Be("🙏");
        bubble.Markup.Should().Contain("Reply STOP").And.Contain("Starred");
    }

    [Fact]
    public void A_place_opens_on_a_map_what_whatsapp_keeps_back_says_so_and_the_system_speaks_between_bubbles()
    {
        var place = Show(Sent(MessageStatus.Read) with { Type = "location", Text = "The clinic", Content = JsonNode.Parse("""{ "latitude": 18.52, "longitude": 73.85 }""") });
        place.Find("a").GetAttribute("href").Should().StartWith("https://www.openstreetmap.org/?mlat=18.52&mlon=73.85");
        place.Find("a").GetAttribute("rel").Should().Contain("noopener");

        Show(Sent(MessageStatus.Read) with { Type = "unsupported", Text = null }).Markup.Should().Contain("does not pass on");
        Show(Sent(MessageStatus.Read) with { Type = "system", Text = "The contact has a new number" }).Find("[role=note]").TextContent.Should().Be("The contact has a new number");
    }

    [Fact]
    public void Words_of_a_contact_are_never_markup()
    {
        Show(Sent(MessageStatus.Read) with { Text = "<img src=x onerror=alert(1)>" }).FindAll("img").Should().BeEmpty();
    }

    [Fact]
    public void A_picture_is_shown_by_our_own_path_a_clip_is_played_and_a_document_names_its_size()
    {
        var picture = Media(Stored("image/jpeg", "scan.jpg"), "image");
        picture.Find("img").GetAttribute("src").Should().Be("/files/1?sig=a");
        picture.Find("img").GetAttribute("alt").Should().Be("scan.jpg");
        Media(Stored("audio/ogg", null), "audio").Find("audio").GetAttribute("src").Should().Be("/files/1?sig=a");
        Media(Stored("video/mp4", null), "video").Find("video").HasAttribute("controls").Should().BeTrue();
        var document = Media(Stored("application/pdf", "report.pdf") with { Size = 3 * 1048576 / 2 }, "document");
        document.Find("a").HasAttribute("download").Should().BeTrue();
        document.Markup.Should().Contain("report.pdf").And.Contain("1.5 MB");
    }

    [Fact]
    public void What_only_calls_itself_a_picture_is_offered_as_a_file()
    {
        Media(Stored("text/html", "x.html"), "image").FindAll("img").Should().BeEmpty();
    }

    [Fact]
    public void A_file_that_is_not_here_yet_or_never_will_be_says_so()
    {
        Media(new MediaView { State = MediaState.Pending }, "image").Markup.Should().Contain("Fetching from WhatsApp");
        Media(new MediaView { State = MediaState.Failed, Fault = "It is older than 30 days." }, "image").Markup.Should().Contain("It is older than 30 days.");
        Media(new MediaView { State = MediaState.External, Url = "https://cdn.example/a.pdf", FileName = "a.pdf" }, "document").Find("a").GetAttribute("rel").Should().Contain("noreferrer");
    }

    private static MediaView Stored(string mimeType, string? name) => new() { State = MediaState.Stored, Url = "https://elsewhere.example/files/1?sig=a", MimeType = mimeType, FileName = name };

    private IRenderedComponent<MediaPreview> Media(MediaView media, string type) => Context.Render<MediaPreview>(p => p.Add(c => c.Media, media).Add(c => c.Type, type));

    private IRenderedComponent<MessageBubble> Show(MessageView message) => Context.Render<MessageBubble>(p => p.Add(c => c.Message, message));

    private static MessageView Sent(MessageStatus status) => new()
    {
        Id = "65b2000000000000000000cc",
        ConversationId = "65b2000000000000000000bb",
        Direction = MessageDirection.Out,
        Type = "text",
        Text = "Yes, 3 pm is free",
        Status = status,
        Reactions = [],
        Starred = false,
        CreatedAt = new DateTime(2026, 3, 20, 8, 0, 0, DateTimeKind.Utc),
    };
}
