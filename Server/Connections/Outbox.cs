using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;

namespace EventOnly.Server.Connections;

/// <summary>
/// What one connection has to write, in order: its mailbox first, then for each project it is in whatever stands between its position and the
/// head; and in turns with that, byte for byte, what is in its bulk lane, so that neither keeps the other from ever being written. Pure: bytes out,
/// no waiting. Anyone may change who is in it; one pump takes.
/// </summary>
internal sealed class Outbox(Mailbox mailbox)
{
    private Member[] _members = [];
    private BulkLane? _bulk; // made when something large is asked for, which few connections do
    private volatile byte[]? _lastWords;
    private volatile bool _drain;
    private int _membersTurn; // bytes that the members may take before there is bulk again; the pump's

    /// <summary>Where large answers go.</summary>
    public BulkLane Bulk
    {
        get
        {
            if (Volatile.Read(ref _bulk) is { } bulk)
                return bulk;
            Interlocked.CompareExchange(ref _bulk, new(), null);
            if (_lastWords is not null)
                _bulk.Close(); // the end may not have seen it
            return _bulk;
        }
    }

    /// <summary>Whether what was taken last is part of something large: a snapshot, a page. The pump's.</summary>
    public bool IsLarge { get; private set; }

    /// <summary>Whether a member's tape went on without it. The connection is to come back and resume.</summary>
    public bool FellBehind { get; private set; }

    /// <summary>Whether the last words have been taken: nothing follows. The pump's.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Takes in a member. Those that have left stay until they have said their last word.</summary>
    public void Add(Member member)
    {
        Member[] before;
        do
            before = Volatile.Read(ref _members);
        while (Interlocked.CompareExchange(ref _members, [.. before.Where(other => !other.IsGone), member], before) != before);
    }

    /// <summary>Sets what is said last. With <paramref name="drain"/> all that is waiting is said before it.</summary>
    public void End(byte[] lastWords, bool drain)
    {
        _drain = drain;
        _lastWords = lastWords;
        Interlocked.MemoryBarrier(); // whoever makes the lane now sees the last words, or we see the lane
        Volatile.Read(ref _bulk)?.Close();
    }

    /// <summary>The next bytes to write: whole frames, shared with others, not to be kept.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        IsLarge = false;
        if (IsSpent)
            return false;
        if (_lastWords is null || _drain)
        {
            if (mailbox.TryTake(out bytes) || (_membersTurn <= 0 && TryTakeBulk(out bytes)))
                return true;
            foreach (var member in Volatile.Read(ref _members))
            {
                if (member.NoticeEntering() && mailbox.TryTake(out bytes))
                    return true;
                if (member.TryTake(out bytes, out var fellBehind))
                {
                    _membersTurn -= Math.Min(_membersTurn, bytes.Length);
                    IsLarge = member.IsBeforeTail;
                    return true;
                }
                FellBehind |= fellBehind;
            }
            if (FellBehind && _lastWords is null)
                return false; // it is to end: what waits in the lane would only keep it from being told
            if (TryTakeBulk(out bytes))
                return true;
        }
        if (_lastWords is not { } last)
            return false;
        IsSpent = true;
        bytes = last;
        return true;
    }

    private bool TryTakeBulk(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (Volatile.Read(ref _bulk)?.TryTake(out bytes) != true)
            return false;
        _membersTurn = bytes.Length;
        return IsLarge = true;
    }

    /// <summary>Says why, then closes.</summary>
    public static byte[] Farewell(CloseCode code, bool announced, int? retryAfterMs)
    {
        var close = FrameHeader.Close(code);
        if (!announced)
            return close;
        var row = code.Describe();
        var output = new Utf8Buffer();
        WireCodec.EncodeFrame(output, new ServerMessage.Disconnect(row.Word, row.Reason, row.Advice != CloseAdvice.Stop, retryAfterMs));
        return [.. output.Written, .. close];
    }
}
