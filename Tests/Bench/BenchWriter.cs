using System.Collections.Immutable;
using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Bench;

/// <summary>
/// A member that changes its one entity again and again: the next command goes out when the one before is acknowledged. All it does happens in
/// its project's turn; it has no thread of its own, so that 256 of them cost next to nothing.
/// </summary>
internal sealed class BenchWriter : IPeer
{
    private const int Idle = 0, Pumping = 1, LookAgain = 2;

    private static readonly JsonFields s_data = JsonFields.Parse("""{"title":""}"""u8);

    private static readonly ImmutableArray<JsonFields> s_patches =
        [JsonFields.Parse("""{"title":"The quick brown fox jumps over the lazy dog, again."}"""u8), JsonFields.Parse("""{"title":"The lazy dog jumps over the quick brown fox, again."}"""u8)];

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WireCodec _codec = new(WireLimits.Trusted);
    private readonly ProjectLoop _loop;
    private readonly AppendGate _gate;
    private readonly Func<long, long, Command>? _commands;
    private readonly Mailbox _mailbox = new(1 << 20);
    private readonly Member _member;
    private long _sentAt;
    private int _pump = Idle;

    /// <param name="commands">Gives the command of a number, told the seq of the one before; left out, its one entity is changed.</param>
    public BenchWriter(string session, string project, ProjectLoop loop, AppendGate gate, Func<long, long, Command>? commands = null)
    {
        (Session, Project, _loop, _gate, _commands) = (session, project, loop, gate, commands);
        _member = new("bench", this);
    }

    public string Session { get; }

    public string Project { get; }

    /// <summary>The seq of each command that was acknowledged, that of <c>n</c> 1 first.</summary>
    public List<long> Acked { get; } = [];

    /// <summary>What was measured while the gate said so.</summary>
    public Histogram Durations { get; } = new();

    /// <summary>Completes when the gate has closed and nothing is under way.</summary>
    public Task Done => _done.Task;

    public static Command CommandOf(string session, long n) => n == 1 ? new Command.Create(session, "card", s_data) : new Command.Patch(session, s_patches[(int)(n & 1)], null);

    public void Enter() => Bring(new Inbound.Enter(_member, Session, new("j", Project, Session, null, [], Listen: false, null)));

    private void Bring(Inbound inbound)
    {
        var brought = _loop.BringAsync(inbound, CancellationToken.None);
        if (!brought.IsCompletedSuccessfully || !brought.Result) // the inbox has room for all writers, so it never waits
            throw new BrokenPromiseException("A project has ended.");
    }

    private void Submit()
    {
        var n = Acked.Count + 1;
        _sentAt = Stopwatch.GetTimestamp();
        Bring(new Inbound.Submit(_member, n, _commands is null ? CommandOf(Session, n) : _commands(n, n == 1 ? 0 : Acked[^1])));
    }

    Mailbox IPeer.Mailbox => _mailbox;

    void IPeer.End(CloseCode code) => _done.TrySetException(new BrokenPromiseException($"A writer was sent away: {code}."));

    /// <summary>Shards of a large project wake from several threads: who comes second has the first look once more.</summary>
    void IPeer.Wake()
    {
        if (Interlocked.Exchange(ref _pump, LookAgain) != Idle)
            return;
        do
        {
            Interlocked.Exchange(ref _pump, Pumping);
            TakeAll();
        }
        while (Interlocked.CompareExchange(ref _pump, Idle, Pumping) != Pumping);
    }

    private void TakeAll()
    {
        while (_mailbox.TryTake(out var frame) || _member.TryTake(out frame, out _))
        {
            var head = (frame.Span[1] & 0x7F) switch { 126 => 4, 127 => 10, _ => 2 }; // RFC 6455 section 5.2
            if (!_codec.TryDecode(frame.Span[head..], out ServerMessage? message, out _))
                throw new BrokenPromiseException("What a writer was told cannot be read.");
            Take(message!);
        }
    }

    private void Take(ServerMessage message)
    {
        switch (message)
        {
            case ServerMessage.Joined:
                Submit();
                break;
            case ServerMessage.Ack ack:
                if (_gate.ShallCount())
                    Durations.Add(Stopwatch.GetElapsedTime(_sentAt));
                if (ack.N != Acked.Count + 1)
                    _done.TrySetException(new BrokenPromiseException($"{Session} was told about {ack.N} when {Acked.Count + 1} was under way."));
                Acked.Add(ack.Seq);
                if (_gate.TryGoOn())
                    Submit();
                else
                    _done.TrySetResult();
                break;
            case ServerMessage.Reject reject:
                _done.TrySetException(new BrokenPromiseException($"A command was refused: {reject.Refusal.Code}."));
                break;
        }
    }
}

/// <summary>Tells all writers of a row whether to go on, and whether what they measure counts.</summary>
/// <param name="eventsMax">Events after which nobody goes on.</param>
internal sealed class AppendGate(int eventsMax)
{
    private long _events;
    private readonly TaskCompletionSource _counted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isMeasuring;
    private volatile bool _isClosed;

    /// <summary>Completes with the first event that counts.</summary>
    public Task Counted => _counted.Task;

    /// <summary>Whether an event that was just acknowledged counts.</summary>
    public bool ShallCount()
    {
        if (_isMeasuring)
            _counted.TrySetResult();
        return _isMeasuring;
    }

    public bool TryGoOn() => Interlocked.Increment(ref _events) < eventsMax && !_isClosed;

    public void Measure() => _isMeasuring = true;

    /// <summary>Ends the measuring, then the row.</summary>
    public void Close() => (_isMeasuring, _isClosed) = (false, true);
}
