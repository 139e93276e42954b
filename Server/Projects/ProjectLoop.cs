using System.Threading.Channels;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>
/// The shell around one <see cref="Project"/>: waits for what comes in and for the journal, and owns no rule.
/// <code>
///   inbox -> turn: joins, leaves, whispers at once; commands gathered -> Drafts: decide -> journal -> Commit -> fan-out
///     ^--------------------- next turn, while the journal records --------------------'
/// </code>
/// A fault ends the loop and sends its members away; the next join opens the project anew from its journal. Retired while nobody is in, it takes
/// no more joins and ends.
/// </summary>
internal sealed class ProjectLoop
{
    /// <summary>What an event is larger than its command, about: seq, time, author and session.</summary>
    private const int EventBytesMore = 200;

    /// <summary>When to try again where the project is full.</summary>
    private const int FullRetryMs = 5000;

    /// <summary>Turns after which a loop that never has to wait lets others have the thread.</summary>
    public const int TurnsInARow = 16;

    /// <summary>Members from which on a pass costs so much more than another turn of the pool that those who just sent something are let in first.</summary>
    private const int CrowdMembers = 64;

    private readonly string _id;
    private readonly Project _project;
    private readonly Keeper _keeper;
    private readonly SnapshotMaker _maker;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ServerMetrics _metrics;
    private readonly int _batchMax;
    private readonly int _batchBytesMax;
    private readonly FanOut _fanOut = new(Environment.ProcessorCount);
    private readonly Gathering _gathering;
    private readonly Channel<Inbound> _inbox;
    private readonly Drafts _drafts;
    private readonly LoopClock _clock;
    private readonly Lock _retiring = new();
    private Turn? _turn;
    private Task<bool>? _incoming;
    private long? _idleSince;
    private long _lastTurnAt;
    private long _bytes;
    private int _members;
    private bool _hasRetired;
    private volatile bool _hasUntoldState;

