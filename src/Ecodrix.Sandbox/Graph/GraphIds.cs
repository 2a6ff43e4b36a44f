using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Ecodrix.Sandbox.Graph;

/// <summary>Makes identifiers that look like Meta's, so that code that stores, indexes or shows them meets the real lengths.</summary>
internal static class GraphIds
{
    /// <summary>A message id: the base64 of a small binary record that holds the other side's number and a random id.</summary>
    public static string Wamid(string waId, bool inbound)
    {
        var digits = waId.Length is > 0 and <= 15 ? waId : "16505551234";
        var random = RandomNumberGenerator.GetHexString(inbound ? 20 : 18);
        ReadOnlySpan<byte> middle = [0x15, 0x02, 0x00, (byte)(inbound ? 0x12 : 0x11), 0x18, (byte)random.Length];
        var record = new byte[3 + digits.Length + middle.Length + random.Length + 1];
        record[0] = 0x1C;
        record[1] = 0x18;
        record[2] = (byte)digits.Length;
        var at = 3 + Encoding.ASCII.GetBytes(digits, record.AsSpan(3));
        middle.CopyTo(record.AsSpan(at));
        Encoding.ASCII.GetBytes(random, record.AsSpan(at + middle.Length));
        return "wamid." + Convert.ToBase64String(record);
    }

    /// <summary>The <c>fbtrace_id</c> of an error.</summary>
    public static string Trace() => "A" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    /// <summary>A numeric object id of Meta's usual length.</summary>
    public static string Numeric() => "1" + RandomNumberGenerator.GetString("0123456789", 15);

    /// <summary>The business-scoped user id of a phone number: the same one each time, as it is at Meta.</summary>
    public static string UserId(string waId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes("bsuid:" + waId));
        var digits = (BitConverter.ToUInt64(hash) % 9_000_000_000_000_000_000UL) + 1_000_000_000_000_000_000UL;
        var country = waId.StartsWith("91", StringComparison.Ordinal) ? "IN" : "US";
        return $"{country}.1{digits}";
    }
}
