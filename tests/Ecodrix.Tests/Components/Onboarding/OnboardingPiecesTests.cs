using Bunit;
using Ecodrix.Components.Onboarding;
using Ecodrix.Engine.Callbacks;
using Ecodrix.Engine.Kernel;
using Ecodrix.Engine.Tenants.Checklist;

namespace Ecodrix.Tests.Components.Onboarding;

public sealed class OnboardingPiecesTests : CrmComponentTest
{
    [Fact]
    public void A_check_that_fails_shows_its_cause_and_remedy()
    {
        var list = Context.Render<CheckList>(p => p.Add(c => c.Checks, [new CheckView("email", "Mail server sign-in", CheckState.Failing, "535 refused", "Check smtpPass.")]));

        list.Markup.Should().Contain("Fails").And.Contain("535 refused").And.Contain("Check smtpPass.");
    }

    [Fact]
    public void Steps_are_chosen_by_their_number()
    {
        var chosen = 0;
        var rail = Context.Render<StepRail>(p => p
            .Add(c => c.Steps, [new ChecklistStep(1, "client", "Make the client", CheckState.Done, false, []), new ChecklistStep(4, "google", "Google Meet", CheckState.Todo, true, [])])
            .Add(c => c.Selected, 1).Add(c => c.OnSelect, number => chosen = number));

        rail.FindAll("button")[1].Click();

        chosen.Should().Be(4);
        rail.Find("button[aria-current=step]").TextContent.Should().Contain("Make the client");
        rail.FindAll("button")[1].TextContent.Should().Contain("optional").And.Contain("To do");
    }

    [Fact]
    public void Secrets_are_given_once_and_leave_no_trace_in_the_form()
    {
        IReadOnlyDictionary<string, string>? saved = null;
        var form = Context.Render<SecretFields>(p => p
            .Add(c => c.Fields, [("smtpHost", "Mail host", "", true), ("smtpPass", "Mail password", "", false)])
            .Add(c => c.IsSet, ["smtpPass"]).Add(c => c.OnSave, given => (saved, given.Accepted) = (given.Values, true)));
        form.Find("input[aria-label='Mail password']").GetAttribute("type").Should().Be("password");
        form.Find("input[aria-label='Mail password']").Change(" secret ");

        form.Find("button").Click();

        saved.Should().BeEquivalentTo(new Dictionary<string, string> { ["smtpPass"] = "secret" });
        form.Markup.Should().NotContain("secret");
    }

    [Fact]
    public void What_was_refused_stays_in_the_form_with_the_reason_at_its_field_until_it_is_written_anew()
    {
        var form = Context.Render<SecretFields>(p => p
            .Add(c => c.Fields, [("smtpHost", "Mail host", "", true), ("smtpPort", "Mail port", "", true)])
            .Add(c => c.OnSave, given => given.Faults = [new Fault("smtpPort", "smtpPort must be a port from 1 to 65535.")]));
        form.Find("input[aria-label='Mail host']").Change("mail.example");
        form.Find("input[aria-label='Mail port']").Change("99999");

        form.Find("button").Click();

        form.FindAll("input").Select(i => i.GetAttribute("value")).Should().Equal("mail.example", "99999");
        form.Find("[role=alert]").TextContent.Should().Be("smtpPort must be a port from 1 to 65535.");
        form.FindAll("input").Select(i => i.GetAttribute("aria-invalid")).Should().Equal(null, "true");
        form.Find("input[aria-label='Mail port']").Change("587");
        form.FindAll("[role=alert]").Should().BeEmpty();
    }

    [Fact]
    public void A_signature_finding_says_what_to_change_and_standard_headers_are_asked_for_when_needed()
    {
        SignatureInput? asked = null;
        var form = Context.Render<SignatureForm>(p => p.Add(c => c.OnTest, input => asked = input).Add(c => c.Finding, new SignatureFinding(false, "hex_key", "Decoded.", "Use the characters.")));
        form.FindAll("input[aria-label='webhook-id']").Should().BeEmpty();
        form.Find("input[aria-label=Signature]").Change("v1,abc");
        form.Find("input[aria-label='webhook-id']").Change("msg");
        form.Find("textarea").Change("{}");

        form.Find("button").Click();

        asked!.WebhookId.Should().Be("msg");
        form.Find("[role=status]").TextContent.Should().Contain("Does not match").And.Contain("Use the characters.");
    }
}
