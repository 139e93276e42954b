using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>Who is in a project, and what the others are to be told of it at the end of the turn.</summary>
internal sealed class Members
{
    /// <summary>Present members that <c>joined</c> lists; the count is told beyond.</summary>
    private const int ListedMax = 200;

    /// <summary>Bytes of presence that one message carries, about: in <c>joined</c> and in the news.</summary>
    private const int NewsBytes = 32 * 1024;

    /// <summary>What an entry costs besides its data: session, name, punctuation.</summary>
    private const int EntryBytes = 100;

    private readonly Dictionary<string, Member> _bySession = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Member> _present = new(StringComparer.Ordinal); // the few to be seen, among the many who only look
    private readonly Dictionary<string, PresentMember> _arrived = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonFields> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private readonly Lock _changing = new(); // of who is in; passing over them takes none
    private Member[]? _all; // made anew when somebody came or went since

    public int Count => _bySession.Count;

    /// <summary>Those who get events and broadcasts.</summary>
    public int Listening { get; private set; }

    /// <summary>Everybody who is in. May be asked from any thread; the array never changes, so whoever passes over it may do so beside the writer.</summary>
    public Member[] All => Volatile.Read(ref _all) ?? List();

    public Member? Find(string session) => _bySession.GetValueOrDefault(session);

    private Member[] List()
    {
        lock (_changing)
            return _all ??= [.. _bySession.Values];
    }

    public void Add(Member member)
    {
        lock (_changing)
        {
            _bySession.Add(member.Session, member);
            _all = null;
        }
        Listening += member.Listens ? 1 : 0;
        if (member.Presence is { } presence)
            Appear(member, presence);
    }

    /// <summary>Told as an arrival even where it only came back within the turn: who joined in between has not seen it.</summary>
    private void Appear(Member member, JsonFields presence)
    {
        _left.Remove(member.Session);
        _present[member.Session] = member;
        _arrived[member.Session] = new(member.Session, member.UserName, presence);
    }

    /// <summary>False where this member is not (any more) the one of its session.</summary>
    public bool Remove(Member member)
    {
        if (Find(member.Session) != member)
            return false;
        lock (_changing)
        {
            _bySession.Remove(member.Session);
            _all = null;
        }
        Listening -= member.Listens ? 1 : 0;
        _changed.Remove(member.Session);
        _arrived.Remove(member.Session);
        if (_present.Remove(member.Session))
            _left.Add(member.Session); // even where it only came within the turn: who joined in between has seen it
        return true;
    }

    public void SetPresence(Member member, JsonFields data)
    {
        var wasSeen = member.Presence is not null;
        member.Presence = data;
        if (!wasSeen || _arrived.ContainsKey(member.Session))
            Appear(member, data);
        else
            _changed[member.Session] = data;
    }

    public ImmutableArray<PresentMember> Present()
    {
        var room = NewsBytes;
        return Take(
            _present.Values.Take(ListedMax)
                .Select(member => new PresentMember(member.Session, member.UserName, member.Presence!)),
            static member => member.Data.Bytes, ref room);
    }

    /// <summary>What changed since the last call, as much as fits into one message; null where nothing did. Call it until then.</summary>
    public ServerMessage.Presence? TakeNews(string project)
    {
        if (_arrived.Count + _changed.Count + _left.Count == 0)
            return null;
        var room = NewsBytes;
        var left = Take(_left, static session => session.Length, ref room);
        var arrived = Take(_arrived.Values, static member => member.Data.Bytes, ref room);
        var changed = Take(_changed, static change => change.Value.Bytes, ref room);
        _left.ExceptWith(left);
        foreach (var member in arrived)
            _arrived.Remove(member.Session);
        foreach (var (session, _) in changed)
            _changed.Remove(session);
        return new(project, arrived, left, [.. changed.Select(change => new PresenceChange(change.Key, change.Value))]);
    }

    private static ImmutableArray<T> Take<T>(IEnumerable<T> all, Func<T, int> bytesOf, ref int room)
    {
        var taken = ImmutableArray.CreateBuilder<T>();
        foreach (var one in all)
        {
            if (room <= 0)
                break;
            room -= bytesOf(one) + EntryBytes;
            taken.Add(one);
        }
        return taken.DrainToImmutable();
    }
}
