namespace EventOnly.Tools.Load;

/// <summary>What one publisher is to say, what it said, and what became of that. Pure; its owner has the lock.</summary>
internal sealed class Ledger
{
    private readonly Window _window = new();
    private readonly HashSet<long> _refused = [];
    private readonly List<long> _laters = [];
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _unheard = [];
    private readonly Contents _contents;
    private readonly Func<Act, long, ReadOnlyMemory<byte>> _write;
    private bool _isSeeding;
    private long _askAgainAt;

    public Ledger(Contents contents)
    {
        _contents = contents;
        _write = (act, n) => _isSeeding ? contents.Seed(n) : contents.Write(act, n);
    }

    /// <summary>Whether all commands have an answer.</summary>
    public bool IsQuiet => _window.IsQuiet;

    /// <summary>Numbers whose fate is not known.</summary>
    public IReadOnlyList<long> OpenNumbers => _window.OpenNumbers;

    public void Seed()
    {
        _isSeeding = true;
        _window.Add(Act.Batch, 0);
    }

    public void Add(Act act, long intendedAt) => _window.Add(act, intendedAt);

    /// <summary>What is to be sent next; null where there is nothing, or no room.</summary>
    /// <param name="isFirst">Whether it was never sent before.</param>
    public InFlight? Next(out bool isFirst)
    {
        var before = _window.LastN;
        isFirst = _window.TryNext(_write, out var next) && next.N > before;
        return next;
    }

    public bool HasSent(long n) => n > 0 && n <= _window.LastN;

    /// <summary>The moment a command was meant for; 0 where it is not measured.</summary>
    public long IntendedAt(long n) => _window.IntendedAt(n);

    /// <summary>A command took effect. What it was, or null where that is known already.</summary>
    public InFlight? Settle(long n)
    {
        var done = _window.Settle(n);
        if (done is not null && !_isSeeding)
            _contents.Acknowledged(done);
        _isSeeding &= done is null;
        return done;
    }

    /// <summary>The event of a command that took effect is still to come.</summary>
    public void AwaitEvent(InFlight done) => _unheard[done.N] = done.Frame;

    /// <summary>The event of a settled command came. What the command said, or null where that was asked before.</summary>
    public ReadOnlyMemory<byte>? Heard(long n) => _unheard.Remove(n, out var frame) ? frame : (ReadOnlyMemory<byte>?)null; // a bare null would be an empty frame

    /// <summary>A command took no effect and never will.</summary>
    public void Refuse(long n)
    {
        _window.Settle(n);
        _refused.Add(n);
    }

    /// <summary>A command took no effect now, and is to be sent again from a moment on.</summary>
    public void Postpone(long n, long until)
    {
        _laters.Add(n);
        _askAgainAt = until;
    }

    /// <summary>After a join, which says what became of every number: these never took effect and are sent again.</summary>
    /// <returns>How many they are.</returns>
    public int OweAfterJoin(IEnumerable<long> unknown)
    {
        _laters.Clear();
        return Owe(unknown);
    }

    /// <summary>Sends again what was postponed, if it is time.</summary>
    /// <returns>How many that are.</returns>
    public int OweDue(long now)
    {
        if (_laters.Count == 0 || now < _askAgainAt)
            return 0;
        var owed = Owe(_laters);
        _laters.Clear();
        return owed;
    }

    /// <summary>What there is to tell at the end, as far as it is known here.</summary>
    public (IReadOnlyList<long> Open, ILookup<bool, long> ToldByRefused, int Waiting) Close()
    {
        var open = _window.OpenNumbers;
        return (open, Enumerable.Range(1, (int)_window.LastN).Select(n => (long)n).Where(n => !open.Contains(n)).ToLookup(n => _refused.Contains(n)), _window.WaitingCount);
    }

    private int Owe(IEnumerable<long> numbers)
    {
        var count = 0;
        foreach (var n in numbers)
        {
            _window.Owe(n);
            count++;
        }
        return count;
    }
}

/// <summary>What is wrong with the commands of one publisher at the end.</summary>
/// <param name="Unanswered">Sent, and nobody said what became of them.</param>
/// <param name="WithoutEffect">Acknowledged, and in nobody's stream.</param>
/// <param name="InSpite">Refused, and in the stream.</param>
/// <param name="Waiting">Never sent.</param>
internal sealed record Outcomes(
    IReadOnlyList<long> Unanswered, IReadOnlyList<long> WithoutEffect, IReadOnlyList<long> InSpite, int Waiting);
