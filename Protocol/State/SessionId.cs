using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace EventOnly.Protocol.State;

/// <summary>The public name of a session, derived from its secret so that nobody can resend, fence or answer in another's name.</summary>
public static class SessionId
{
    /// <summary>The first 22 characters of base64url(SHA-256(user id + LF + secret)).</summary>
    /// <param name="userId">The authenticated user; empty where anonymous.</param>
    /// <param name="secret">What the client joined with.</param>
    public static string Of(string userId, string secret) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(userId + "\n" + secret)))[..22];
}
