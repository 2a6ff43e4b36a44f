using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Ecodrix.EmbeddedMongo.Wire;

/// <summary>The one user of a data folder. The password is made with the folder and kept in it, readable by its owner only.</summary>
internal sealed class Credentials
{
    public const string UserName = "ecodrix";

    /// <summary>The least that drivers accept: stretching protects weak passwords, and this one has 192 random bits.</summary>
    public const int Iterations = 4096;

    private Credentials(string password)
    {
        Password = password;
        Salt = RandomNumberGenerator.GetBytes(28);
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), Salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        StoredKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        ServerKey = HMACSHA256.HashData(salted, "Server Key"u8);
    }

    public string Password { get; }

    public byte[] Salt { get; }

    public byte[] StoredKey { get; }

    public byte[] ServerKey { get; }

    public static Credentials Load(string directory)
    {
        string path = Path.Combine(directory, "password");
        string password = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        if (password.Length == 0)
        {
            password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var file = new StreamWriter(path, options);
            file.WriteLine(password);
        }

        return new Credentials(password);
    }
}
