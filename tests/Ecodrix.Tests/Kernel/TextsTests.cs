using System.Text;
using System.Text.Json;
using Ecodrix.Engine.Kernel;

namespace Ecodrix.Tests.Kernel;

public sealed class TextsTests
{
    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc")]
    [InlineData("ab😀", 3, "ab")]
    [InlineData("ab😀", 4, "ab😀")]
    [InlineData("a😀b", 3, "a😀")]
    [InlineData("😀", 1, "")]
    public void A_text_is_cut_between_its_characters(string text, int most, string cut) => Texts.Cut(text, most).Should().Be(cut);

    [Theory]
    [InlineData("""{"a":"\ud83d\ude00"}""", "😀")]
    [InlineData("""{"a":"\ud83d"}""", "\ufffd")]
    [InlineData("""{"a":"\ude00x"}""", "\ufffdx")]
    [InlineData("""{"a":"\ud83d\ud83d\ude00"}""", "\ufffd😀")]
    [InlineData("""{"a":"\\ud83d"}""", "\\ud83d")]
    [InlineData("""{"a":"\ud83d\n"}""", "\ufffd\n")]
    public void Half_a_character_in_JSON_is_read_as_a_replacement(string json, string read) =>
        JsonSerializer.Deserialize<JsonElement>(json, EcodrixJson.Options).GetProperty("a").GetString().Should().Be(read);

    [Fact]
    public void Bytes_that_are_no_UTF8_are_read_as_a_replacement()
    {
        byte[] json = [.. Encoding.UTF8.GetBytes("{\"a\":\"x"), 0xF0, 0x9F, .. Encoding.UTF8.GetBytes("\"}")];

        JsonSerializer.Deserialize<JsonElement>(json, EcodrixJson.Options).GetProperty("a").GetString().Should().StartWith("x\ufffd");
    }
}
