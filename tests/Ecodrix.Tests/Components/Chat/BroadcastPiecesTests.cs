using Bunit;
using Ecodrix.Components.Chat;
using Ecodrix.Engine.WhatsApp.Broadcasts;
using Ecodrix.Engine.WhatsApp.Templates;

namespace Ecodrix.Tests.Components.Chat;

public sealed class BroadcastPiecesTests : CrmComponentTest
{
    [Fact]
    public void The_bar_counts_each_person_once_and_says_how_far_it_is()
    {
        // Of 100: 10 wait, 60 were sent, of them 50 arrived, of them 20 were read; 25 failed and 5 were left out.
        var bar = Context.Render<DeliveryBar>(p => p.Add(c => c.Counts, new BroadcastCounts(100, 10, 60, 50, 20, 25, 5)));

        bar.Find("[role=progressbar]").GetAttribute("aria-valuenow").Should().Be("90");
        bar.FindAll(".bar span").Select(s => s.GetAttribute("title")).Should().Equal("20 read", "30 delivered", "10 sent", "25 failed", "5 skipped", "10 queued");
        bar.Find("dl .bad").TextContent.Should().Contain("25");
    }

    [Fact]
    public void A_bar_of_nobody_is_empty_and_nothing_failed()
    {
        var bar = Context.Render<DeliveryBar>(p => p.Add(c => c.Counts, new BroadcastCounts(0, 0, 0, 0, 0, 0, 0)));

        bar.Find("[role=progressbar]").GetAttribute("aria-valuenow").Should().Be("0");
        bar.FindAll(".bar span, .bad").Should().BeEmpty();
    }

    [Fact]
    public void A_template_reads_as_on_a_phone_with_its_buttons_and_what_is_missing()
    {
        var card = Context.Render<TemplateCard>(p => p
            .Add(c => c.Header, "Appointment confirmed").Add(c => c.HeaderType, "text").Add(c => c.Body, "Hello Ravi").Add(c => c.Footer, "Reply STOP")
            .Add(c => c.Buttons, [new TemplateButtonView("quick_reply", "Reschedule", null)]).Add(c => c.Missing, "2 has no value"));

        card.Find("[role=img]").GetAttribute("aria-label").Should().Be("How the message reads on a phone");
        card.Find("strong").TextContent.Should().Be("Appointment confirmed");
        card.Find(".press").TextContent.Should().Be("Reschedule");
        card.Find(".missing").TextContent.Should().Contain("2 has no value");
        card.FindAll(".media").Should().BeEmpty();
    }

    [Fact]
    public void A_header_that_is_a_file_shows_its_place()
    {
        var card = Context.Render<TemplateCard>(p => p.Add(c => c.Header, "handle").Add(c => c.HeaderType, "image").Add(c => c.Body, "Hello"));

        card.Find(".media").TextContent.Should().Contain("image");
        card.FindAll("strong, .missing, .press").Should().BeEmpty();
    }
}
