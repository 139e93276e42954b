using System.Diagnostics.CodeAnalysis;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>A command of which it is not known yet what became of it.</summary>
/// <param name="Frame">Its bytes: what is sent again is the same.</param>
/// <param name="IntendedAt">The moment it was meant for, as a timestamp; 0 where that is not measured.</param>
internal sealed record InFlight(long N, Act Act, ReadOnlyMemory<byte> Frame, long IntendedAt)
{
    /// <summary>Whether it must be sent again.</summary>
    public bool IsOwed { get; set; }
}

/// <summary>
/// One publisher's commands: those that wait for room, and at most 64 numbers under way. Pure; its owner has the lock. An intended moment outlives its
/// command by at least 63 others, for members that hear of it late.
/// </summary>
internal sealed class Window
{
    private readonly Queue<(Act Act, long IntendedAt)> _waiting = new();
    private readonly SortedList<long, InFlight> _open = [];
    private readonly (long N, long IntendedAt)[] _moments = new (long, long)[WireLimits.InFlight];

    /// <summary>The highest number given out.</summary>
    public long LastN { get; private set; }

    public int OpenCount => _open.Count;

    public int WaitingCount => _waiting.Count;

    public bool IsQuiet => _open.Count == 0 && _waiting.Count == 0;

    public void Add(Act act, long intendedAt) => _waiting.Enqueue((act, intendedAt));

    /// <summary>What is to be sent next: first what is owed, in order, then what waits if there is room.</summary>
    /// <param name="write">Makes the frame of a number.</param>
    public bool TryNext(Func<Act, long, ReadOnlyMemory<byte>> write, [NotNullWhen(true)] out InFlight? next)
    {
        next = _open.Values.FirstOrDefault(open => open.IsOwed);
        if (next is not null)
        {
            next.IsOwed = false;
            return true;
        }
        if (_waiting.Count == 0 || (_open.Count > 0 && LastN + 1 - _open.Keys[0] >= WireLimits.InFlight))
            return false;
        var (act, intendedAt) = _waiting.Dequeue();
        next = new(++LastN, act, write(act, LastN), intendedAt);
        _open.Add(LastN, next);
        _moments[LastN % WireLimits.InFlight] = (LastN, intendedAt);
        return true;
    }

    /// <summary>What became of a number is known; null if it was known already.</summary>
    public InFlight? Settle(long n)
    {
        if (_open.GetValueOrDefault(n) is { } settled)
            _open.Remove(n);
        else
            settled = null;
        return settled;
    }

    public IReadOnlyList<long> OpenNumbers => [.. _open.Keys];

    /// <summary>It did not take effect, and may later.</summary>
    public void Owe(long n)
    {
        if (_open.GetValueOrDefault(n) is { } open)
            open.IsOwed = true;
    }

    /// <summary>The moment a number was meant for; 0 where it is too long ago.</summary>
    public long IntendedAt(long n) => n > 0 && _moments[n % WireLimits.InFlight] is var (kept, moment) && kept == n ? moment : 0;
}
