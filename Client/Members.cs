using System.Collections.Immutable;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Who else is present, by public session id. Immutable: a reader may keep it.</summary>
internal static class Members
{
    public static ImmutableSortedDictionary<string, PresentMember> None { get; } =
        ImmutableSortedDictionary.Create<string, PresentMember>(StringComparer.Ordinal);

    /// <summary>The list of a <c>joined</c>; whoever is missing in it left while we were away.</summary>
    public static ImmutableSortedDictionary<string, PresentMember> Of(ImmutableArray<PresentMember> members, string? self) =>
        None.SetItems(members.Where(member => member.Session != self).Select(member => KeyValuePair.Create(member.Session, member)));

    /// <summary>Applies the news. All members get the same bytes, so we ourselves may be among them.</summary>
    public static ImmutableSortedDictionary<string, PresentMember> Apply(
        this ImmutableSortedDictionary<string, PresentMember> members, ServerMessage.Presence news, string? self)
    {
        if (news.Whole is { } whole)
            return Of(whole, self);
        var next = members.ToBuilder();
        foreach (var member in news.Arrived.Where(member => member.Session != self))
            next[member.Session] = member;
        foreach (var session in news.Left)
            next.Remove(session);
        foreach (var change in news.Changed)
        {
            if (next.TryGetValue(change.Session, out var member))
                next[change.Session] = member with { Data = change.Data };
        }
        return next.ToImmutable();
    }
}