    public ProjectLoop(string id, Project project, IJournal journal, Keeper keeper, ProjectOptions options, TimeProvider time, ILogger logger, ServerMetrics metrics)
    {
        (_id, _project, _keeper, _time, _logger, _metrics, _batchMax) = (id, project, keeper, time, logger, metrics, options.BatchMax);
        _drafts = new(id, project, journal, time, metrics);
        _maker = new(id, metrics, logger);
        _gathering = new(options.Gather, time);
        _clock = new(time, () => TryBring(Inbound.Beat.Instance)); // where the inbox is full there is a turn anyway
        project.Missed = _clock.RemindNow;
        _idleSince = _lastTurnAt = time.GetTimestamp();
        _bytes = project.Bytes;
        _batchBytesMax = options.TapeBytesMax / 4; // what is under way may not throw those off the tape who read as fast as can be
        // Wait: a connection whose project is busy is read no further; nothing is dropped.
        _inbox = Channel.CreateBounded<Inbound>(new BoundedChannelOptions(options.InboxMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    public long Floor => _keeper.Floor;

    /// <summary>Bytes of memory that the project holds, about, as of its last turn.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Adds how it stands. May be asked from any thread.</summary>
    public void AddTo(ref Census census)
    {
        census.AddProject(Bytes, Volatile.Read(ref _members), _inbox.Reader.Count);
        foreach (var member in _project.Members.All)
            census.AddMember(member.LagBytes);
    }

    /// <summary>Since when nobody is in and nothing is to be done, as a timestamp of the clock; null where that is not so.</summary>
    public long? IdleSince
    {
        get
        {
            lock (_retiring)
                return _hasRetired ? null : _idleSince;
        }
    }

    /// <summary>Whether it has ended, or is about to, because nobody was in: whoever wants to join finds the next loop of the project.</summary>
    public bool HasRetired => Volatile.Read(ref _hasRetired);

    /// <summary>Ends the loop if nobody is in and nobody is about to be. False where somebody is.</summary>
    public bool TryRetire()
    {
        lock (_retiring) // in which no join gets into the inbox
        {
            if (_hasRetired || _idleSince is null || _inbox.Reader.Count > 0)
                return false;
            _hasRetired = true;
            _inbox.Writer.TryComplete();
            return true;
        }
    }

    /// <summary>Has it tell what may be due, and let go of what is needed while things happen only where nothing has happened for so long. Costs nothing
    /// where there is nothing of either.</summary>
    public void Sweep(TimeSpan quiet)
    {
        if (_hasUntoldState)
            _clock.RemindNow();
        var last = Volatile.Read(ref _lastTurnAt);
        if (!_hasUntoldState && last != 0 && IdleSince is null && _time.GetElapsedTime(last) >= quiet)
            _inbox.Writer.TryWrite(Inbound.Quiet.Instance);
    }

    /// <summary>Whether a command would be refused in a state. Appends nothing.</summary>
    public Refusal? Validate(ProjectState state, Command command) => _project.Validate(state, command);

    /// <summary>The state after all that the member said before; null where it is none, or the loop has ended.</summary>
    public async Task<ProjectState?> LookAsync(Member from, CancellationToken cancelled)
    {
        var seen = new TaskCompletionSource<ProjectState?>(TaskCreationOptions.RunContinuationsAsynchronously);
        return await BringAsync(new Inbound.Look(from, seen), cancelled) ? await seen.Task.WaitAsync(cancelled) : null;
    }

    /// <summary>Opens a project: folds what its journal has beyond the newest state that is kept.</summary>
    public static async Task<ProjectLoop> OpenAsync(
        string id, IJournal journal, ProjectOptions options, JournalOptions keeping, TimeProvider time, ILogger logger, ServerMetrics metrics,
        CancellationToken stopping, CancellationToken patience = default)
    {
        var head = await journal.OpenAsync(id, stopping);
        var state = await journal.LoadAsync(id, Moment.AfterSeq(head.Seq), stopping)
            ?? throw new InvalidDataException($"The journal of project {id} has no state to begin from.");
        var keeper = new Keeper(id, state, head.Floor, journal, keeping, time, logger, patience);
        var project = new Project(id, head, options, state);
        var progress = new OpeningProgress(id, head.Seq, time, logger);
        await foreach (var entry in journal.ReadAsync(id, state.Seq + 1, stopping))
        {
            project.CatchUp(entry);
            progress.At(entry.Seq);
        }
        project.EndCatchUp();
        return new(id, project, journal, keeper, options, time, logger, metrics);
    }

    /// <summary>Brings a message to the loop; waits while its inbox is full. False where the loop has ended.</summary>
    public ValueTask<bool> BringAsync(Inbound inbound, CancellationToken ended) =>
        TryBring(inbound) ? ValueTask.FromResult(true) : BringSlowlyAsync(inbound, ended);

    /// <summary>Brings a message if there is room at once. False where there is none just now, or the loop has ended.</summary>
    public bool TryBring(Inbound inbound)
    {
        if (inbound is not Inbound.Enter)
            return _inbox.Writer.TryWrite(inbound);
        lock (_retiring) // else it could get in behind the look that found the inbox empty
            return _inbox.Writer.TryWrite(inbound);
    }

    private async ValueTask<bool> BringSlowlyAsync(Inbound inbound, CancellationToken ended)
    {
        while (await _inbox.Writer.WaitToWriteAsync(ended))
        {
            if (TryBring(inbound))
                return true;
        }
        return false;
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await TakeTurnsAsync(stopping);
            Close(null); // nobody is in, or the members are told by whoever stops
            await EndAsync(_project.State);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Close(null);
            await EndAsync(_project.State);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _logger.ProjectFaulted(_id, fault);
            foreach (var member in _project.Members.All)
                member.End(CloseCode.ServerFault);
            Close(CloseCode.ServerFault);
            await EndAsync(null);
        }
    }

    private async Task TakeTurnsAsync(CancellationToken stopping)
    {
        try
        {
            for (var turn = 1; await HasMoreAsync(stopping); turn++)
            {
                if (_gathering.Wait is { Ticks: > 0 } wait)
                    await Task.Delay(wait, _time, stopping);
                if (_project.Members.Count >= CrowdMembers)
                    await Task.Yield();
                var began = _time.GetTimestamp();
                var taken = Take(began, stopping);
                await _drafts.CommitAsync(began, stopping);
                Tell();
                _gathering.Note(began, taken);
                Rest();
                if (turn % TurnsInARow == 0)
                    await Task.Yield();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await _drafts.CommitAllAsync(CancellationToken.None); // what the journal has is told, and it has it soon
            Tell();
        }
    }

    /// <summary>Waits until there is something to take or to commit. False where the loop has retired.</summary>
    private async ValueTask<bool> HasMoreAsync(CancellationToken stopping)
    {
        if (_drafts.Count == 0)
            return await (_incoming is null ? _inbox.Reader.WaitToReadAsync(stopping) : IncomingAsync()) && TryBegin();
        stopping.ThrowIfCancellationRequested();
        if (_drafts.OldestHasEnded)
            return true;
        if (!HasRoom() || (_inbox.Reader.TryPeek(out var next) && MustWait(next)))
        {
            await _drafts.OldestEnded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else if (_inbox.Reader.Count == 0)
        {
            _incoming ??= _inbox.Reader.WaitToReadAsync(stopping).AsTask();
            if (await Task.WhenAny(_drafts.OldestEnded, _incoming) == _incoming)
                await IncomingAsync();
        }
        return true;
    }

    /// <summary>The end of a waiting that was begun while the journal was at work.</summary>
    private async ValueTask<bool> IncomingAsync()
    {
        var incoming = _incoming!;
        _incoming = null;
        return await incoming;
    }

    private bool HasRoom() => !_drafts.IsFull && _drafts.Bytes < _batchBytesMax;

    private bool TryBegin()
    {
        lock (_retiring)
        {
            _idleSince = null;
            return !_hasRetired;
        }
    }

    private void Rest()
    {
        _keeper.Look(_project);
        Volatile.Write(ref _bytes, _project.Bytes);
        Volatile.Write(ref _members, _project.Members.Count);
        _hasUntoldState = _project.HasUntoldState;
        if (_project.Members.Count > 0 || _drafts.Count > 0)
            return;
        lock (_retiring)
            _idleSince = _time.GetTimestamp();
    }

    /// <summary>Takes nothing more, and leaves nobody waiting, neither for room nor for a look, and no span without an end.</summary>
    private void Close(CloseCode? code)
    {
        var failure = code is null ? ErrorCode.Unavailable : ErrorCode.Internal;
        _inbox.Writer.TryComplete();
        while (_inbox.Reader.TryRead(out var inbound))
        {
            if (inbound is Inbound.Look look)
                look.Seen.TrySetResult(null);
            if (inbound is Inbound.Submit submit)
                ServerTraces.End(submit.Span, _time.GetUtcNow(), failure.Word());
            if (code is { } reason)
                inbound.From.End(reason);
        }
        if (_turn is not { } turn)
            return;
        foreach (var seen in turn.Looks)
            seen.TrySetResult(null);
        TurnReport.Fail(turn, failure, _time);
    }

    private async Task EndAsync(ProjectState? last)
    {
        _clock.End();
        await _drafts.AbandonAsync();
        await _maker.EndAsync();
        await _keeper.EndAsync(last);
    }

    /// <returns>Messages taken.</returns>
    private int Take(long began, CancellationToken stopping)
    {
        (_project.Floor, _project.Now) = (_keeper.Floor, _clock.At(began));
        var taken = 0;
        for (; taken < _batchMax && HasRoom() && _drafts.Bytes + (_turn?.Bytes ?? 0) < _batchBytesMax
            && _inbox.Reader.TryPeek(out var next) && !MustWait(next) && _inbox.Reader.TryRead(out var inbound); taken++)
        {
            if (inbound is not Inbound.Beat)
                Volatile.Write(ref _lastTurnAt, Math.Max(1, began));
            Take(inbound);
        }
        if (_turn is not { } turn)
            return taken;
        _turn = null;
        _drafts.Begin(turn, stopping);
        return taken;
    }

    /// <summary>Has the members take what is new.</summary>
    private void Tell()
    {
        _project.TellState();
        _clock.RemindAfter(_project.TellPresence());
        _maker.Look(_project.UnmadeSnapshots);
        _maker.Count(_project.SnapshotsMade);
        _project.SnapshotsMade = default;
        _fanOut.Pass(_project);
        _drafts.Told();
    }

    /// <summary>What a member said before it went, or before another connection took its place, is recorded before that.</summary>
    private bool MustWait(Inbound next) => next switch
    {
        Inbound.Exit exit => HasSubmitted(exit.From),
        Inbound.Enter enter => _project.Members.Find(enter.Session) is { } old && HasSubmitted(old),
        _ => false,
    };

    private bool HasSubmitted(Member member) => _turn?.Has(member) == true || _drafts.Has(member);

    private void Take(Inbound inbound)
    {
        switch (inbound)
        {
            case Inbound.Submit submit:
                _turn ??= Turn.Rent();
                _turn.Submissions.Add(new(submit.From, submit.N, submit.Command) { HeardAt = submit.HeardAt, Span = submit.Span });
                if (submit.Span is not null)
                    _turn.Times ??= new();
                _turn.Bytes += submit.Bytes + EventBytesMore;
                break;
            case Inbound.Enter enter:
                Take(enter);
                break;
            case Inbound.Exit exit:
                _project.Leave(exit.From, exit.RequestId, exit.MayComeBack);
                break;
            case Inbound.Look look when look.From.IsInside:
                (_turn ??= Turn.Rent()).Looks.Add(look.Seen);
                break;
            case Inbound.Look look:
                look.Seen.TrySetResult(null);
                break;
            case Inbound.Quiet:
                _project.Tidy();
                Volatile.Write(ref _lastTurnAt, 0); // until something happens
                break;
            case Inbound.Broadcast broadcast when broadcast.From.IsInside:
                _project.Broadcast(broadcast.From, broadcast.Message);
                _metrics.Broadcast();
                _metrics.Whispered(broadcast.Message.To is null ? _project.Members.Listening : 1);
                break;
            case Inbound.Diverged:
                _project.ForgetSnapshot();
                break;
            case Inbound.Presence presence when presence.From.IsInside:
                _project.Members.SetPresence(presence.From, presence.Data);
                break;
        }
    }
    private void Take(Inbound.Enter enter)
    {
        if (_project.Join(enter.From, enter.Session, enter.Request, out var replaced))
        {
            _metrics.Joined(enter.Request.Listen, enter.From.HadSnapshot, cameBack: enter.Request.Since is not null);
        }
        else
        {
            _metrics.Erred(ErrorCode.Unavailable);
            _project.Post(enter.From, new ServerMessage.Error(enter.Request.Id, ErrorCode.Unavailable, "The project has as many members as it may.", RetryAfterMs: FullRetryMs));
        }
        replaced?.End(CloseCode.Replaced);
    }
}
