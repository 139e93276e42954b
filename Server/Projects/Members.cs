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

    /// <summary>Members whose line broke that stay to be seen at a time; one more is gone at once.</summary>
    private const int AwayMax = 1000;

    /// <summary>What an entry costs besides its data: session, name, punctuation.</summary>
    private const int EntryBytes = 100;

    private readonly Dictionary<string, Member> _bySession = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PresentMember> _present = new(StringComparer.Ordinal); // the few to be seen, among the many who only look
    private Dictionary<string, TimeSpan>? _away; // of those, whose line broke, and until when they are waited for; null where nobody is
    private Queue<(string Session, TimeSpan Until)>? _awayInOrder;
    private readonly Dictionary<string, PresentMember> _arrived = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonFields> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private readonly Lock _changing = new(); // of who is in; passing over them takes none
    private Member[]? _all; // made anew when somebody came or went since

    public int Count => _bySession.Count;

    /// <summary>Those who get events and broadcasts.</summary>
    public int Listening { get; private set; }

    /// <summary>Whether there is something to tell.</summary>
    public bool HasNews => _arrived.Count + _changed.Count + _left.Count > 0;

    /// <summary>When the next of those whose line broke is not waited for any more; null where nobody is waited for.</summary>
    public TimeSpan? NextLeave => _awayInOrder?.TryPeek(out var next) == true ? next.Until : null;

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
        if (_away?.Remove(member.Session) == true)
            ComeBack(member);
        else if (member.Presence is { } presence)
            Appear(member, presence);
    }

    /// <summary>It was seen all the while: only what is different is news.</summary>
    private void ComeBack(Member member)
    {
        var before = _present[member.Session];
        if (member.Presence is not { } presence)
            Disappear(member.Session);
        else if (member.UserName != before.UserName || _arrived.ContainsKey(member.Session))
            Appear(member, presence);
        else if (!presence.Equals(before.Data))
            Change(member, presence);
    }

    /// <summary>Told as an arrival even where it only came back within the turn: who joined in between has not seen it.</summary>
    private void Appear(Member member, JsonFields presence)
    {
        _left.Remove(member.Session);
        _arrived[member.Session] = _present[member.Session] = new(member.Session, member.UserName, presence);
    }

    private void Change(Member member, JsonFields presence)
    {
        _present[member.Session] = new(member.Session, member.UserName, presence);
        _changed[member.Session] = presence;
    }

    private void Disappear(string session)
    {
        _changed.Remove(session);
        _arrived.Remove(session);
        if (_present.Remove(session))
            _left.Add(session); // even where it only came within the turn: who joined in between has seen it
    }

    /// <summary>False where this member is not (any more) the one of its session.</summary>
    /// <param name="seenUntil">Until when it stays to be seen, for its line broke and it may be back by then; null: it is gone.</param>
    public bool Remove(Member member, TimeSpan? seenUntil = null)
    {
        if (Find(member.Session) != member)
            return false;
        lock (_changing)
        {
            _bySession.Remove(member.Session);
            _all = null;
        }
        Listening -= member.Listens ? 1 : 0;
        if (seenUntil is { } until && _present.ContainsKey(member.Session) && !(_awayInOrder?.Count >= AwayMax))
        {
            (_away ??= new(StringComparer.Ordinal))[member.Session] = until;
            (_awayInOrder ??= new()).Enqueue((member.Session, until));
        }
        else
        {
            Disappear(member.Session);
        }
        return true;
    }

    /// <summary>Those who were waited for long enough have left.</summary>
    public void Expire(TimeSpan now)
    {
        while (_awayInOrder?.TryPeek(out var next) == true && next.Until <= now)
        {
            _awayInOrder.Dequeue();
            if (_away!.TryGetValue(next.Session, out var until) && until == next.Until && _away.Remove(next.Session))
                Disappear(next.Session);
        }
        if (_awayInOrder?.Count == 0)
            (_away, _awayInOrder) = (null, null);
    }

    public void SetPresence(Member member, JsonFields data)
    {
        var wasSeen = member.Presence is not null;
        member.Presence = data;
        if (!wasSeen || _arrived.ContainsKey(member.Session))
            Appear(member, data);
        else
            Change(member, data);
    }

    /// <param name="except">Who is not to be listed; its own list is for it to make.</param>
    public ImmutableArray<PresentMember> Present(string? except = null)
    {
        var room = NewsBytes;
        return Take(_present.Values.Where(member => member.Session != except).Take(ListedMax), static member => member.Data.Bytes, ref room);
    }

    /// <summary>What changed since the last call, as much as fits into one message; null where nothing did. Call it until then.</summary>
    public ServerMessage.Presence? TakeNews(string project)
    {
        if (!HasNews)
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
