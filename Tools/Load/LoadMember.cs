using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>
/// One headless client in one project: a connection that is made anew whenever it ends, resumes by <c>since</c>, checks all that it hears, and
/// reads no more of a frame than it must.
/// </summary>
/// <param name="folds">Whether it also folds the events to a state.</param>
internal sealed class LoadMember(int index, LoadSite site, ProjectRecord record, Pace pace, bool folds)
{
    private readonly byte[] _project = Encoding.UTF8.GetBytes(record.Id);
    private readonly MemberCheck _check = new(index, record.Id, site.Breaches);
    private readonly ReadOnlyMemory<byte> _connect = Encoded(new ClientMessage.Connect(
        site.Plan.Token is null ? $"load-{index.ToString(CultureInfo.InvariantCulture)}" : null, site.Plan.Token, "eventonly load", "1"));
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Entity> _entities = [];
    private StateBuilder? _state;
    private volatile EventOnlyConnection? _connection;
    private volatile bool _isReady;
    private long _heardAt;
    private long _joinedSeq;
    private bool _hasJoined;
    private TimeSpan _stayAway;
    private string? _endCode;
    private bool _hasHeld;

    public int Index => index;

    public ProjectRecord Record => record;

    public Pace Pace => pace;

    public bool Folds => folds;

    public MemberCheck Check => _check;

    public Publisher Publisher { get; } = new(site, index, record.Id);

    /// <summary>Completes when it is in its project for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Where it stands, or null while it is not in its project.</summary>
    public Position? Position => _isReady ? _check.Position : null;

    /// <summary>What it folded; not while it hears events.</summary>
    public ProjectState? State => _state?.ToState();

    /// <summary>Drops the line without a goodbye; it comes back by itself.</summary>
    public void Abort() => _connection?.Abort();

    /// <summary>Drops a line that has been silent for so long. The server pings, so silence means that it is gone.</summary>
    public void AbortIfSilent(TimeSpan limit)
    {
        if (_connection is not null && site.Time.GetElapsedTime(Volatile.Read(ref _heardAt)) > limit)
            Abort();
    }

