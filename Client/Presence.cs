using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Who else is in the project, and what they see of us.</summary>
public sealed class Presence
{
    private readonly EventOnlyClient _client;

    internal Presence(EventOnlyClient client) => _client = client;

    /// <summary>The other sessions that are present (the first 200), by public session id.</summary>
    public ImmutableSortedDictionary<string, PresentMember> Others => _client.Others;

    /// <summary>The same by user, in the order of their names: a person with three tabs is one, as active as the most active of them.</summary>
    public ImmutableArray<PresentUser> Users =>
        [.. Others.Values.GroupBy(member => member.UserName, StringComparer.Ordinal).OrderBy(user => user.Key, StringComparer.Ordinal)
            .Select(user => new PresentUser(user.Key, user.Min(ActivityOf), [.. user]))];

    /// <summary>
    /// Whether <see cref="Others"/> are what they were when the line broke: to be shown greyed. After five seconds without a line there are none; after coming
    /// back they are as they are.
    /// </summary>
    public bool IsStale => _client.IsPresenceStale;

    /// <summary>
    /// Changes what the others see of us: a field that is null is removed, one that is not named stays. Said at once, then at most once in
    /// <see cref="ClientOptions.PresenceThrottle"/>, the newest only; offline it goes with the next join. Completes at once: nobody answers to it.
    /// </summary>
    /// <param name="data">All together at most 2,048 bytes as JSON.</param>
    /// <param name="ct">Nothing is set where it is cancelled already.</param>
    /// <exception cref="RejectedException"><c>too_large</c>.</exception>
    public Task SetAsync(JsonFields data, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        _client.ChangePresence(data);
        return Task.CompletedTask;
    }

    /// <summary>The same, with a value of yours that is an object in JSON.</summary>
    /// <exception cref="RejectedException"><c>too_large</c>.</exception>
    public Task SetAsync<T>(T data, JsonTypeInfo<T> type, CancellationToken ct = default) =>
        SetAsync(JsonFields.Parse(JsonSerializer.SerializeToUtf8Bytes(data, type)), ct);

    /// <summary>Who came, went and changed, from now on. Takes part at once, not at the first read.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<PresenceNews> ChangesAsync() => _client.PresenceNews.Open(null);

    private static UserActivity ActivityOf(PresentMember member) => member.Data["activity"]?.AsString() switch
    {
        "idle" => UserActivity.Idle,
        "away" => UserActivity.Away,
        _ => UserActivity.Active,
    };
}

/// <summary>What a user does, as its client tells; the more active first.</summary>
public enum UserActivity
{
    /// <summary>At work.</summary>
    Active,

    /// <summary>No input for a while.</summary>
    Idle,

    /// <summary>The page is hidden.</summary>
    Away,
}

/// <summary>A user that is present, with all of its sessions.</summary>
/// <param name="Activity">Of the most active of them.</param>
public sealed record PresentUser(string UserName, UserActivity Activity, ImmutableArray<PresentMember> Sessions);

/// <summary>Who came, went and changed. When the line breaks all become stale: then all are <paramref name="Changed"/>.</summary>
/// <param name="Left">Public session ids.</param>
public sealed record PresenceNews(ImmutableArray<PresentMember> Joined, ImmutableArray<string> Left, ImmutableArray<PresentMember> Changed);
