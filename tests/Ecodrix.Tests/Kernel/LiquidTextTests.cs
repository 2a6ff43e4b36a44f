using Ecodrix.Engine.Kernel;
using MongoDB.Bson;

namespace Ecodrix.Tests.Kernel;

public sealed class LiquidTextTests
{
    private static readonly BsonDocument Facts = new() { ["lead"] = new BsonDocument { ["name"] = "<b>Ravi & Söhne</b>", ["value"] = 1200 } };

    [Fact]
    public async Task Values_are_escaped_for_html_and_the_template_s_own_text_is_not()
    {
        const string Template = "<p>{{ lead.name }}</p>{% capture c %}<i>{{ lead.name }}</i>{% endcapture %}{{ c }}";

        var html = await LiquidText.RenderAsync(Template, Facts, LiquidEncoding.Html);

        html.Should().Be("<p>&lt;b&gt;Ravi &amp; Söhne&lt;/b&gt;</p><i>&lt;b&gt;Ravi &amp; Söhne&lt;/b&gt;</i>");
        (await LiquidText.RenderAsync("{{ lead.name }}", Facts)).Should().Be("<b>Ravi & Söhne</b>");
    }

    [Fact]
    public async Task What_is_missing_renders_as_nothing_and_a_default_fills_it() =>
        (await LiquidText.RenderAsync("[{{ data.nothing.here }}][{{ lead.nick | default: \"there\" }}]", Facts)).Should().Be("[][there]");

    [Theory]
    [InlineData("{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}")]
    [InlineData("{% assign a = 'xxxxxxxx' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}")]
    [InlineData("{% capture a %}xxxxxxxx{% endcapture %}{% for i in (1..60) %}{% capture a %}{{ a }}{{ a }}{% endcapture %}{% endfor %}")]
    [InlineData("{% for i in (1..19000) %}{{ lead.name }}{{ lead.name }}{{ lead.name }}{% endfor %}")]
    public async Task A_template_without_end_is_stopped(string template)
    {
        var render = async () => await LiquidText.RenderAsync(template, Facts);

        (await render.Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("TEMPLATE_INVALID");
    }

    [Fact]
    public void A_template_that_cannot_be_read_says_where()
    {
        LiquidText.Fault("Hello {{ lead.name }}").Should().BeNull();
        LiquidText.Fault("{% if lead.name %}never closed").Should().NotBeNullOrEmpty();
    }
}