    /// <summary>Comes, and comes back, until the load is over.</summary>
    public async Task RunAsync()
    {
        var random = new Random(HashCode.Combine(site.Plan.Seed, index));
        for (var attempt = 0; !site.Stopping.IsCancellationRequested; attempt++)
        {
            (_endCode, _stayAway) = (null, TimeSpan.Zero);
            try
            {
                await HoldAsync();
            }
            catch (ProtocolException refusal)
            {
                if (refusal.Code == "unsupported_version")
                    site.GiveUp(refusal.Message);
                site.Breaches.Add(new("protocol", index, record.Id, 0, refusal.Message));
                _endCode ??= refusal.Code;
            }
            catch (Exception failure) when (failure is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                site.LastFailure = failure.Message;
                _endCode ??= "lost";
            }
            catch (Exception fault) // whatever it was told made it fail: that is for the report, not for the end of the run
            {
                Tell(0, $"this client failed: {fault.GetType().Name}: {fault.Message}");
                _endCode ??= "lost";
            }
            if (site.Stopping.IsCancellationRequested)
                return;
            site.Tally.CountEnd(_endCode ?? "lost");
            attempt = _hasHeld ? 0 : attempt;
            var pause = site.Reconnect.Pause(attempt, random);
            await Task.Delay(pause > _stayAway ? pause : _stayAway, site.Time, site.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One connection, from dialling to its end.</summary>
    private async Task HoldAsync()
    {
        _hasHeld = false;
        var connection = await DialAsync();
        await using var _ = connection.ConfigureAwait(false);
        var paces = new Paces(pace, site.Time, site.Settling);
        Volatile.Write(ref _heardAt, site.Time.GetTimestamp());
        _connection = connection;
        try
        {
            site.Tally.CountOpened();
            Publisher.Opened(connection);
            Publisher.Say(_connect);
            Publisher.Say(Encoded(new ClientMessage.Join(
                "j", record.Id, $"load_{site.RunId}_{index}", _check.Since, [.. Publisher.OpenNumbers], Listen: true, Presence: null)));
            if (site.Stopping.IsCancellationRequested)
                return;
            while (await connection.ReceiveAsync(CancellationToken.None) is { } frame)
            {
                Volatile.Write(ref _heardAt, site.Time.GetTimestamp());
                Hear(frame);
                await paces.PauseAsync();
            }
            _endCode ??= WordOf(connection.CloseCode);
        }
        finally
        {
            _connection = null;
            if (_isReady)
                site.Tally.CountLeft();
            _isReady = false;
            connection.Abort();
            await Publisher.ClosedAsync();
        }
    }

    private async Task<EventOnlyConnection> DialAsync()
    {
        using var timeout = new CancellationTokenSource(site.DialTimeout, site.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(site.Stopping, timeout.Token);
        return await EventOnlyConnection.ConnectAsync(site.Uri, site.OptionsOf(index, pace != Pace.Best), either.Token);
    }

    private void Hear(ReadOnlyMemory<byte> frame)
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
                if (pace == Pace.Best && head.Seq > 0)
                    site.Broadcasts.Add(site.Time.GetElapsedTime(head.Seq));
                break;
            case HeadKind.Snapshot when !folds:
                if (_check.HeardPart(head.Seq, head.Part, head.Parts))
                    Restored(head.Seq);
                break;
            default:
                HearOther(frame);
                break;
        }
    }

    private void HearEvent(long seq, ReadOnlyMemory<byte> frame)
    {
        if (!IsPossible(seq, 1))
            return;
        var isNext = _check.Heard(seq);
        var heard = record.Hear(index, seq, frame);
        var mine = heard.Author == index ? Publisher.Heard(heard.N) : null;
        var isCaughtUp = seq <= _joinedSeq;
        site.Tally.CountDelivery(pace != Pace.Best, isCaughtUp);
        if (heard.IntendedAt > 0 && pace == Pace.Best)
            (isCaughtUp ? site.CatchUps : site.Deliveries).Add(site.Time.GetElapsedTime(heard.IntendedAt));
        // What cannot be understood was told of where it was heard first, or differs from that.
        if ((mine is null && !(folds && isNext)) || !site.Codec.TryDecode(frame.Span, out ServerMessage? message, out var _) || message is not ServerMessage.Happened happened)
            return;
        if (mine is { } sent && !Echo.IsOf(sent, happened.Event, site.Codec))
            site.Breaches.Add(new("content", index, record.Id, seq, $"says other than command {heard.N} said."));
        if (folds && isNext)
            _state?.Apply(happened.Event);
    }

    /// <summary>A project is this run's own: it has no more events than commands were sent. What is beyond must not take memory.</summary>
    private bool IsPossible(long seq, long first)
    {
        var max = site.Tally.Sent + site.Tally.Retried;
        if (seq >= first && seq <= max)
            return true;
        Tell(seq, $"no such seq can be: {max} commands were sent.");
        return false;
    }

    private void Tell(long seq, string detail) => site.Breaches.Add(new("protocol", index, record.Id, seq, detail));

    private void HearOther(ReadOnlyMemory<byte> frame)
    {
        if (!site.Codec.TryDecode(frame.Span, out ServerMessage? message, out var fault))
        {
            Tell(0, $"A frame cannot be understood: {fault!.Message}");
            return;
        }
        if (ProjectOf(message!) is { } other && other != record.Id)
        {
            Tell(0, $"a {message!.GetType().Name} of project {other}, which it never joined.");
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
                HearPart(m);
                break;
            case ServerMessage.Broadcast:
                site.Tally.CountHeardBroadcast(); // not as this load writes it, so without a moment
                break;
            case ServerMessage.Ack m when !Publisher.HasSent(m.N):
                Tell(m.Seq, $"an answer to command {m.N}, which was never sent.");
                break;
            case ServerMessage.Reject m when !Publisher.HasSent(m.N):
                Tell(0, $"an answer to command {m.N}, which was never sent.");
                break;
            case ServerMessage.Ack m:
                Publisher.Acknowledged(m.N);
                break;
            case ServerMessage.Reject m:
                HearReject(m);
                break;
            case ServerMessage.Ping m:
                Publisher.Say(Encoded(new ClientMessage.Pong(m.T)));
                break;
            case ServerMessage.Disconnect m:
                (_endCode, _stayAway) = (m.Code, TimeSpan.FromMilliseconds(m.RetryAfterMs ?? 0));
                if (!m.Reconnect)
                    site.GiveUp($"{m.Code}: {m.Reason}");
                break;
            case ServerMessage.Error m:
                HearError(m);
                break;
            case ServerMessage.Connected or ServerMessage.Presence or ServerMessage.Unknown:
                break;
            default:
                Tell(0, $"a {message!.GetType().Name} nobody asked for.");
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
        _ => null,
    };

    private void Joined(ServerMessage.Joined joined)
    {
        IsPossible(joined.Head.Seq, 0);
        site.Register(joined.Session, this);
        _check.Joined(joined.Head, joined.Recovered);
        _joinedSeq = _hasJoined ? joined.Head.Seq : 0;
        _entities.Clear();
        foreach (var outcome in joined.Outcomes.Where(outcome => outcome.Fate == Fate.Done))
            Publisher.Acknowledged(outcome.N);
        Publisher.Joined(joined.Outcomes.Where(outcome => outcome.Fate == Fate.Unknown).Select(outcome => outcome.N));
        if (joined.Recovered)
            Arrived(isRecovered: true);
    }

    private void HearPart(ServerMessage.Snapshot part)
    {
        _entities.AddRange(part.Entities);
        if (!_check.HeardPart(part.Seq, part.Part, part.Parts))
            return;
        var state = ProjectState.FromSnapshot(part.Seq, _entities);
        _entities.Clear();
        if (part.Hash != state.Hash)
            site.Breaches.Add(new("hash", index, record.Id, part.Seq, $"the snapshot says {part.Hash}, its entities make {state.Hash}."));
        _state = new(state);
        Restored(part.Seq);
    }

    private void Restored(long seq)
    {
        IsPossible(seq, 0);
        _check.Restored(seq);
        Arrived(isRecovered: false);
    }

    private void Arrived(bool isRecovered)
    {
        site.Tally.CountJoined(!_hasJoined, isRecovered);
        (_isReady, _hasJoined, _hasHeld) = (true, true, true);
        _ready.TrySetResult();
    }

    private void HearReject(ServerMessage.Reject reject)
    {
        site.Tally.CountReject(reject.Refusal.Code.Word());
        if (reject.Refusal.Code is ErrorCode.RateLimited or ErrorCode.Unavailable)
        {
            Publisher.RefusedForNow(reject.N, TimeSpan.FromMilliseconds(reject.RetryAfterMs ?? 1000));
            return;
        }
        site.Breaches.Add(new("refused", index, record.Id, 0, $"command {reject.N}: {reject.Refusal.Code.Word()}: {reject.Refusal.Message}"));
        Publisher.Refused(reject.N);
    }

    /// <summary>Nothing is asked but to join, so an error is about that.</summary>
    private void HearError(ServerMessage.Error error)
    {
        _endCode = error.Code.Word();
        _stayAway = TimeSpan.FromMilliseconds(error.RetryAfterMs ?? 1000);
        if (!error.Code.IsRetryable())
            site.GiveUp($"{error.Code.Word()}: {error.Message}");
        Abort();
    }

    private static string WordOf(int? closeCode) =>
        closeCode is { } code && Enum.IsDefined((CloseCode)code) ? ((CloseCode)code).Describe().Word : $"close_{closeCode}";

    private static ReadOnlyMemory<byte> Encoded(ClientMessage message)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message);
        return output.Written.ToArray();
    }
}
