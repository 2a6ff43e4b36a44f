using System.Text;

namespace Ecodrix.Tests.Api.Leads;

public sealed class ImportTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task Each_row_stands_alone_known_numbers_are_updated_and_the_import_can_be_undone()
    {
        var tenant = await app.TenantAsync();
        await tenant.ListenAsync("lead_created");
        var known = await tenant.LeadAsync("9876500001", new { source = "website", lastName = "Kumar" });
        var import = await tenant.PostAsync("/api/crm/leads/import", new
        {
            leads = new object[]
            {
                new { firstName = "Changed", phone = "+919876500001" },
                new { firstName = "New", phone = "9876500002", tags = new[] { "list" } },
                new { firstName = "Touched", phone = "9876500003" },
                new { firstName = "Bad", phone = "12" },
                new { firstName = "No phone" },
            },
        });
        await app.RunDueAsync();

        import.Status.Should().Be(200, import.Json.ToString());
        import.Data.GetProperty("created").GetInt32().Should().Be(2);
        import.Data.GetProperty("updated").GetInt32().Should().Be(1);
        import.Data.GetProperty("failed").GetInt32().Should().Be(2);
        import.Data.GetProperty("errors")[0].GetProperty("index").GetInt32().Should().Be(3);
        (await tenant.EventsAsync("lead_created")).Should().HaveCount(3);
        var changed = (await tenant.GetAsync($"/api/crm/leads/{known}")).Data;
        changed.GetProperty("firstName").GetString().Should().Be("Changed");
        changed.GetProperty("lastName").GetString().Should().Be("Kumar");

        var touched = (await tenant.GetAsync("/api/crm/leads?search=touched")).Data[0].GetProperty("id").GetString();
        await tenant.PatchAsync($"/api/crm/leads/{touched}/tags", new { add = new[] { "mine" } });
        var id = import.Data.GetProperty("importId").GetString();
        var reverted = await tenant.PostAsync($"/api/crm/leads/import/{id}/revert", "{}");

        reverted.Data.GetProperty("removed").GetInt32().Should().Be(1);
        reverted.Data.GetProperty("restored").GetInt32().Should().Be(1);
        reverted.Data.GetProperty("kept").GetInt32().Should().Be(1);
        (await tenant.GetAsync($"/api/crm/leads/{known}")).Data.GetProperty("firstName").GetString().Should().Be("Ravi");
        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(2);
    }

    [Fact]
    public async Task A_lead_whose_number_is_written_otherwise_is_updated_and_no_second_one_made()
    {
        var tenant = await app.TenantAsync();
        var known = await tenant.LeadAsync("+541123456789");

        var import = await tenant.PostAsync("/api/crm/leads/import", new
        {
            leads = new object[] { new { firstName = "Lupe", phone = "+5491123456789" }, new { firstName = "Pepe", phone = "+5491165432109" }, new { lastName = "Luna", phone = "+541165432109" } },
        });

        (import.Data.GetProperty("created").GetInt32(), import.Data.GetProperty("updated").GetInt32()).Should().Be((1, 2), import.Json.ToString());
        (await tenant.GetAsync($"/api/crm/leads/{known}")).Data.GetProperty("firstName").GetString().Should().Be("Lupe");
        (await tenant.GetAsync("/api/crm/leads?search=pepe")).Data[0].GetProperty("lastName").GetString().Should().Be("Luna");
    }

    [Fact]
    public async Task Imports_are_listed_latest_first_with_what_became_of_them_and_without_their_faults()
    {
        var tenant = await app.TenantAsync();
        (await tenant.GetAsync("/api/crm/leads/import")).Data.GetArrayLength().Should().Be(0);
        var first = await tenant.PostAsync("/api/crm/leads/import", new { leads = new object[] { new { firstName = "A", phone = "9876500041" }, new { firstName = "Bad", phone = "12" } } });
        var second = await tenant.PostAsync("/api/crm/leads/import", new { leads = new object[] { new { firstName = "A", lastName = "B", phone = "9876500041" } } });
        await tenant.PostAsync($"/api/crm/leads/import/{second.Data.GetProperty("importId").GetString()}/revert", "{}");

        var list = await tenant.GetAsync("/api/crm/leads/import");

        list.Json.GetProperty("total").GetInt32().Should().Be(2);
        list.Data.EnumerateArray().Select(i => i.GetProperty("importId").GetString()).Should()
            .Equal(second.Data.GetProperty("importId").GetString(), first.Data.GetProperty("importId").GetString());
        list.Data[0].GetProperty("reverted").GetProperty("restored").GetInt32().Should().Be(1);
        list.Data[1].GetProperty("failed").GetInt32().Should().Be(1);
        list.Data[1].GetProperty("errors").GetArrayLength().Should().Be(0);
        list.Data[1].GetProperty("by").GetString().Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task Csv_is_mapped_by_name_or_by_hand_dry_run_writes_nothing_and_faults_come_as_csv()
    {
        var tenant = await app.TenantAsync();
        const string Csv = "Full name;Mobile;Amount;City\r\n\"Rao; Suresh\";9876500001;\"₹1,20,000\";Pune\r\nBad;1;5;Goa\r\n";

        var dry = await CsvAsync(tenant, "?dryRun=true", Csv);
        dry.Data.GetProperty("created").GetInt32().Should().Be(1);
        dry.Data.GetProperty("dryRun").GetBoolean().Should().BeTrue();
        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(0);

        var real = await CsvAsync(tenant, $"?mapping={Uri.EscapeDataString("""{"Full name":"firstName","Mobile":"phone","Amount":"dealValue","City":"extra.city"}""")}", Csv);
        real.Data.GetProperty("created").GetInt32().Should().Be(1);
        var lead = (await tenant.GetAsync("/api/crm/leads")).Data[0];
        lead.GetProperty("firstName").GetString().Should().Be("Rao; Suresh");
        lead.GetProperty("dealValue").GetDecimal().Should().Be(120000);
        lead.GetProperty("metadata").GetProperty("extra").GetProperty("city").GetString().Should().Be("Pune");
        var errors = await RawAsync(tenant, HttpMethod.Get, $"/api/crm/leads/import/{real.Data.GetProperty("importId").GetString()}/errors", null);
        errors.Should().StartWith("row,phone,field,message\r\n2,1,phone,");
        (await CsvAsync(tenant, "", "City\r\nPune")).Code.Should().Be("VALIDATION_ERROR");
    }

    [Fact]
    public async Task The_limits_are_kept_and_an_old_import_stays()
    {
        var tenant = await app.TenantAsync();

        (await tenant.PostAsync("/api/crm/leads/import", new { leads = Array.Empty<object>() })).Code.Should().Be("VALIDATION_ERROR");
        (await tenant.PostAsync("/api/crm/leads/import", new { leads = Enumerable.Range(0, 1001).Select(i => new { phone = "9" }) })).Code.Should().Be("TOO_MANY_LEADS");
        (await tenant.PostAsync("/api/crm/leads/import/65b2000000000000000000aa/revert", "{}")).Code.Should().Be("IMPORT_NOT_FOUND");
        var import = await tenant.PostAsync("/api/crm/leads/import", new { leads = new[] { new { firstName = "A", phone = "9876500001" } } });
        app.Clock.Advance(TimeSpan.FromHours(25));
        (await tenant.PostAsync($"/api/crm/leads/import/{import.Data.GetProperty("importId").GetString()}/revert", "{}")).Code.Should().Be("IMPORT_TOO_OLD");
    }

    [Fact]
    public async Task An_export_has_the_filtered_leads_disarms_formulas_and_can_be_imported_again()
    {
        var tenant = await app.TenantAsync();
        await tenant.LeadAsync("9876500001", new { firstName = "=cmd|x", lastName = "a \"b\", c", source = "web" });
        await tenant.LeadAsync("9876500002", new { source = "other" });

        var csv = await RawAsync(tenant, HttpMethod.Get, "/api/crm/leads/export?source=web", null);

        var lines = csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(2);
        lines[1].Should().Contain("'=cmd|x").And.Contain("\"a \"\"b\"\", c\"").And.Contain("+919876500001");
        var again = await CsvAsync(tenant, "?dryRun=true", csv);
        again.Data.GetProperty("updated").GetInt32().Should().Be(1, again.Json.ToString());
        (await tenant.GetAsync("/api/crm/leads/export?minScore=500")).Code.Should().Be("VALIDATION_ERROR");
    }

    [Theory]
    [InlineData("""{"Phone":"phone","X":null}""", "mapping.X")]
    [InlineData("""{"Phone":"phone","X":5}""", "mapping.X")]
    [InlineData("""["phone"]""", "mapping")]
    public async Task A_mapping_that_is_none_is_refused_by_the_column_at_fault(string mapping, string field)
    {
        var tenant = await app.TenantAsync();

        var refused = await CsvAsync(tenant, $"?mapping={Uri.EscapeDataString(mapping)}", "Phone,X\n9876500001,a\n");

        refused.Code.Should().Be("VALIDATION_ERROR", refused.Json.ToString());
        Fault(refused).Should().Be(field);
    }

    [Theory]
    [InlineData("True", true)]
    [InlineData("TRUE", true)]
    [InlineData("false", false)]
    [InlineData(null, false)]
    public async Task A_form_says_in_any_case_whether_it_is_a_dry_run(string? sent, bool dry)
    {
        var tenant = await app.TenantAsync();

        (await FormAsync(tenant, sent)).Data.GetProperty("dryRun").GetBoolean().Should().Be(dry);

        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(dry ? 0 : 1);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    [InlineData("")]
    public async Task A_form_whose_dry_run_is_no_boolean_is_refused_and_writes_nothing(string sent)
    {
        var tenant = await app.TenantAsync();

        var refused = await FormAsync(tenant, sent);

        refused.Code.Should().Be("VALIDATION_ERROR", refused.Json.ToString());
        Fault(refused).Should().Be("dryRun");
        (await tenant.GetAsync("/api/crm/leads")).Json.GetProperty("total").GetInt32().Should().Be(0);
    }

    [Theory]
    [InlineData("""{"firstName":"A","phone":9876570005}""", "phone", "9876570005")]
    [InlineData("""{"firstName":"A","phone":"9876570005","dealValue":"abc"}""", "dealValue", "9876570005")]
    [InlineData("""{"firstName":"A","phone":"9876570005","tags":["a",5]}""", "tags[1]", "9876570005")]
    [InlineData("""{"firstName":"A","phone":"9876570005","metadata":5}""", "metadata", "9876570005")]
    [InlineData("""5""", "lead", null)]
    [InlineData("""null""", "lead", null)]
    public async Task A_row_of_the_wrong_types_is_left_out_and_reported_and_the_others_are_brought_in(string row, string field, string? phone)
    {
        var tenant = await app.TenantAsync();

        var import = await tenant.PostAsync("/api/crm/leads/import", $$"""{"leads":[{"firstName":"Good","phone":"9876570001"},{{row}}]}""");

        import.Status.Should().Be(200, import.Json.ToString());
        (import.Data.GetProperty("created").GetInt32(), import.Data.GetProperty("failed").GetInt32()).Should().Be((1, 1));
        var error = import.Data.GetProperty("errors").EnumerateArray().Should().ContainSingle().Subject;
        (error.GetProperty("index").GetInt32(), error.GetProperty("field").GetString(), error.GetProperty("phone").GetString()).Should().Be((1, field, phone));
        error.GetProperty("message").GetString().Should().NotBeNullOrEmpty().And.NotContain("System.");
    }

    [Theory]
    [InlineData("POST", "/api/crm/leads", """{"firstName":"A","phone":"9876570005","tags":["a",5]}""", "tags[1]")]
    [InlineData("POST", "/api/crm/leads/import", """{"leads":{}}""", "leads")]
    [InlineData("POST", "/api/crm/leads/import", """{"leads":[],"dryRun":"yes"}""", "dryRun")]
    [InlineData("PATCH", "/api/crm/leads/65b2000000000000000000aa", """{"dealValue":"abc"}""", "dealValue")]
    [InlineData("PATCH", "/api/crm/leads/65b2000000000000000000aa", """{"tags":["a",{}]}""", "tags[1]")]
    [InlineData("POST", "/api/saas/chat/broadcast", """{"recipients":[{"phone":"9876570005"},{"phone":5}]}""", "recipients[1].phone")]
    public async Task A_value_of_the_wrong_type_is_named_by_its_whole_path(string method, string path, string body, string field)
    {
        var tenant = await app.TenantAsync();

        var refused = await (method == "PATCH" ? tenant.PatchAsync(path, body) : tenant.PostAsync(path, body));

        refused.Code.Should().Be("VALIDATION_ERROR", refused.Json.ToString());
        Fault(refused).Should().Be(field);
        refused.Json.GetProperty("message").GetString().Should().StartWith($"{field} ");
    }

    [Fact]
    public async Task Names_of_free_data_that_only_an_update_brought_are_listed_too()
    {
        var tenant = await app.TenantAsync();
        await tenant.LeadAsync("9876570001");

        await tenant.PostAsync("/api/crm/leads/import", new
        {
            leads = new object[]
            {
                new { phone = "9876570001", metadata = new { extra = new { onlyByUpdate = "x" } } },
                new { phone = "9876570002", metadata = new { refs = new { bookingId = "B1" }, extra = new { city = (string?)null } } },
                new { phone = "9876570003", metadata = new { extra = new { city = "Pune" } } },
            },
        });

        (await tenant.GetAsync("/api/crm/fields")).Texts("field").Should().Contain(["metadata.extra.onlyByUpdate", "metadata.extra.city", "metadata.refs.bookingId"]);
    }

    [Fact]
    public async Task An_erased_person_is_gone_from_the_faults_of_imports_however_the_number_was_written()
    {
        var tenant = await app.TenantAsync();
        var import = await CsvAsync(tenant, "", "Name,Phone,Email\nAnu,98765 40001,no address\nKim,98765 40002,none either\n");
        var errors = $"/api/crm/leads/import/{import.Data.GetProperty("importId").GetString()}/errors";
        (await RawAsync(tenant, HttpMethod.Get, errors, null)).Should().Contain("98765 40001").And.Contain("98765 40002");

        (await tenant.DeleteAsync($"/api/crm/leads/{await tenant.LeadAsync("9876540001")}?confirm=true")).Status.Should().Be(200);

        (await RawAsync(tenant, HttpMethod.Get, errors, null)).Should().NotContain("98765 40001").And.NotContain("no address").And.Contain("98765 40002");
    }

    [Fact]
    public async Task The_kept_answer_of_an_import_forgets_an_erased_person_of_its_faults_too()
    {
        var tenant = await app.TenantAsync();
        const string Body = """{"leads":[{"firstName":"Anu","phone":"98765 40003","email":"no address"}]}""";
        (await tenant.PostAsync("/api/crm/leads/import", Body, ("Idempotency-Key", "once"))).Json.ToString().Should().Contain("98765 40003");

        await tenant.DeleteAsync($"/api/crm/leads/{await tenant.LeadAsync("9876540003")}?confirm=true");

        var again = await tenant.PostAsync("/api/crm/leads/import", Body, ("Idempotency-Key", "once"));
        again.Headers["Idempotency-Replayed"].Should().Be("true");
        again.Json.ToString().Should().NotContain("98765 40003").And.NotContain("no address");
    }

    [Fact]
    public async Task Equal_and_nameless_columns_are_told_apart()
    {
        var tenant = await app.TenantAsync();

        var import = await CsvAsync(tenant, "", "Phone,Name,Phone,\n9876570001,Ravi,080 1234,left over\n");

        import.Data.GetProperty("created").GetInt32().Should().Be(1, import.Json.ToString());
        import.Data.GetProperty("mapping").GetProperty("Phone (2)").GetString().Should().Be("extra.Phone (2)");
        var extra = (await tenant.GetAsync("/api/crm/leads")).Data[0].GetProperty("metadata").GetProperty("extra");
        extra.GetProperty("Phone (2)").GetString().Should().Be("080 1234");
        extra.GetProperty("Column 4").GetString().Should().Be("left over");
    }

    [Fact]
    public async Task A_column_that_can_give_no_name_is_refused_at_once_and_can_be_left_out()
    {
        var tenant = await app.TenantAsync();
        const string Csv = "Phone,$\n9876570001,5\n";

        var refused = await CsvAsync(tenant, "", Csv);

        refused.Code.Should().Be("VALIDATION_ERROR");
        Fault(refused).Should().Be("mapping.$");
        (await CsvAsync(tenant, $"?mapping={Uri.EscapeDataString("""{"Phone":"phone","$":""}""")}", Csv)).Data.GetProperty("created").GetInt32().Should().Be(1);
    }

    [Theory]
    [InlineData("₹1,20,000", 120000)]
    [InlineData("Rs. 500", 500)]
    [InlineData("5000/-", 5000)]
    [InlineData("1 200.50 INR", 1200.5)]
    [InlineData(".5", 0.5)]
    [InlineData("5 lakh", 500000)]
    [InlineData("2.5 LAC", 250000)]
    [InlineData("Rs. 1.2 Cr.", 12000000)]
    [InlineData("1.200,50", 1200.5)]
    [InlineData("1.200.000", 1200000)]
    [InlineData("12,50 EUR", 12.5)]
    [InlineData("CHF 1'200.50", 1200.5)]
    [InlineData("US$ 1,200,000.50", 1200000.5)]
    [InlineData("12,34,567", 1234567)]
    public async Task An_amount_is_read_as_people_write_it(string written, double amount)
    {
        var tenant = await app.TenantAsync();

        var import = await CsvAsync(tenant, "", $"Phone;Amount\n9876570001;{written}\n");

        import.Data.GetProperty("created").GetInt32().Should().Be(1, import.Json.ToString());
        (await tenant.GetAsync("/api/crm/leads")).Data[0].GetProperty("dealValue").GetDouble().Should().Be(amount);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("-")]
    [InlineData("5 MIO")]
    [InlineData("1E+05")]
    [InlineData("1,2345")]
    [InlineData("1 2 3")]
    [InlineData("1.500")]
    [InlineData("1.20.300")]
    [InlineData("5-10")]
    public async Task What_is_no_amount_is_reported_as_it_stood_there(string written)
    {
        var tenant = await app.TenantAsync();

        var error = (await CsvAsync(tenant, "", $"Phone;Amount\n12;{written}\n")).Data.GetProperty("errors").EnumerateArray().ToList();

        error.ConvertAll(e => e.GetProperty("field").GetString()).Should().BeEquivalentTo("dealValue", "phone");
        error.Find(e => e.GetProperty("field").GetString() == "dealValue").GetProperty("message").GetString().Should().StartWith($"dealValue is not an amount: \"{written}\".");
    }

    private static string? Fault(TestAnswer refused) => refused.Json.GetProperty("details")[0].GetProperty("field").GetString();

    private static async Task<TestAnswer> FormAsync(TestTenant tenant, string? dryRun)
    {
        using var form = new MultipartFormDataContent { { new StringContent("Name,Phone\nRavi,9876500001\n"), "file", "leads.csv" } };
        if (dryRun is not null)
        {
            form.Add(new StringContent(dryRun), "dryRun");
        }

        return Answer(await RawAsync(tenant, HttpMethod.Post, "/api/crm/leads/import", form));
    }

    private static TestAnswer Answer(string body) => new(200, System.Text.Json.JsonDocument.Parse(body).RootElement, new Dictionary<string, string>());

    private static async Task<TestAnswer> CsvAsync(TestTenant tenant, string query, string csv)
    {
        using var content = new StringContent(csv, Encoding.UTF8, "text/csv");
        return Answer(await RawAsync(tenant, HttpMethod.Post, $"/api/crm/leads/import{query}", content));
    }

    private static async Task<string> RawAsync(TestTenant tenant, HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("x-api-key", tenant.Key);
        request.Headers.Add("x-client-code", tenant.Code);
        request.Content = content;
        using var response = await tenant.App.Http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
