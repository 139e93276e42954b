using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What passes between the line and the replica. All of it runs on the line's loops, under the lock.</summary>
public sealed partial class EventOnlyClient
{
    private const int OutboxMax = 1024;
    private const double RttWeight = 0.2;

    /// <summary>A command unanswered for so long, on a line that is there, means trouble.</summary>
    private static readonly TimeSpan s_stuck = TimeSpan.FromSeconds(8);

    private readonly Queue<ClientMessage> _outbox = [];
    private readonly WireCodec _codec = new(WireLimits.Trusted);
    private readonly Utf8Buffer _output = new();
    private AnnouncedLimits? _limits; // null until the server has told
    private string _joinId = "";
    private TimeSpan _rtt;
    private TimeSpan _clockOffset;
    private long _answeredAt; // when we were connected, or something pending was answered, or pending began
    private Resume? _lastResume;

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));

    private void SayHello()
    {
        lock (_gate)
        {
            _joinId = _requests.NewId('j');
            _pacer.Joining();
            _outbox.Enqueue(new ClientMessage.Connect(_options.UserName, _token.Value, "EventOnly.Client", ThisVersion));
            _outbox.Enqueue(_replica.Join(_joinId, _pacer.Own));
        }
    }

    private static string? ThisVersion => typeof(EventOnlyClient).Assembly.GetName().Version?.ToString(3);

    /// <summary>The next frame to send, valid until the next call: there is one writer.</summary>
    private ReadOnlyMemory<byte>? NextToSend()
    {
        lock (_gate)
        {
            while (NextMessage() is { } message)
            {
                _output.Clear();
                WireCodec.Encode(_output, message);
                if (message is ClientMessage.Submit submit && _limits is not null
                    && CommandLimits.Judge(submit.Command, _output.Written, _limits) is { } refusal)
                {
                    // Refused in the server's place: it leaves the view with what depends on it, and their callers are told.
                    Obey(_replica.Refuse(submit.N, refusal));
                    _pulse.Beat();
                    continue;
                }
                _options.OnFrame?.Invoke(true, _output.WrittenMemory);
                _telemetry.Sent(_output.Length);
                return _output.WrittenMemory;
            }
            return null;
        }
    }

    private ClientMessage? NextMessage()
    {
        if (_outbox.TryDequeue(out var message))
            return message;
        return _replica.IsJoined ? TakePresence() ?? _requests.Next() ?? NextCommand() : null;
    }

    private static Refusal TooLarge(int bytesMax) => new(ErrorCode.TooLarge, $"It is over {bytesMax} bytes.");

    private LineEnd? Hear(ReadOnlyMemory<byte> frame)
    {
        LineEnd? end;
        lock (_gate)
        {
            _options.OnFrame?.Invoke(false, frame);
            _telemetry.Received(frame.Length);
            end = _codec.TryDecode(frame.Span, out ServerMessage? message, out var fault) ? Take(message!) : TakeNonsense(fault!);
        }
        _pulse.Beat();
        _line.Wake();
        return end;
    }

    /// <summary>What is no JSON says nothing. What has the wrong shape may have been an event: the line is given up, and a snapshot shows what there is.</summary>
    private LineEnd? TakeNonsense(FrameFault fault)
    {
        Report("bad_frame", fault.Message);
        if (fault.Detail == ErrorDetails.BadJson)
            return null;
        _replica.Doubt();
        return LineEnd.Of(CloseCode.ProtocolError) with { Reason = "A message could not be understood." };
    }

    private LineEnd? Take(ServerMessage message)
    {
        switch (message)
        {
            case ServerMessage.Connected m:
                _line.Greeted(m.PingIntervalMs);
                _requests.InFlightMax = Math.Max(1, m.Limits.QueriesInFlight);
                _limits = m.Limits;
                _token.Accepted();
                if (_rtt == TimeSpan.Zero)
                    _clockOffset = DateTimeOffset.FromUnixTimeMilliseconds(m.TimeMs) - _options.Time.GetUtcNow(); // a first guess, good to half a round trip
                return null;
            case ServerMessage.Ping m:
                _outbox.Enqueue(new ClientMessage.Pong(m.T));
                return null;
            case ServerMessage.Pong m:
                MeasureRtt(m);
                return null;
            case ServerMessage.Disconnect m:
                return LineEnd.OfDisconnect(m);
            case ServerMessage.Error m when m.Id == _joinId || m.Id is null:
                return TakeError(m);
            case ServerMessage.Broadcast m when m.Session == _replica.Session:
                return null; // all members get the same bytes, so we hear our own
            case ServerMessage.Broadcast m:
                _broadcasts.Publish(m, () => new SubscriberTooSlowException(_replica.Seq));
                return null;
            case ServerMessage.HistoryResult m:
                _requests.TryTake(m);
                return Obey(_replica.Receive(m)); // it tells the floor
            default:
                if (_requests.TryTake(message))
                    return null;
                var effects = _replica.Receive(message, _options.Time.GetUtcNow().ToUnixTimeMilliseconds());
                TellPresence(message);
                return Obey(effects);
        }
    }

    /// <summary>An error of the join decides about the line; one without an id is about a frame of ours that was not understood.</summary>
    private LineEnd? TakeError(ServerMessage.Error error)
    {
        if (error.Id is null)
            return Report(error.Code.Word(), error.Message);
        return error.Code.IsRetryable() || error.Code == ErrorCode.Exists
            ? new(error.Code.Word(), error.Message, CloseAdvice.BackOff, error.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null)
            : new(error.Code.Word(), error.Message, CloseAdvice.Stop);
    }

    private LineEnd? Obey(ImmutableArray<ReplicaEffect> effects, CancellationToken withdrawnBy = default)
    {
        LineEnd? end = null;
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case ReplicaEffect.Settled settled:
                    _answeredAt = _options.Time.GetTimestamp();
                    foreach (var owner in TakeOwners(settled.Command))
                        owner.TrySetResult(settled.Ack);
                    break;
                case ReplicaEffect.Failed failed:
                    var refused = new RejectedException(failed.Refusal, failed.RetryAfterMs);
                    ForgetSteps(failed.Command);
                    foreach (var owner in TakeOwners(failed.Command))
                        owner.TrySetException(refused);
                    _rejections.Publish(new(failed.Command.Command, refused, failed.Reverted), () => new SubscriberTooSlowException(_replica.Seq));
                    break;
                case ReplicaEffect.Withdrawn withdrawn:
                    ForgetSteps(withdrawn.Command);
                    foreach (var owner in TakeOwners(withdrawn.Command))
                        owner.TrySetCanceled(withdrawnBy);
                    break;
                case ReplicaEffect.Edited { Origin: not ChangeOrigin.Local } or ReplicaEffect.EditConfirmed or ReplicaEffect.EditRefused:
                    TellText(effect);
                    break;
                case ReplicaEffect.Changed changed:
                    _changes.Publish(changed.Change, () => new SubscriberTooSlowException(_replica.Seq));
                    break;
                case ReplicaEffect.Conflicted conflicted:
                    _conflicts.Publish(conflicted.Conflict, () => new SubscriberTooSlowException(_replica.Seq));
                    break;
                case ReplicaEffect.Happened { Event: var happened }:
                    _events.Publish(happened, () => new SubscriberTooSlowException(happened.Seq - 1));
                    break;
                case ReplicaEffect.Replaced replaced:
                    TellText(replaced);
                    if (replaced is { MissedFrom: { } from, Seq: var seq } && from <= seq)
                        _events.EndAll(new EventsMissedException(from, seq));
                    break;
                case ReplicaEffect.Live live:
                    if (live.Missed is null)
                        _steps.Clear(); // of another journal
                    (_lastResume, _answeredAt) = (new(live.Mode, live.Missed), _options.Time.GetTimestamp());
                    _telemetry.Resumed(live.Mode);
                    _line.Held();
                    Move(LineMove.Held);
                    break;
                case ReplicaEffect.Wait wait:
                    ReleaseLater(wait);
                    break;
                case ReplicaEffect.Trouble trouble:
                    Report(trouble.Code, trouble.Message);
                    break;
                case ReplicaEffect.Diverged diverged:
                    TellDivergence(diverged.Message);
                    break;
                case ReplicaEffect.Heal heal:
                    Mend(heal);
                    break;
                case ReplicaEffect.Rejoin:
                    Rejoin();
                    break;
                case ReplicaEffect.Restart:
                    end = LineEnd.Of(CloseCode.ProtocolError) with { Reason = "The events do not fit together." };
                    break;
            }
        }
        EndTexts(effects);
        return end;
    }

    private TaskCompletionSource<Ack>? TakeOwner(long ticket) => _owners.Remove(ticket, out var owner) ? owner : null;

    private IEnumerable<TaskCompletionSource<Ack>> TakeOwners(PendingCommand command) => command.Tickets.Select(TakeOwner).OfType<TaskCompletionSource<Ack>>();

    private void ForgetSteps(PendingCommand command) => command.Tickets.ForEach(_steps.Failed);

    private void ReleaseLater(ReplicaEffect.Wait wait)
    {
        ITimer? timer = null;
        timer = _options.Time.CreateTimer(
            _ =>
            {
                lock (_gate)
                {
                    _replica.Release(wait.N);
                    timer?.Dispose();
                }
                _line.Wake();
            },
            null, TimeSpan.FromMilliseconds(wait.Ms), Timeout.InfiniteTimeSpan);
    }

    private LineEnd? Report(string code, string message)
    {
        _options.OnTrouble?.Invoke(new(code, message));
        return null;
    }

    private void Ping()
    {
        var now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_gate)
            _outbox.Enqueue(new ClientMessage.Ping(CanonicalValue.Of(now)));
        _line.Wake();
    }

    private void MeasureRtt(ServerMessage.Pong pong)
    {
        if (pong.T.AsInteger() is not { } then)
            return;
        var now = _options.Time.GetUtcNow();
        var sample = now - DateTimeOffset.FromUnixTimeMilliseconds(then);
        if (sample < TimeSpan.Zero)
            return; // our clock was set back, or nobody asked
        _rtt = _rtt == TimeSpan.Zero ? sample : _rtt + (sample - _rtt) * RttWeight;
        _clockOffset = DateTimeOffset.FromUnixTimeMilliseconds(pong.TimeMs) - (now - sample / 2);
    }

    private void GoOffline(LineEnd end, int attempt, TimeSpan pause)
    {
        _telemetry.Reconnecting();
        lock (_gate)
        {
            Move(LineMove.Lost, end, attempt, pause);
            _replica.Off();
            FadePresence();
            _outbox.Clear();
            _requests.FailAll(new OfflineException());
        }
        _pulse.Beat();
    }
}
