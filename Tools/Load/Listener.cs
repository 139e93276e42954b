using System.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>What one connection of a member hears: each frame is checked, counted and passed on, and no more of it is read than must be.</summary>
internal sealed class Listener(LoadMember member, Membership membership, LoadSite site)
{
    private readonly byte[] _project = Encoding.UTF8.GetBytes(member.Record.Id);
    private readonly Publisher _publisher = member.Publisher;

    /// <summary>Whether it got into its project.</summary>
    public bool HasHeld { get; private set; }

    /// <summary>Why the connection is to end, in the server's words; null where it said nothing.</summary>
    public string? EndCode { get; private set; }

    /// <summary>How long the server wants the member to stay away.</summary>
    public TimeSpan StayAway { get; private set; }

    public void Hear(ReadOnlyMemory<byte> frame)
    {
        site.Tally.CountReceived(frame.Length);
        var head = MessageHead.Read(frame.Span, _project);
        switch (head.Kind)
        {
            case HeadKind.Event:
                HearEvent(head.Seq, frame);
                break;
            case HeadKind.Broadcast:
                site.Tally.CountHeardBroadcast();
                if (member.Pace == Pace.Best && head.Seq > 0)
                    site.Broadcasts.Add(site.Time.GetElapsedTime(head.Seq));
                break;
            case HeadKind.Snapshot when !membership.Folds:
                HasHeld |= membership.HeardPart(head.Seq, head.Part, head.Parts);
                break;
            default:
                HearOther(frame);
                break;
        }
    }

    private void HearEvent(long seq, ReadOnlyMemory<byte> frame)
    {
        if (!membership.IsPossible(seq, 1))
            return;
        var isNext = membership.Check.Heard(seq);
        var heard = member.Record.Hear(member.Index, seq, frame);
        var mine = heard.Author == member.Index ? _publisher.Heard(heard.N) : null;
        var isCaughtUp = membership.IsCaughtUp(seq);
        site.Tally.CountDelivery(member.Pace != Pace.Best, isCaughtUp);
        if (heard.IntendedAt > 0 && member.Pace == Pace.Best)
            (isCaughtUp ? site.CatchUps : site.Deliveries).Add(site.Time.GetElapsedTime(heard.IntendedAt));
        // What cannot be understood was told of where it was heard first, or differs from that.
        if ((mine is null && !(membership.Folds && isNext)) || !site.Codec.TryDecode(frame.Span, out ServerMessage? message, out var _) || message is not ServerMessage.Happened happened)
            return;
        if (mine is { } sent && !Echo.IsOf(sent, happened.Event, site.Codec))
            site.Breaches.Add(new("content", member.Index, member.Record.Id, seq, $"says other than command {heard.N} said."));
        if (membership.Folds && isNext)
            membership.Apply(happened.Event);
    }

    private void HearOther(ReadOnlyMemory<byte> frame)
    {
        if (!site.Codec.TryDecode(frame.Span, out ServerMessage? message, out var fault))
        {
            membership.Tell(0, $"A frame cannot be understood: {fault!.Message}");
            return;
        }
        if (ProjectOf(message!) is { } other && other != member.Record.Id)
        {
            membership.Tell(0, $"a {message!.GetType().Name} of project {other}, which it never joined.");
            return;
        }
        switch (message)
        {
            case ServerMessage.Happened m:
                HearEvent(m.Event.Seq, frame);
                break;
            case ServerMessage.Joined m:
                Joined(m);
                break;
            case ServerMessage.Snapshot { Id: null } m:
                HasHeld |= membership.HeardPart(m);
                break;
            case ServerMessage.Broadcast:
                site.Tally.CountHeardBroadcast(); // not as this load writes it, so without a moment
                break;
            case ServerMessage.Ack m when !_publisher.HasSent(m.N):
                membership.Tell(m.Seq, $"an answer to command {m.N}, which was never sent.");
                break;
            case ServerMessage.Reject m when !_publisher.HasSent(m.N):
                membership.Tell(0, $"an answer to command {m.N}, which was never sent.");
                break;
            case ServerMessage.Ack m:
                _publisher.Acknowledged(m.N);
                break;
            case ServerMessage.Reject m:
                HearReject(m);
                break;
            case ServerMessage.State m:
                membership.HeardState(m);
                break;
            case ServerMessage.Ping m:
                _publisher.Say(new ClientMessage.Pong(m.T));
                break;
            case ServerMessage.Disconnect m:
                (EndCode, StayAway) = (m.Code, TimeSpan.FromMilliseconds(m.RetryAfterMs ?? 0));
                if (!m.Reconnect)
                    site.GiveUp($"{m.Code}: {m.Reason}");
                break;
            case ServerMessage.Error m:
                HearError(m);
                break;
            case ServerMessage.Connected or ServerMessage.Presence or ServerMessage.Unknown:
                break;
            default:
                membership.Tell(0, $"a {message!.GetType().Name} nobody asked for.");
                break;
        }
    }

    private static string? ProjectOf(ServerMessage message) => message switch
    {
        ServerMessage.Happened m => m.Project,
        ServerMessage.Joined m => m.Project,
        ServerMessage.Snapshot m => m.Project,
        ServerMessage.Broadcast m => m.Project,
        ServerMessage.Presence m => m.Project,
        ServerMessage.Ack m => m.Project,
        ServerMessage.Reject m => m.Project,
        ServerMessage.State m => m.Project,
        _ => null,
    };

    private void Joined(ServerMessage.Joined joined)
    {
        site.Register(joined.Session, member);
        membership.Joined(joined.Head, joined.Recovered);
        foreach (var outcome in joined.Outcomes.Where(outcome => outcome.Fate == Fate.Done))
            _publisher.Acknowledged(outcome.N);
        _publisher.Joined(joined.Outcomes.Where(outcome => outcome.Fate == Fate.Unknown).Select(outcome => outcome.N));
        if (!joined.Recovered)
            return;
        membership.Arrived(isRecovered: true);
        HasHeld = true;
    }

    private void HearReject(ServerMessage.Reject reject)
    {
        site.Tally.CountReject(reject.Refusal.Code.Word());
        if (reject.Refusal.Code is ErrorCode.RateLimited or ErrorCode.Unavailable)
        {
            _publisher.RefusedForNow(reject.N, TimeSpan.FromMilliseconds(reject.RetryAfterMs ?? 1000));
            return;
        }
        site.Breaches.Add(new("refused", member.Index, member.Record.Id, 0, $"command {reject.N}: {reject.Refusal.Code.Word()}: {reject.Refusal.Message}"));
        _publisher.Refused(reject.N);
    }

    /// <summary>Nothing is asked but to join, so an error is about that.</summary>
    private void HearError(ServerMessage.Error error)
    {
        EndCode = error.Code.Word();
        StayAway = TimeSpan.FromMilliseconds(error.RetryAfterMs ?? 1000);
        if (!error.Code.IsRetryable())
            site.GiveUp($"{error.Code.Word()}: {error.Message}");
        member.Abort();
    }
}
