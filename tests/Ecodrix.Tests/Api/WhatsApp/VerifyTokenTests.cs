using MongoDB.Bson;
using MongoDB.Driver;

namespace Ecodrix.Tests.Api.WhatsApp;

/// <summary>Meta's handshake at the address that all clients share.</summary>
public sealed class VerifyTokenTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    public async Task It_is_found_by_its_token_also_where_that_was_set_before_tokens_could_be_found_and_no_client_is_opened_for_a_wrong_one()
    {
        var tenants = app.Looking.GetDatabase("ecodrix").GetCollection<BsonDocument>("tenants");
        var (tenant, token) = await ClientAsync();
        await tenants.UpdateManyAsync(Builders<BsonDocument>.Filter.Empty, Builders<BsonDocument>.Update.Unset("verifyTokenHash"));
        (await VerifyAsync(token)).Should().Be(200);
        var (_, later) = await ClientAsync();
        (await VerifyAsync(later)).Should().Be(200);

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var lookUps = 0;
        app.Commands.Before = (_, command) => lookUps += command.GetElement(0).Name == "find" && command[0] == "tenants" ? 1 : 0;
        try
        {
            (await VerifyAsync("wrong")).Should().Be(403);
        }
        finally
        {
            app.Commands.Before = null;
        }

        lookUps.Should().Be(1);
        await app.SendAsync(HttpMethod.Delete, $"/api/clients/{tenant.Code}/secrets/whatsappWebhookToken", null, ("x-admin-key", AppFixture.AdminKey));
        (await VerifyAsync(token)).Should().Be(403);
        (await (await tenants.FindAsync(Builders<BsonDocument>.Filter.Empty)).ToListAsync()).Should().NotContain(t => t.ToString().Contains(later));
    }

    private async Task<(TestTenant Tenant, string Token)> ClientAsync()
    {
        var (tenant, token) = (await app.TenantAsync(), $"verify-{Guid.NewGuid():n}");
        await app.SendAsync(HttpMethod.Post, $"/api/clients/{tenant.Code}/secrets", new { whatsappWebhookToken = token }, ("x-admin-key", AppFixture.AdminKey));
        return (tenant, token);
    }

    private async Task<int> VerifyAsync(string token)
    {
        using var answer = await app.Http.GetAsync($"/api/saas/whatsapp/webhook?hub.mode=subscribe&hub.challenge=115820&hub.verify_token={token}");
        return (int)answer.StatusCode;
    }
}
