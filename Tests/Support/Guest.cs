using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Support;

/// <summary>A member as its connection has it: what it was told so far, and whether it was sent away. Takes like a connection's pump.</summary>
internal sealed class Guest
{
    private readonly TaskCompletionSource<CloseCode> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ServerMessage> _heard = [];
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _wakes;

    public Guest(string name, string? session = null, int mailboxBytes = 1 << 20, int? compressFrom = null)
    {
        (Name, Session, Mailbox) = (name, session ?? "session-of-" + name, new(mailboxBytes));
        Member = new(name, Mailbox, Woken, SentAway, compressFrom);
    }

    public string Name { get; }
    public string Session { get; }
    public Mailbox Mailbox { get; }
    public Member Member { get; }
    public bool FellBehind { get; private set; }
    public int Wakes => Volatile.Read(ref _wakes);

    /// <summary>Why it was sent away, if it was.</summary>
    public CloseCode? EndedBy { get; private set; }

    /// <summary>Completes when it is sent away.</summary>
    public Task<CloseCode> Ended => _ended.Task;

    /// <summary>All it was told, in the order it would be written.</summary>
    public ImmutableArray<ServerMessage> Heard()
    {
        while (TakeOnce(out var bytes))
            _heard.AddRange(Given.Messages(bytes.Span));
        return [.. _heard];
    }

    /// <summary>What it was told since the last call of this or <see cref="Heard"/>.</summary>
    public ImmutableArray<ServerMessage> HeardNow()
    {
        var before = _heard.Count;
        return [.. Heard().Skip(before)];
    }

    public ImmutableArray<ProjectEvent> Events() => [.. Heard().OfType<ServerMessage.Happened>().Select(message => message.Event)];

    public T Heard<T>() where T : ServerMessage => Heard().OfType<T>().Single();

    /// <summary>Waits for something it is told; the deadline is against a test that hangs.</summary>
    public async Task<T> HearAsync<T>(Func<T, bool>? which = null) where T : ServerMessage
    {
        while (true)
        {
            var woken = Volatile.Read(ref _woken).Task; // taken before looking, so that no waking is missed
            if (Heard().OfType<T>().FirstOrDefault(message => which?.Invoke(message) ?? true) is { } found)
                return found;
            await woken.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>The frames of its snapshot as they are, after all that is in its mailbox; they may be compressed.</summary>
    public List<ReadOnlyMemory<byte>> TakeSnapshot()
    {
        while (Mailbox.TryTake(out var posted))
            _heard.AddRange(Given.Messages(posted.Span));
        var frames = new List<ReadOnlyMemory<byte>>();
        while (Member.IsBeforeTail && Member.TryTake(out var frame, out _))
            frames.Add(frame);
        return frames;
    }

    private bool TakeOnce(out ReadOnlyMemory<byte> bytes)
    {
        if (Mailbox.TryTake(out bytes) || Member.TryTake(out bytes, out var fellBehind))
            return true;
        FellBehind |= fellBehind;
        return false;
    }

    private void SentAway(CloseCode code)
    {
        EndedBy ??= code;
        _ended.TrySetResult(code);
    }

    private void Woken()
    {
        Interlocked.Increment(ref _wakes);
        Interlocked.Exchange(ref _woken, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
