using System.Text.Json.Nodes;
using Ecodrix.Components.Automations;

namespace Ecodrix.Tests.Components.Automations;

public sealed class ConditionFormTests
{
    [Theory]
    [InlineData("starts_with", "+91", "\"\\u002B91\"")]
    [InlineData("starts_with", "91", "\"91\"")]
    [InlineData("contains", "2024", "\"2024\"")]
    [InlineData("eq", "+919876543210", "\"\\u002B919876543210\"")]
    [InlineData("gt", "1000.5", "1000.5")]
    [InlineData("eq", "true", "true")]
    [InlineData("eq", "1,000", "\"1,000\"")]
    [InlineData("eq", "007", "\"007\"")]
    public void A_value_is_a_number_only_where_it_is_compared_as_one(string comparison, string typed, string json)
    {
        var form = new ConditionForm { Field = "phone", Operator = comparison, Value = typed };

        form.ToJson()!["value"]!.ToJsonString().Should().Be(json);
        ConditionForm.From(new JsonObject { ["field"] = "phone", ["operator"] = comparison, ["value"] = form.ToJson()!["value"]!.DeepClone() }).Value.Should().Be(typed);
    }
}
