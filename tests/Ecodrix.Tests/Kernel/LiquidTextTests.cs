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

    [Theory]
    [InlineData("{{ lead.long | replace: 'x', lead.long | size }}")]
    [InlineData("{{ lead.long | split: '' | join: lead.long | size }}")]
    [InlineData("{{ lead.long | truncate: 5, lead.huge | size }}")]
    [InlineData("{{ lead.long | append: lead.huge | size }}")]
    [InlineData("{% assign r = (1..300000) %}")]
    [InlineData("{{ (1..300000) | join: ',' | size }}")]
    [InlineData("{{ (1..2000000000) | size }}")]
    [InlineData("{% capture c %}{{ (1..2000000000) | size }}{% endcapture %}")]
    [InlineData("{% if lead.name %}{% for i in (1..lead.big) %}{% endfor %}{% endif %}")]
    [InlineData("{% assign r = (1..20000) %}{% assign r = r | concat: r %}")]
    [InlineData("{{ 1 | format_number: 'N999999999' }}")]
    [InlineData("{{ '{0:N999999999}' | format_string: 1 }}")]
    [InlineData("{{ '{0,999999}' | format_string: 1 }}")]
    public async Task What_filters_and_ranges_make_is_bounded_before_it_is_made(string template)
    {
        var lead = new BsonDocument { ["name"] = "x", ["long"] = new string('x', 2_000), ["huge"] = new string('y', 300_000), ["big"] = 2_000_000_000 };
        var render = async () => await LiquidText.RenderAsync(template, new BsonDocument("lead", lead));

        (await render.Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("TEMPLATE_INVALID");
    }

    [Theory]
    [InlineData("{{ 1 | divided_by: 0 }}")]
    [InlineData("{{ 1 | modulo: 0 }}")]
    [InlineData("{{ 1.5 | round: 100 }}")]
    [InlineData("{{ 79228162514264337593543950335 | times: 10 }}")]
    [InlineData("{{ '!' | base64_decode }}")]
    public async Task What_a_filter_cannot_do_is_the_templates_fault(string template)
    {
        var render = async () => await LiquidText.RenderAsync(template, Facts);

        (await render.Should().ThrowAsync<RefusedException>()).Which.Code.Should().Be("TEMPLATE_INVALID");
    }

    [Fact]
    public async Task Slices_ranges_and_filters_of_common_sizes_come_out_as_ever()
    {
        const string Template = "{% for i in (1..3) %}{{ i }}{% endfor %} {{ 'abc' | slice: 1, 9 }} {{ 'a-b' | split: '-' | join: '+' }} {{ 'aXa' | replace: 'a', 'bb' }} {{ (1..4) | size }}"
            + " {% assign t = 'x' | append: 'y' | upcase %}{{ t }} {{ '{0:N2}' | format_string: 1200 }}";

        (await LiquidText.RenderAsync(Template, Facts)).Should().Be("123 bc a+b bbXbb 4 XY 1,200.00");
    }

    [Theory]
    [InlineData("{% if a %}", "{% endif %}")]
    [InlineData("{% for i in a %}", "{% endfor %}")]
    public void Blocks_are_not_nested_without_end(string begin, string end)
    {
        LiquidText.Fault(string.Concat(Enumerable.Repeat(begin, 5_000)) + string.Concat(Enumerable.Repeat(end, 5_000))).Should().Contain("nested");
        LiquidText.Fault(string.Concat(Enumerable.Repeat(begin + end, 5_000))).Should().BeNull();
    }

    [Theory]
    [InlineData(" | upcase")]
    [InlineData("[a")]
    public void A_tag_is_not_long_without_end(string link) =>
        LiquidText.Fault($"{{{{ a{string.Concat(Enumerable.Repeat(link, 5_000))} }}}}").Should().NotBeNull();

    [Fact]
    public void A_template_that_cannot_be_read_says_where()
    {
        LiquidText.Fault("Hello {{ lead.name }}").Should().BeNull();
        LiquidText.Fault("{% if lead.name %}never closed").Should().NotBeNullOrEmpty();
    }
}
