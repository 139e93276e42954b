using System.Text.RegularExpressions;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Refuses options that would only show themselves later, when the line breaks or the queue is full.</summary>
internal static partial class ClientBounds
{
    private const int NameCharsMax = 64;

    /// <summary>Longer than anybody waits, and short enough for every timer.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(7);

    /// <exception cref="ArgumentException">An option cannot be.</exception>
    public static void Check(ClientOptions options)
    {
        if (!Names.IsProjectId(options.Project))
            throw new ArgumentException("The project's id is not one.", nameof(options));
        if (options.Session is { } session && !Secret().IsMatch(session))
            throw new ArgumentException("A session is 16 to 64 of A-Z, a-z, 0-9, _ and -.", nameof(options));
        if (options.UserName is { Length: < 1 or > NameCharsMax })
            throw new ArgumentException("A user's name has 1 to 64 characters.", nameof(options));
        Between(options.Window, 1, WireLimits.InFlight, nameof(options.Window));
        Between(options.QueueMax, 1, 100_000, nameof(options.QueueMax));
        Between(options.StreamItemsMax, 1, 1_000_000, nameof(options.StreamItemsMax));
        Between(options.Connection.MessageBytesMax, 1024, 1 << 30, nameof(options.Connection.MessageBytesMax));
        Between(options.ConnectTimeout, TimeSpan.FromMilliseconds(1), s_longest, nameof(options.ConnectTimeout));
        Between(options.PingGrace, TimeSpan.Zero, s_longest, nameof(options.PingGrace));
        Between(options.LostAfter, TimeSpan.Zero, s_longest, nameof(options.LostAfter));
        Between(options.PresenceThrottle, TimeSpan.FromMilliseconds(16), TimeSpan.FromSeconds(1), nameof(options.PresenceThrottle));
        Between(options.TextGap, TimeSpan.Zero, TimeSpan.FromSeconds(1), nameof(options.TextGap));
        if (options.AskTimeout != Timeout.InfiniteTimeSpan)
            Between(options.AskTimeout, TimeSpan.FromMilliseconds(1), s_longest, nameof(options.AskTimeout));
        Between(options.GoodbyeTimeout, TimeSpan.Zero, s_longest, nameof(options.GoodbyeTimeout));
        Between(options.Reconnect.MinUptime, TimeSpan.Zero, s_longest, nameof(options.Reconnect.MinUptime));
        if (options.Reconnect is not ReconnectPolicy policy)
            return;
        Between(policy.Base, TimeSpan.FromMilliseconds(1), s_longest, nameof(policy.Base));
        Between(policy.Cap, TimeSpan.FromMilliseconds(100), s_longest, nameof(policy.Cap));
        Between(policy.Factor, 1, 10, nameof(policy.Factor));
    }

    private static void Between<T>(T value, T least, T most, string option) where T : IComparable<T>
    {
        if (!(value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0))
            throw new ArgumentOutOfRangeException(option, value, $"It is {least} to {most}.");
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{16,64}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Secret();
}
