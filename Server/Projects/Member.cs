using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>
/// A connection's part in one project: a position on its tapes, not a queue. The project's loop lets it in and out; the connection's pump takes
/// from it. It owns no bytes: what it hands out is shared.
/// </summary>
/// <param name="compressFrom">Bytes from which on a part of its snapshot is compressed; null where its client did not agree to that.</param>
internal sealed class Member(string userName, IPeer peer, int? compressFrom = null)
{
    private enum Phase { Outside, Inside, Leaving, Gone }

    private volatile Phase _phase;
    private Tape? _tape;
    private Whispers? _whispers;
    private bool _noticed;
    private EncodedSnapshot? _snapshot;
    private int _part;
    private long _position;
    private long _whisperPosition;
    private long _end;
    private ReadOnlyMemory<byte> _lastWord;

    public string UserName { get; } = userName;

    /// <summary>Bytes from which on a part of its snapshot is compressed; null where nothing is.</summary>
    public int? CompressFrom { get; } = compressFrom;

    /// <summary>Its public session id; set when it joins.</summary>
    public string Session { get; private set; } = "";

    /// <summary>Whether it gets events and broadcasts, or acks only.</summary>
    public bool Listens { get; private set; }

    /// <summary>Whether it was given all there is when it joined, not only what it had missed.</summary>
    public bool HadSnapshot { get; private set; }

    /// <summary>Bytes of events that it has still to be given, about. May be asked from any thread.</summary>
    public long LagBytes => Listens && IsInside && _tape is { } tape ? tape.Head - Volatile.Read(ref _position) : 0;

    /// <summary>What the others see of it; null where it is not to be seen.</summary>
    public JsonFields? Presence { get; set; }

    public bool IsInside => _phase == Phase.Inside;

    /// <summary>Whether parts of its snapshot are still to be taken.</summary>
    public bool IsBeforeTail => _snapshot is not null;

    public bool IsGone => _phase == Phase.Gone;

    public Mailbox Mailbox => peer.Mailbox;

    public void Wake() => peer.Wake();

    public void End(CloseCode code) => peer.End(code);

    /// <summary>
    /// The loop's: from here on it takes the snapshot if there is one, then the tapes. Before them <paramref name="joined"/> goes into the
    /// mailbox, so that it comes before every other answer about this project as well.
    /// </summary>
    public void Enter(
        string session, bool listens, JsonFields? presence, ReadOnlySpan<byte> joined, EncodedSnapshot? snapshot,
        Tape tape, long position, Whispers whispers)
    {
        (Session, Listens, Presence) = (session, listens, presence);
        (_snapshot, _part, HadSnapshot) = (snapshot, 0, snapshot is not null);
        (_tape, _position) = (tape, position);
        (_whispers, _whisperPosition) = (whispers, whispers.Head);
        Mailbox.PostAlways(joined);
        _phase = Phase.Inside; // volatile: the pump sees all of the above
        snapshot?.AwaitBy(this);
    }

    /// <summary>
    /// The loop's: it still takes what was on the tape when it left, for a command that it gave before is answered there, and then
    /// <paramref name="lastWord"/>.
    /// </summary>
    public void Leave(ReadOnlyMemory<byte> lastWord = default)
    {
        (_end, _lastWord) = (_tape?.Head ?? 0, lastWord);
        _phase = _tape is null ? Phase.Gone : Phase.Leaving;
    }

    /// <summary>The pump's: true once, when it is first seen inside. Then <c>joined</c> is in the mailbox, whatever stood there a moment ago.</summary>
    public bool NoticeEntering()
    {
        if (_noticed || _phase is Phase.Outside or Phase.Gone)
            return false;
        return _noticed = true;
    }

    /// <summary>
    /// The pump's: the next bytes to write, always whole frames, and moves behind them. False where there are none. Where the tape has gone on
    /// without this member, <paramref name="fellBehind"/> says so: it must come back and resume.
    /// </summary>
    public bool TryTake(out ReadOnlyMemory<byte> bytes, out bool fellBehind)
    {
        (bytes, fellBehind) = (default, false);
        var phase = _phase;
        if (phase is Phase.Outside or Phase.Gone)
            return false;
        if (_snapshot is not null)
        {
            if (_snapshot.Frames is not { } frames)
                return false; // it is being made
            bytes = frames[_part++];
            if (_part == frames.Length)
                _snapshot = null;
            return true;
        }
        if (phase == Phase.Leaving)
            return TryTakeLast(out bytes);
        if (!Listens)
            return false;
        if (!_tape!.TryRead(_position, out bytes))
        {
            fellBehind = true;
            return false;
        }
        _position += bytes.Length;
        return bytes.Length > 0 || TryTakeWhisper(out bytes);
    }

    private bool TryTakeLast(out ReadOnlyMemory<byte> bytes)
    {
        if (Listens && _position < _end && _tape!.TryRead(_position, out bytes))
        {
            bytes = bytes[..(int)Math.Min(bytes.Length, _end - _position)];
            _position += bytes.Length;
            return true;
        }
        bytes = _lastWord;
        _phase = Phase.Gone;
        return bytes.Length > 0;
    }

    /// <summary>What is not stored is not worth lagging for: a member that is behind skips to the newest, and is told what it must not miss.</summary>
    private bool TryTakeWhisper(out ReadOnlyMemory<byte> bytes)
    {
        if (!_whispers!.TryRead(_whisperPosition, out bytes))
        {
            var lostFrom = _whisperPosition;
            _whisperPosition = _whispers.Head; // before it is noted: what comes from here on it takes by itself
            _whispers.NoteFallen(this, lostFrom);
        }
        _whisperPosition += bytes.Length;
        return bytes.Length > 0;
    }
}
