using Microsoft.AspNetCore.DataProtection;

namespace Ecodrix.Engine.Tenants;

/// <summary>Encrypts what must be read again (tokens, passwords), bound to the tenant and the name it is stored under.</summary>
internal sealed class SecretBox(IDataProtectionProvider protection)
{
    public string Seal(string tenantCode, string name, string value) => Protector(tenantCode, name).Protect(value);

    public string Open(string tenantCode, string name, string cipher) => Protector(tenantCode, name).Unprotect(cipher);

    // The purpose binds a cipher to its place: copied to another tenant or another name it does not open.
    private IDataProtector Protector(string tenantCode, string name) => protection.CreateProtector("Ecodrix.Secrets", tenantCode, name);
}
