using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>
/// What members are told by each other and about each other, none of which is stored: broadcasts at once, who came, went and changed at a measured
/// pace, and to those who fell off the whispers what they must not miss. The project's alone.
/// </summary>
/// <param name="touched">Where those are noted who have something new in their mailbox.</param>
internal sealed class Gossip(string project, Members members, ProjectOptions options, List<Member> touched)
{
    /// <summary>What others send a member may fill a quarter of its mailbox, so that they cannot crowd out its own answers.</summary>
    private const int MailboxPart = 4;

    /// <summary>Bytes of one turn's broadcasts that are to be one write.</summary>
    private const int BytesTogether = 32 * 1024;

    /// <summary>When to look again at members that had no room for what they missed.</summary>
    private static readonly TimeSpan s_fallenRetry = TimeSpan.FromSeconds(1);

    private readonly PresencePace _pace = new(options.PresencePeriod);
    private List<Fallen>? _fallen; // off the whispers, and not yet given what they missed
    private bool _hasWhispered; // in this turn

    public Whispers Whispers { get; } = new(options.WhisperBytesMax);

    /// <summary>Whether there is something new for every member since the driver last reset this.</summary>
    public bool HasMoved { get; set; }

    /// <summary>Sends what is not stored to everybody, the sender included; or to one member, if there is room in its mailbox.</summary>
    public void Broadcast(Member from, ClientMessage.Broadcast message)
    {
        var told = new ServerMessage.Broadcast(project, message.Topic, message.Data, from.UserName, from.Session, message.Key);
        if (message.To is null)
            Whisper(told, message.Key is { } key ? new(from.Session, message.Topic, key) : null);
        else if (members.Find(message.To) is { Listens: true } to && to.Mailbox.TryPost(FrameScratch.Of(told), MailboxPart))
            touched.Add(to);
    }

    /// <summary>Tells the members what is new about each other, where that is due, and those who lost such news how things are. Once a turn.</summary>
    /// <returns>After what time there is more to do; null where there is not.</returns>
    public TimeSpan? Tell(TimeSpan now)
    {
        members.Expire(now);
        if (members.HasNews && _pace.TryTell(now))
        {
            while (members.TakeNews(project) is { } news)
                Whisper(news, null);
        }
        _hasWhispered = false;
        TellFallen();
        if (members.Count == 0)
            return null; // who comes finds it all in its list
        var wait = members.HasNews ? _pace.Wait(now) : members.NextLeave - now;
        return _fallen is not null && (wait is null || wait > s_fallenRetry) ? s_fallenRetry : wait;
    }

    /// <summary>Who fell off the whispers gets all that are present anew, and the newest of each key; one that has no room for it just now, later.</summary>
    private void TellFallen()
    {
        while (Whispers.TryTakeFallen(out var fallen))
            (_fallen ??= []).Add(fallen);
        if (_fallen is null)
            return;
        var whole = FrameScratch.Of(new ServerMessage.Presence(project, [], [], [], members.Present())).ToArray();
        _fallen.RemoveAll(fallen => !fallen.Member.IsInside || TryTell(fallen, whole));
        if (_fallen.Count == 0)
            _fallen = null;
    }

    private bool TryTell(Fallen fallen, byte[] whole)
    {
        var told = FrameScratch.Empty.Raw(whole);
        foreach (var newest in Whispers.NewestSince(fallen.Position))
            told.Raw(newest);
        if (!fallen.Member.Mailbox.TryPost(told.Written, MailboxPart))
            return false;
        touched.Add(fallen.Member);
        return true;
    }

    private void Whisper(ServerMessage message, WhisperKey? key)
    {
        if (!_hasWhispered)
            Whispers.Reserve(BytesTogether);
        _hasWhispered = true;
        Whispers.Publish(FrameScratch.Of(message), key);
        HasMoved = true;
    }
}
